"""AWS's own list of actions and of the resources that each may name (the Service Authorization Reference).

Installed with cfn-lint, which moto needs. The table of operations and the policies of a stack are checked against it
in tests: an action that does not exist, or that never meets a resource of its statement, allows nothing on AWS. Bucket
policies are checked when they are put, as S3 does.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from emulator.access.patterns import is_like

FILE: Final = "data/AdditionalSpecs/Policies.json"
PLACEHOLDER: Final = re.compile(r"\$\{(\w+)\}")
ANY: Final = ".*"


@cache
def _services() -> Mapping[str, Any]:
    package = find_spec("cfnlint")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("cfnlint, which carries AWS's list of actions; it comes with moto[cloudformation]")
    services: Mapping[str, Any] = json.loads((Path(package.origin).parent / FILE).read_text(encoding="utf-8"))
    return services


def exists(action: str) -> bool:
    service, _, name = action.partition(":")
    return name.lower() in _services().get(service, {}).get("Actions", {})


def resource_types(action: str) -> tuple[str, ...]:
    """Empty for an action that only takes `*`."""
    service, _, name = action.partition(":")
    return tuple(_services()[service]["Actions"][name.lower()].get("Resources", ()))


def takes(action: str, resource: str) -> bool:
    """Whether a policy's resource, wildcards and all, can be one of those that the action is asked for."""
    formats = _formats(action)
    if not formats:
        return resource == "*"
    return resource == "*" or any(_overlaps(resource, form) for form in formats)


def condition_keys(action: str, resource: str) -> frozenset[str]:
    """Keys, in lower case and up to a slash, that the resource's type has."""
    service = action.partition(":")[0]
    kinds = [_services()[service]["Resources"][name] for name in resource_types(action)]
    fitting = [kind for kind in kinds if any(_overlaps(resource, form) for form in kind["ARNFormats"])]
    return frozenset(key.split("/")[0].lower() for kind in fitting for key in kind.get("ConditionKeys", ()))


def _formats(action: str) -> tuple[str, ...]:
    known = _services()[action.partition(":")[0]]["Resources"]
    return tuple(form for name in resource_types(action) for form in known[name]["ARNFormats"])


def _overlaps(resource: str, form: str) -> bool:
    """A format has placeholders and `.*`: filled with the resource's own parts, it must be what the resource means."""
    parts = [*resource.split(":", 5), "", "", "", "", ""]
    own = {"Partition": parts[1], "Region": parts[3], "Account": parts[4]}
    example = PLACEHOLDER.sub(lambda found: own.get(found[1], "x"), form)
    return is_like(example.replace(ANY, "x"), resource) or is_like(resource, example.replace(ANY, "*"))
