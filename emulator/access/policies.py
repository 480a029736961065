"""Policy documents, parsed once: statements that know which action, resource, principal and condition they are about.

What IAM's grammar refuses is refused here too (`emulator/engine/policies.py`), and an operator that it does not have.
Source: IAM JSON policy reference (read 2026-11).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal

from emulator.access import conditions, patterns
from emulator.access.conditions import Condition, Null
from emulator.access.patterns import Context, UnresolvedError
from emulator.engine import policies as grammar

CURRENT: Final = "2012-10-17"
"""The version of the language that has variables."""


class PolicyError(ValueError):
    """A document that IAM would not take."""


@dataclass(frozen=True)
class Named:
    """The texts of an element, and whether it means all others (Not...)."""

    texts: tuple[str, ...]
    is_negated: bool = False

    def covers(self, test: Callable[[str], bool]) -> bool:
        return any(map(test, self.texts)) != self.is_negated


Principals = Mapping[str, tuple[str, ...]]
"""Kind (AWS, Service, Federated, CanonicalUser) to names; `*` alone is {"*": ("*",)}."""


@dataclass(frozen=True)
class Statement:
    """`resources` is None in a trust policy, `principals` in an identity's."""

    sid: str
    effect: Literal["Allow", "Deny"]
    actions: Named
    resources: Named | None
    principals: Principals | None
    is_other_principal: bool
    conditions: tuple[Condition | Null, ...]
    with_variables: bool

    def is_about_action(self, action: str) -> bool:
        return self.actions.covers(lambda text: patterns.is_like(action, text, ignore_case=True))

    def applies(self, resource: str, context: Context) -> bool:
        """To a resource and a request; the action and who asks are looked at before."""
        try:
            return self._is_about(resource, context) and all(each.holds(context) for each in self.conditions)
        except UnresolvedError:
            return False

    def _is_about(self, resource: str, context: Context) -> bool:
        if self.resources is None:
            return True
        if self.with_variables and any(map(patterns.has_variable, self.resources.texts)):
            return self.resources.covers(lambda text: patterns.is_like_filled(resource, text, context))
        return self.resources.covers(lambda text: patterns.is_like(resource, text))


@dataclass(frozen=True, eq=False)
class Policy:
    """A document under a name; `about` remembers which of its statements are about an action."""

    name: str
    statements: tuple[Statement, ...]
    _by_action: dict[str, tuple[Statement, ...]] = field(default_factory=dict)

    def about(self, action: str) -> tuple[Statement, ...]:
        found = self._by_action.get(action)
        if found is None:
            found = tuple(statement for statement in self.statements if statement.is_about_action(action))
            self._by_action[action] = found
        return found

    def without(self, sid: str) -> "Policy":
        return Policy(self.name, tuple(each for each in self.statements if each.sid != sid))


@lru_cache(maxsize=1024)
def parse(name: str, text: str) -> Policy:
    """PolicyError says what IAM would refuse. The same text is parsed once."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise PolicyError(f"policy {name!r} is no JSON: {error}") from error
    wrong = list(grammar.faults(document))
    if wrong:
        raise PolicyError(f"policy {name!r}: {'; '.join(wrong)}")
    listed = document["Statement"]
    statements = [listed] if isinstance(listed, Mapping) else listed
    is_current = document.get("Version") == CURRENT
    return Policy(
        name,
        tuple(_statement(name, number, each, is_current) for number, each in enumerate(statements, start=1)),
    )


def _statement(policy: str, number: int, body: Mapping[str, Any], with_variables: bool) -> Statement:
    sid = body.get("Sid") or f"statement {number}"
    where = f"{sid!r} of policy {policy!r}"
    actions = _one_of(body, "Action", where) or ((), False)
    principals = _one_of(body, "Principal", where, _principals)
    if principals and principals[1] and body["Effect"] == "Allow":
        raise PolicyError(f"{where} allows by NotPrincipal, which the emulated AWS takes with Deny only")
    try:
        asked = conditions.parse(body.get("Condition", {}), with_variables=with_variables)
    except conditions.ConditionError as error:
        raise PolicyError(f"{where}: {error}") from error
    return Statement(
        sid=sid,
        effect=body["Effect"],
        actions=Named(*actions),
        resources=None if (found := _one_of(body, "Resource", where)) is None else Named(*found),
        principals=principals[0] if principals else None,
        is_other_principal=bool(principals and principals[1]),
        conditions=asked,
        with_variables=with_variables,
    )


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _principals(value: Any) -> Principals:
    return {"*": ("*",)} if value == "*" else {kind: _texts(names) for kind, names in value.items()}


def _one_of(
    body: Mapping[str, Any], element: str, where: str, read: Callable[[Any], Any] = _texts
) -> tuple[Any, bool] | None:
    """The value of an element, and whether it was its Not... that was given; None for neither."""
    given = [name for name in (element, f"Not{element}") if name in body]
    if len(given) > 1:
        raise PolicyError(f"{where} has both {element} and Not{element}")
    return (read(body[given[0]]), given[0] != element) if given else None
