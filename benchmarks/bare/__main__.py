"""Registers the AWS resources of an exported deployment, each input as it was resolved, ids by reference."""

import json
from pathlib import Path
from typing import Any

import pulumi

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
    return MADE[value].id if isinstance(value, str) and value in MADE else value


for resource in json.loads(Path("resources.json").read_text()):
    if resource["type"].startswith("aws:") and resource.get("custom"):
        name = resource["urn"].rsplit("::", 1)[1]
        waits = [BY_URN[urn] for urn in resource.get("dependencies", []) if urn in BY_URN]
        options = pulumi.ResourceOptions(depends_on=waits)
        made = pulumi.CustomResource(resource["type"], name, refer(resource["inputs"]), options)
        MADE[resource["id"]] = BY_URN[resource["urn"]] = made
