"""A run that failed must not become a green `up`.

When a new association does not succeed in time, the engine keeps it as created with errors, and the next `up` would
call an update of nothing, which AWS does not wait for. This hook refuses that update and names the way that waits.
"""

from collections.abc import Mapping
from typing import Any

from pulumi import ResourceHook, ResourceHookArgs


def cure(urn: str) -> str:
    return f"pulumi up --replace '{urn}'"


def refuse_unwaited(args: ResourceHookArgs) -> None:
    """RuntimeError if nothing has changed: the engine asks for that only after a failed creation."""
    if _same(args.old_inputs, args.new_inputs):
        raise RuntimeError(
            f"the last run of the host's services failed, and an update would not run it again; cure: {cure(args.urn)}"
        )


def _same(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> bool:
    def own(inputs: Mapping[str, Any] | None) -> dict[str, Any]:
        return {key: value for key, value in (inputs or {}).items() if not key.startswith("__")}

    return own(old) == own(new)


def no_unwaited_update() -> ResourceHook:
    return ResourceHook("refuse-unwaited-update", refuse_unwaited)
