"""Which rights of a role were needed, by what a trail recorded: without which of them a call would be denied.

Pure: a role's policies and lines of the trail in, names of statements out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from emulator.access.decisions import Identity, Policies, Question, decide
from emulator.access.policies import Policy

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Role:
    """A role with its policies and its boundary; `trust` says who may take it."""

    arn: str
    policies: Policies
    trust: Policy

    def allowing(self) -> frozenset[str]:
        """Names of its Allow statements: `policy/sid`, `boundary/sid`, `trust/sid`; and of each action of those that
        have several, `policy/sid action`."""
        return frozenset(name for prefix, policy in self._documents() for name in _names(prefix, policy))

    def needed(self, lines: Iterable[Line]) -> frozenset[str]:
        """Those of them without which a call would be denied that was allowed."""
        found: set[str] = set()
        for line in lines:
            for check in line["checks"]:
                if not check["allowed"]:
                    continue
                if line.get("role") == self.arn:
                    found.update(self._needed_for(_question(line, check), check["by"], found))
                if check["resource"] == self.arn:
                    found.update(name.removeprefix("resource:") for name in check["by"] if ":trust/" in name)
        return frozenset(found)

    def _documents(self) -> Iterator[tuple[str, Policy]]:
        yield from ((policy.name, policy) for policy in self.policies.identity or ())
        if self.policies.boundary is not None:
            yield "boundary", self.policies.boundary
        yield "trust", self.trust

    def _needed_for(self, question: Question, by: Iterable[str], known: set[str]) -> Iterator[str]:
        for decided in by:
            kind, _, statement = decided.partition(":")
            sid = statement.rpartition("/")[2]
            name = f"boundary/{sid}" if kind == "boundary" else statement
            both = (name, f"{name} {question.action}")
            if not known.issuperset(both) and not decide(question, self._without(kind, statement)).is_allowed:
                yield from both

    def _without(self, kind: str, statement: str) -> Policies:
        """Other policies may have a statement of the same name."""
        found, (name, _, sid) = self.policies, statement.rpartition("/")
        if kind == "boundary" and found.boundary is not None:
            return replace(found, boundary=found.boundary.without(sid))
        left = (policy.without(sid) if policy.name == name else policy for policy in found.identity or ())
        return replace(found, identity=tuple(left))


def unproven(allowed: frozenset[str], needed: frozenset[str]) -> frozenset[str]:
    """What no call needed: statements, and single actions of statements that were needed for others."""
    left = allowed - needed
    return frozenset(name for name in left if " " not in name or name.split()[0] not in left)


def denied(lines: Iterable[Line]) -> Iterator[Line]:
    """Calls of roles that were refused."""
    return (line for line in lines if line.get("role") and line["refused"])


def _names(prefix: str, policy: Policy) -> Iterator[str]:
    for statement in policy.statements:
        if statement.effect == "Allow":
            name, actions = f"{prefix}/{statement.sid}", statement.actions
            yield name
            if len(actions.texts) > 1 and not actions.is_negated:
                yield from (f"{name} {action}" for action in actions.texts)


def _question(line: Line, check: Line) -> Question:
    """As it was asked; JSON has no tuples."""
    context = {**line["context"], **check["keys"]}
    values = {key: value if isinstance(value, str) else tuple(value) for key, value in context.items()}
    identity = Identity(arn=line["caller"], account_id=line["role"].split(":")[4], role_arn=line["role"])
    return Question(identity, check["action"], check["resource"], values)
