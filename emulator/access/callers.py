"""Who calls, out of moto's IAM and STS: an access key is a role's session, a user's, or nobody's.

A key that nobody made stands for the IAM user of that name with administrator rights (see `mends/identity.py`): a
laptop has no keys. A session's key counts only with the session's own token, and only while it lasts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from emulator.access import policies, refusals, resource_policies
from emulator.access.decisions import Identity
from emulator.access.patterns import Values
from emulator.access.policies import Policy
from emulator.mends.identity import user_name

PARTITION: Final = "aws"
TEMPORARY: Final = "ASIA"
LASTING: Final = "AKIA"
"""First letters of a session's key and of a user's: one that AWS made is no name that a laptop gave itself."""


@dataclass(frozen=True)
class Caller:
    """`policies` is None for an administrator; `keys` are the condition keys that speak of the caller."""

    identity: Identity
    policies: tuple[Policy, ...] | None = None
    boundary: Policy | None = None
    session: Policy | None = None
    keys: Mapping[str, Values] = field(default_factory=dict)


class Callers:
    """Of one account."""

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self._sessions: dict[str, Any] = {}
        self._seen = 0

    def identify(self, access_key: str, token: str) -> Caller:
        """Refused when the key or the token is not what AWS would take."""
        session = self._session(access_key)
        if session is not None:
            return self._of_session(session, token, utcnow())
        user = self._user(access_key)
        if user is None and (token or access_key.startswith((TEMPORARY, LASTING))):
            raise refusals.Refused(refusals.UNKNOWN)
        return self._of_user(user) if user else self._administrator(user_name(access_key))

    @property
    def _iam(self) -> Any:
        return iam_backends[self._account_id][PARTITION]

    def _user(self, access_key: str) -> Any:
        """Whose active key it is; None for nobody's."""
        for user in list(self._iam.users.values()):
            if any(key.access_key_id == access_key and key.status == "Active" for key in user.access_keys):
                return user
        return None

    def _session(self, access_key: str) -> Any:
        made = sts_backends[self._account_id][PARTITION].assumed_roles
        for session in made[self._seen :]:
            self._sessions[session.access_key_id] = session
        self._seen = len(made)
        return self._sessions.get(access_key)

    def _of_session(self, session: Any, token: str, now: datetime) -> Caller:
        role = resource_policies.role(session.role_arn, self._account_id)
        if token != session.session_token or role is None:
            raise refusals.Refused(refusals.UNKNOWN)
        if session.expiration <= now:
            raise refusals.Refused(refusals.EXPIRED)
        return Caller(
            Identity(arn=session.arn, account_id=self._account_id, role_arn=role.arn),
            policies=tuple(self._documents(role)),
            boundary=self._managed(role.permissions_boundary_arn) if role.permissions_boundary_arn else None,
            session=policies.parse("session", session.policy) if session.policy else None,
            keys={
                **self._keys(role.arn, "AssumedRole", f"{role.id}:{session.session_name}"),
                **{f"aws:principaltag/{tag['Key'].lower()}": tag["Value"] for tag in role.tags or ()},
            },
        )

    def _of_user(self, user: Any) -> Caller:
        arn = f"arn:aws:iam::{self._account_id}:user{user.path}{user.name}"
        groups = [group for group in list(self._iam.groups.values()) if user in group.users]
        own = (policy for holder in (user, *groups) for policy in self._documents(holder))
        keys = {**self._keys(arn, "User", user.id), "aws:username": user.name}
        return Caller(Identity(arn=arn, account_id=self._account_id), policies=tuple(own), keys=keys)

    def _administrator(self, name: str) -> Caller:
        arn = f"arn:aws:iam::{self._account_id}:user/{name}"
        keys = {**self._keys(arn, "User", f"AIDA{name.upper()}"), "aws:username": name}
        return Caller(Identity(arn=arn, account_id=self._account_id), keys=keys)

    def _keys(self, arn: str, kind: str, user_id: str) -> dict[str, Values]:
        return {
            "aws:principalarn": arn,
            "aws:principalaccount": self._account_id,
            "aws:principaltype": kind,
            "aws:userid": user_id,
            "aws:principalisawsservice": "false",
        }

    def _documents(self, holder: Any) -> Iterator[Policy]:
        """Inline policies and attached ones of a role, a user or a group."""
        for name, text in holder.policies.items():
            yield policies.parse(name, text)
        for arn in holder.managed_policies:
            yield self._managed(arn)

    def _managed(self, arn: str) -> Policy:
        policy = self._iam.managed_policies[arn]
        version = next(each for each in policy.versions if each.is_default)
        return policies.parse(policy.name, version.document)
