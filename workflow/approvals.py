"""Approvals: who may give one, what it is for, how long it holds, and that it is used once.

An approval is the object workflow/approvals/<stack>/<model digest>.json, written only where none is or over one that
is spent; its use is the object workflow/uses/<stack>/<model digest>.<nonce>.json, which can be made only once: who
deploys may write there and not among the approvals. Times are S3's.
"""

import json
from datetime import timedelta
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from components.shared.contract import ApprovalOutputs
from workflow.clock import Dated, read_dated
from workflow.errors import CredentialsError, DriftError, RefusedError
from workflow.s3 import Address, ConflictError, read, write
from workflow.verdicts import SHOWN, GateRecord

TTL_HOURS: Final = 24
APPROVALS: Final = "workflow/approvals/"
USES: Final = "workflow/uses/"
SESSION: Final = "assumed-role"


class Approval(BaseModel):
    """`gate_digest` is of the exact result that was approved; `author` trained the model, `approver` is AWS's word."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: int = 1
    nonce: str
    stack: str
    digest: str
    gate_digest: str
    manifest_digest: str
    author: str
    approver: str
    ttl_seconds: int


class Use(BaseModel):
    """For which generation of the deployment an approval was used: a retry for the same one is the same use."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    nonce: str
    generation: int


class Found(NamedTuple):
    approval: Approval
    stored: Dated

    def seconds_left(self) -> int:
        left = timedelta(seconds=self.approval.ttl_seconds) - self.stored.age()
        return int(left.total_seconds())


def approval_address(bucket: str, stack: str, digest: str) -> Address:
    return Address(bucket, f"{APPROVALS}{stack}/{digest}.json")


class Principal(NamedTuple):
    """`kind` is AWS's word (user, assumed-role, federated-user, role, root), `name` the IAM user's or role's."""

    kind: str
    name: str
    person: str


def principal(arn: str) -> Principal:
    """Who an identity is: of an assumed role the person is the session's name.

    arn:aws:sts::1:assumed-role/approver/ada -> (assumed-role, approver, ada); arn:aws:iam::1:user/team/ada -> (user,
    ada, ada)
    """
    parts = arn.rpartition(":")[2].split("/")
    name = parts[1] if parts[0] == SESSION and len(parts) == 3 else parts[-1]
    return Principal(kind=parts[0], name=name, person=parts[-1])


def is_same_person(one: str, other: str) -> bool:
    """Whether two identities are one person, whatever roles they come in: AWS's names do not differ by case only."""
    return principal(one).person.casefold() == principal(other).person.casefold()


def refuse_stranger(caller: str, author: str, approval: ApprovalOutputs[str]) -> None:
    """CredentialsError for who may not approve at all, RefusedError for the author."""
    kind, name, _ = principal(caller)
    role = principal(approval.approver_role_arn).name
    home = caller.split(":")[4] == approval.approver_role_arn.split(":")[4]  # a namesake in another account is nobody
    in_role = kind == SESSION and name == role  # a user of the role's name is not the role
    # A federated user's name is its maker's to choose: it may be a namesake of anybody's.
    named = kind in (SESSION, "user") and name in approval.approvers
    if not home or not (in_role or named):
        allowed = ", ".join([f"role {role}", *approval.approvers])
        raise CredentialsError(
            f"{caller} may not approve; allowed: {allowed}",
            cure=f"aws sts assume-role --role-arn {approval.approver_role_arn} --role-session-name YOUR-IAM-USER-NAME",
        )
    if is_same_person(caller, author):
        raise RefusedError(f"{caller} trained this model and cannot approve it", cure="ask a colleague")


def grant(client: Any, address: Address, approval: Approval, ttl_over: Found | None) -> None:
    """Write it where none is, or over exactly the spent one that was found."""
    body = approval.model_dump_json(indent=1).encode()
    etag = ttl_over.stored.etag if ttl_over else ""
    try:
        write(client, address, body, if_match=etag, if_absent=not etag)
    except ConflictError as error:
        raise RefusedError(
            f"somebody else approved model {approval.digest[:SHOWN]} just now", cure="mlteam approve once more"
        ) from error


def find(client: Any, address: Address) -> Found | None:
    """DriftError when what is there is no approval."""
    stored = read_dated(client, address)
    if stored is None:
        return None
    try:
        return Found(Approval.model_validate_json(stored.body), stored)
    except ValidationError as error:
        raise DriftError(
            f"{address} is no approval that mlteam wrote: {error}",
            cure=f"look who wrote it; aws s3 rm {address}, then mlteam approve",
        ) from error


def is_spent(client: Any, address: Address, found: Found) -> bool:
    return found.seconds_left() <= 0 or read(client, _used_address(address, found.approval.nonce)) is not None


def demand(client: Any, address: Address, gate: GateRecord) -> Found:
    """The approval of exactly this gate result, or RefusedError saying what is wrong with what there is."""
    cure = "mlteam approve, as somebody who may"
    found = find(client, address)
    if found is None:
        raise RefusedError(f"model {gate.digest[:SHOWN]} is not approved", cure=cure)
    approval = found.approval
    if (approval.digest, approval.gate_digest) != (gate.digest, gate.result_digest):
        raise DriftError(f"the approval {address} is for another model or gate result", cure=cure)
    if found.seconds_left() <= 0:
        raise RefusedError(f"the approval by {approval.approver} expired {-found.seconds_left()} s ago", cure=cure)
    return found


def use(client: Any, address: Address, approval: Approval, generation: int) -> None:
    """Mark it used for the generation; RefusedError when it was used for another one."""
    place = _used_address(address, approval.nonce)
    wanted = Use(nonce=approval.nonce, generation=generation)
    try:
        write(client, place, wanted.model_dump_json().encode(), if_absent=True)
    except ConflictError as error:
        stored = read(client, place)
        if stored is not None and json.loads(stored.body) == wanted.model_dump():
            return
        raise RefusedError(
            f"the approval by {approval.approver} has been used already", cure="mlteam approve, as somebody who may"
        ) from error


def _used_address(address: Address, nonce: str) -> Address:
    below = address.key.removeprefix(APPROVALS).removesuffix(".json")
    return Address(address.bucket, f"{USES}{below}.{nonce}.json")
