"""The answer to one question: may this identity do this to that resource, by which statements.

As AWS documents it for requests within one account: an explicit Deny anywhere wins; else an identity policy must
allow it, and so must the permissions boundary and the session's policy where there are any; or a resource policy
grants it to the identity itself. What a resource policy grants to a role is bounded like the role's own policies, what
it grants to a session or a user is not; what it grants to the account, the account's policies must grant again.
Source: IAM User Guide, "Policy evaluation logic" and "Permissions boundaries" (read 2026-11).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from emulator.access.patterns import Context
from emulator.access.policies import Policy, Statement


@dataclass(frozen=True)
class Identity:
    """Who asks. `arn` is the session's of a role, `role_arn` the role's; a service has its name as `service`."""

    arn: str
    account_id: str
    role_arn: str = ""
    service: str = ""

    @property
    def principal_arn(self) -> str:
        """As aws:PrincipalArn has it."""
        return self.role_arn or self.arn


@dataclass(frozen=True)
class Question:
    identity: Identity
    action: str
    resource: str
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Policies:
    """What there is to be asked. `identity` is None for one that may do everything in its account (an administrator);
    `is_resource_needed`: nobody gets in without the resource's word, as into a role without its trust policy's."""

    identity: Sequence[Policy] | None = ()
    boundary: Policy | None = None
    session: Policy | None = None
    resource: Policy | None = None
    is_resource_needed: bool = False


@dataclass(frozen=True)
class Decision:
    """`by` names what decided, as `kind:policy/sid`; `why` ends AWS's sentence to the one who is denied."""

    is_allowed: bool
    by: tuple[str, ...]
    why: str = ""


class Grant(Enum):
    """To whom a resource policy has granted it: nobody, the account, the role, or the very identity that asks."""

    NOBODY = 0
    ACCOUNT = 1
    ROLE = 2
    ITSELF = 3


ADMINISTRATOR: Final = "identity:administrator"


def decide(question: Question, policies: Policies) -> Decision:
    denial = next(_denials(question, policies), None)
    if denial:
        kind, name = denial
        return Decision(False, (name,), f"with an explicit deny in {_KINDS[kind]}")
    grant, granted_by = _resource_grant(question, policies.resource)
    if policies.is_resource_needed and grant is Grant.NOBODY:
        return _implicit(question, "resource")
    if grant is Grant.ITSELF:
        return Decision(True, granted_by)
    identity = (ADMINISTRATOR,) if policies.identity is None else _allows(question, "identity", *policies.identity)
    if not identity and grant is not Grant.ROLE:
        return _implicit(question, "identity")
    bounds: list[str] = []
    for kind, policy in (("boundary", policies.boundary), ("session", policies.session)):
        if policy is not None:
            allowed = _allows(question, kind, policy)
            if not allowed:
                return _implicit(question, kind)
            bounds += allowed
    spoke = granted_by if policies.is_resource_needed or not identity else ()
    return Decision(True, (*identity, *bounds, *spoke))


_KINDS: Final = {
    "identity": "an identity-based policy",
    "boundary": "a permissions boundary",
    "session": "a session policy",
    "resource": "a resource-based policy",
}


def _implicit(question: Question, kind: str) -> Decision:
    return Decision(False, (), f"because no {_KINDS[kind].split(' ', 1)[1]} allows the {question.action} action")


def _denials(question: Question, policies: Policies) -> Iterator[tuple[str, str]]:
    """(kind, name) of every Deny that applies."""
    own = [("identity", policy) for policy in policies.identity or ()]
    bounds = [("boundary", policies.boundary), ("session", policies.session)]
    for kind, policy in (*own, *bounds, ("resource", policies.resource)):
        for statement in policy.about(question.action) if policy else ():
            if statement.effect == "Deny" and _is_meant(question, kind, statement):
                yield kind, f"{kind}:{policy.name if policy else ''}/{statement.sid}"


def _is_meant(question: Question, kind: str, statement: Statement) -> bool:
    if kind == "resource":
        is_named = _granted_to(question.identity, statement) is not Grant.NOBODY
        if is_named == statement.is_other_principal:
            return False
    return statement.applies(question.resource, question.context)


def _allows(question: Question, kind: str, *policies: Policy) -> tuple[str, ...]:
    """Names of the statements that allow it."""
    return tuple(
        f"{kind}:{policy.name}/{statement.sid}"
        for policy in policies
        for statement in policy.about(question.action)
        if statement.effect == "Allow" and statement.applies(question.resource, question.context)
    )


def _resource_grant(question: Question, policy: Policy | None) -> tuple[Grant, tuple[str, ...]]:
    """The widest grant of a resource policy, and who gave it."""
    widest, names = Grant.NOBODY, list[str]()
    for statement in policy.about(question.action) if policy else ():
        if statement.effect == "Allow" and statement.applies(question.resource, question.context):
            grant = _granted_to(question.identity, statement)
            if grant is not Grant.NOBODY:
                widest = max(widest, grant, key=lambda each: each.value)
                names.append(f"resource:{policy.name if policy else ''}/{statement.sid}")
    return widest, tuple(names)


def _granted_to(identity: Identity, statement: Statement) -> Grant:
    """How a statement's Principal names the identity. Wildcards stand only alone, as in IAM."""
    principals = statement.principals or {}
    if identity.service:
        # Everybody, as {"AWS": "*"} says too, is also every service: a topic's first policy is of that kind.
        named = {*principals.get("Service", ()), *principals.get("*", ()), *principals.get("AWS", ())}
        return Grant.ITSELF if named & {identity.service, "*"} else Grant.NOBODY
    names = (*principals.get("AWS", ()), *principals.get("*", ()))
    if "*" in names or identity.arn in names:
        return Grant.ITSELF
    if identity.role_arn and identity.role_arn in names:
        return Grant.ROLE
    account = (identity.account_id, f"arn:aws:iam::{identity.account_id}:root")
    return Grant.ACCOUNT if any(name in names for name in account) else Grant.NOBODY
