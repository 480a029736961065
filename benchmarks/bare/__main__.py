"""Registers the AWS resources of an exported deployment, each input as it was resolved, ids by reference."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pulumi

AWS_ID: Final = re.compile(r"\b[a-z]+-[0-9a-f]{17}\b")
"""What EC2 calls a thing: it may stand in the middle of a text, as the volume's does in the host's document."""

MADE: dict[str, pulumi.CustomResource] = {}
"""Resources by their old id, so that an input that was the id of one becomes that of the new one."""

BY_URN: dict[str, pulumi.CustomResource] = {}


def refer(value: Any) -> Any:
    """The value with every old id replaced by the new resource's, exported secrets opened and sealed again."""
    if isinstance(value, dict) and "plaintext" in value:
        return pulumi.Output.secret(refer(json.loads(value["plaintext"])))
    if isinstance(value, dict):
        return {name: refer(each) for name, each in value.items() if not name.startswith("__")}
    if isinstance(value, list):
        return [refer(each) for each in value]
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> Any:
    if value in MADE:
        return MADE[value].id
    old = sorted({found for found in AWS_ID.findall(value) if found in MADE})
    if not old:
        return value

    def renewed(new: list[str]) -> str:
        return AWS_ID.sub(lambda match: dict(zip(old, new, strict=True)).get(match[0], match[0]), value)

    return pulumi.Output.all(*(MADE[each].id for each in old)).apply(renewed)


for resource in json.loads(Path("resources.json").read_text()):
    if resource["type"].startswith("aws:") and resource.get("custom"):
        name = resource["urn"].rsplit("::", 1)[1]
        waits = [BY_URN[urn] for urn in resource.get("dependencies", []) if urn in BY_URN]
        options = pulumi.ResourceOptions(depends_on=waits)
        made = pulumi.CustomResource(resource["type"], name, refer(resource["inputs"]), options)
        MADE[resource["id"]] = BY_URN[resource["urn"]] = made
