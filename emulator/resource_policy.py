"""Whether a resource's own policy lets an AWS service do something: pure, as IAM's evaluation logic has it.

A Deny that matches wins over every Allow, and nothing is allowed that no Allow matches. An operator that is not known
here never makes an Allow match, and never keeps a Deny from matching. Source: IAM User Guide, policy evaluation logic
and condition operators (read 2026-11).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

Json = Any


@dataclass(frozen=True)
class Request:
    """`keys` are the condition keys that AWS sets for the request, in lower case."""

    service: str
    action: str
    resource: str
    keys: Mapping[str, str]


def allows(policy: Mapping[str, Json], request: Request) -> bool:
    found = {
        statement["Effect"]
        for statement in _listed(policy.get("Statement", []))
        if _is_about(statement, request) and _holds(statement, request)
    }
    return found == {"Allow"}


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


@lru_cache(maxsize=256)
def _glob(pattern: str, *, ignoring_case: bool) -> re.Pattern[str]:
    text = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignoring_case else re.NOFLAG))


def _like(value: str, pattern: str, *, ignoring_case: bool = False) -> bool:
    return _glob(pattern, ignoring_case=ignoring_case).fullmatch(value) is not None


def _is_about(statement: Mapping[str, Json], request: Request) -> bool:
    """NotAction, NotResource and NotPrincipal turn their list round."""
    action = any(
        _like(request.action, pattern, ignoring_case=True)
        for pattern in _listed(statement.get("Action", statement.get("NotAction", [])))
    )
    resource = any(
        _like(request.resource, pattern)
        for pattern in _listed(statement.get("Resource", statement.get("NotResource", [])))
    )
    principal = _names(statement.get("Principal", statement.get("NotPrincipal", {})), request.service)
    return (
        action != ("NotAction" in statement)
        and resource != ("NotResource" in statement)
        and principal != ("NotPrincipal" in statement)
    )


def _names(principal: Json, service: str) -> bool:
    """`*` and {"AWS": "*"} are the same: everybody, services too."""
    if principal == "*" or "*" in _listed(principal.get("AWS", [])):
        return True
    return bool({"*", service} & set(_listed(principal.get("Service", []))))


def _arn_like(value: str, pattern: str) -> bool:
    """Each of the six parts by itself: a `*` does not reach over a colon but in the last."""
    parts, patterns = value.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) and all(map(_like, parts, patterns))


Operator = Callable[[str, str], bool]
OPERATORS: Final[Mapping[str, Operator]] = {
    "stringequals": str.__eq__,
    "stringequalsignorecase": lambda value, wanted: value.lower() == wanted.lower(),
    "stringlike": _like,
    "arnequals": _arn_like,
    "arnlike": _arn_like,
    "bool": lambda value, wanted: value.lower() == wanted.lower(),
}
NEGATED: Final = {
    "stringnotequals": "stringequals",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
}


def _holds(statement: Mapping[str, Json], request: Request) -> bool:
    unknown_counts = statement["Effect"] == "Deny"
    return all(
        unknown_counts if verdict is None else verdict for verdict in _verdicts(statement.get("Condition", {}), request)
    )


def _verdicts(conditions: Mapping[str, Json], request: Request) -> Iterator[bool | None]:
    """None for an operator that is not known here."""
    for operator, pairs in conditions.items():
        name = operator.lower()
        optional = name.endswith("ifexists")
        name = name.removesuffix("ifexists")
        for key, wanted in pairs.items():
            value = request.keys.get(key.lower())
            yield _verdict(name, value, [str(item) for item in _listed(wanted)], optional=optional)


def _verdict(name: str, value: str | None, wanted: list[str], *, optional: bool) -> bool | None:
    """A key that the request has not fails an operator, and satisfies a negated one."""
    if name == "null":
        return (value is None) == (wanted[0].lower() == "true")
    compare = OPERATORS.get(NEGATED.get(name, name))
    if compare is None:
        return None
    if value is None:
        return optional or name in NEGATED
    return any(compare(value, item) for item in wanted) != (name in NEGATED)
