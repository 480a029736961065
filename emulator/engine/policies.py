"""What IAM's grammar does not allow in a policy document, whatever kind of policy it is.

Leaves to the services what their own policies must have beside that: a role's trust a principal, a bucket's the bucket.
Grammar: AWS, IAM User Guide, "Grammar of the IAM JSON policy language".
"""

import re
from collections.abc import Iterator
from typing import Final

from emulator.rows import Json

_MEMBERS: Final = frozenset({"Version", "Id", "Statement"})
_VERSIONS: Final = ("2012-10-17", "2008-10-17")
_STATEMENT_MEMBERS: Final = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
_ACTION: Final = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_RESOURCE: Final = re.compile(r"\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:.+", re.DOTALL)
_PRINCIPALS: Final = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
_OF_WHOM_OR_WHAT: Final = ("Resource", "NotResource", "Principal", "NotPrincipal")


def faults(policy: Json) -> Iterator[str]:
    if not isinstance(policy, dict):
        yield "must be an object"
        return
    if policy.get("Version", _VERSIONS[1]) not in _VERSIONS:
        yield f"Version is {policy['Version']!r}, allowed: {', '.join(_VERSIONS)}"
    yield from (f"member {key!r} is unknown" for key in policy if key not in _MEMBERS)
    yield from _no_text(policy, "Id")
    statements = policy.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        yield "Statement is missing or empty"
        return
    for statement in statements:
        yield from _statement_faults(statement)


def _statement_faults(statement: Json) -> Iterator[str]:
    if not isinstance(statement, dict):
        yield f"statement {statement!r} must be an object"
        return
    yield from (f"statement member {key!r} is unknown" for key in statement if key not in _STATEMENT_MEMBERS)
    yield from _no_text(statement, "Sid")
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield f"Effect is {statement.get('Effect')!r}, allowed: Allow, Deny"
    if ("Action" in statement) == ("NotAction" in statement):
        yield "a statement has no Action, or NotAction as well"
    if not any(name in statement for name in _OF_WHOM_OR_WHAT):
        yield f"a statement has none of {', '.join(_OF_WHOM_OR_WHAT)}"
    for names, pattern, form in (
        (("Action", "NotAction"), _ACTION, "* or service:Action"),
        (("Resource", "NotResource"), _RESOURCE, "* or an ARN like arn:aws:service:region:account:resource"),
    ):
        yield from (fault for name in names if name in statement for fault in _texts(statement, name, pattern, form))
    for name in ("Principal", "NotPrincipal"):
        if name in statement and not _names_somebody(statement[name]):
            yield f"{name} is {statement[name]!r}, allowed: * or an object of {', '.join(sorted(_PRINCIPALS))}"
    if not _is_condition(statement.get("Condition", {})):
        yield f"Condition is {statement['Condition']!r}: must be an object of objects of values"


def _no_text(holder: dict[str, Json], name: str) -> Iterator[str]:
    if not isinstance(holder.get(name, ""), str):
        yield f"{name} is {holder[name]!r}: must be a string"


def _names_somebody(principal: Json) -> bool:
    if not isinstance(principal, dict):
        return bool(principal == "*")
    return _PRINCIPALS.issuperset(principal) and all(
        isinstance(name, str) for names in principal.values() for name in _listed(names)
    )


def _is_condition(block: Json) -> bool:
    return (
        isinstance(block, dict)
        and all(isinstance(keys, dict) for keys in block.values())
        and all(_is_value(each) for keys in block.values() for values in keys.values() for each in _listed(values))
    )


def _is_value(value: Json) -> bool:
    return isinstance(value, str | int | float | bool)


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _texts(statement: dict[str, Json], name: str, pattern: re.Pattern[str], form: str) -> Iterator[str]:
    values = _listed(statement[name])
    if not values:
        yield f"{name} is empty"
    for value in values:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            yield f"{name} is {value!r}, allowed: {form}"
