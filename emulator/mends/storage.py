"""Bucket policies as S3 understands them, and delete markers that can be deleted.

moto 5.2.5 denies a request wherever a Deny statement has a condition, whether it holds or not: with the usual "TLS
only" policy nothing can be written any more. Here a statement counts only if its conditions are known to hold.
Requests count as made over TLS: loopback stands for it. Other conditions are not evaluated, and such a statement does
not count (the emulator evaluates no IAM policy yet). And moto's DeleteObjects fails on the version of a delete marker,
because it wants to give back the memory of a content that a marker has not.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket, FakeDeleteMarker

from emulator.seam import replace

KNOWN: Final = {"aws:securetransport": "true"}


def holds(conditions: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether all conditions are known to hold for a request to the emulator."""
    return all(
        operator in ("Bool", "BoolIfExists") and str(wanted).lower() == KNOWN.get(key.lower())
        for operator, pairs in conditions.items()
        for key, wanted in pairs.items()
    )


def effective(policy: Mapping[str, Any]) -> dict[str, Any]:
    """The policy with only the statements that count, without their conditions."""
    statements = policy.get("Statement", [])
    listed = [statements] if isinstance(statements, Mapping) else statements
    kept = [
        {name: value for name, value in statement.items() if name != "Condition"}
        for statement in listed
        if holds(statement.get("Condition", {}))
    ]
    return {**policy, "Statement": kept}


def _get_permission(bucket: FakeBucket, action: str, resource: str) -> Any:
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy = effective(json.loads(bucket.policy))
    if not policy["Statement"]:
        return PermissionResult.NEUTRAL
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)


def _dispose(_: FakeDeleteMarker, garbage: bool = False) -> None:
    """A marker holds nothing."""


def install() -> None:
    replace(FakeBucket, "get_permission", _get_permission)
    setattr(FakeDeleteMarker, "dispose", _dispose)  # noqa: B010 - it has none, says mypy
