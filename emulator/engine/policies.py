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
_OF_WHOM_OR_WHAT: Final = ("Resource", "NotResource", "Principal", "NotPrincipal")


def faults(policy: Json) -> Iterator[str]:
    if not isinstance(policy, dict):
        yield "must be an object"
        return
    if policy.get("Version", _VERSIONS[1]) not in _VERSIONS:
        yield f"Version is {policy['Version']!r}, allowed: {', '.join(_VERSIONS)}"
    yield from (f"member {key!r} is unknown" for key in policy if key not in _MEMBERS)
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
    condition = statement.get("Condition", {})
    if not isinstance(condition, dict) or not all(isinstance(keys, dict) for keys in condition.values()):
        yield f"Condition is {condition!r}: must be an object of objects"


def _texts(statement: dict[str, Json], name: str, pattern: re.Pattern[str], form: str) -> Iterator[str]:
    given = statement[name]
    values = given if isinstance(given, list) else [given]
    if not values:
        yield f"{name} is empty"
    for value in values:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            yield f"{name} is {value!r}, allowed: {form}"
