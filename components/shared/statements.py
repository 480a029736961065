"""An IAM statement and the document made of some: plain data, no Pulumi, the same text for the same input."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

POLICY_VERSION: Final = "2012-10-17"

Conditions = Mapping[str, Mapping[str, str | tuple[str, ...]]]
Effect = Literal["Allow", "Deny"]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """`sid` says what for; `principals` (kind to names) only in trust and resource policies."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()
    conditions: Conditions = field(default_factory=dict)
    principals: Mapping[str, tuple[str, ...]] | None = None
    effect: Effect = "Allow"
    not_actions: bool = False
    """The statement is about every action but these."""


def _one_or_many(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _rendered(statement: Statement) -> dict[str, object]:
    body: dict[str, object] = {"Sid": statement.sid, "Effect": statement.effect}
    if statement.principals is not None:
        anybody = statement.principals == {"*": ("*",)}
        principals = {kind: _one_or_many(names) for kind, names in statement.principals.items()}
        body["Principal"] = "*" if anybody else principals
    body["NotAction" if statement.not_actions else "Action"] = _one_or_many(statement.actions)
    if statement.resources:
        body["Resource"] = _one_or_many(statement.resources)
    if statement.conditions:
        body["Condition"] = {
            operator: {key: value if isinstance(value, str) else _one_or_many(value) for key, value in keys.items()}
            for operator, keys in statement.conditions.items()
        }
    return body


def document(statements: Iterable[Statement]) -> str:
    """A policy document; two statements with one sid are a mistake of ours."""
    listed = list(statements)
    sids = [statement.sid for statement in listed]
    doubled = sorted({sid for sid in sids if sids.count(sid) > 1})
    if doubled:
        raise ValueError(f"sid used twice in one policy document: {', '.join(doubled)}")
    return json.dumps({"Version": POLICY_VERSION, "Statement": [_rendered(statement) for statement in listed]})
