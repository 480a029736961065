"""Approvals: who may give one, what it is for, how long it holds, and that it is used once.

An approval is the object workflow/approvals/<stack>/<model digest>.json, written only where none is or over one that
is spent; its use is the object <model digest>.<nonce>.used.json, which can be made only once. Times are S3's.
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
    return Address(bucket, f"workflow/approvals/{stack}/{digest}.json")


def principal(arn: str) -> tuple[str, str]:
    """(the IAM role or user, the person) of an identity: of an assumed role the person is the session's name.

    arn:aws:sts::1:assumed-role/approver/ada -> ("approver", "ada"); arn:aws:iam::1:user/team/ada -> ("ada", "ada")
    Whoever else AWS knows is neither role nor user: a federated user's name is the caller's to choose.
    """
    resource = arn.rpartition(":")[2]
    kind, *names = resource.split("/")
    if kind == "assumed-role" and len(names) == 2:
        return names[0], names[1]
    if kind in ("role", "user") and names:
        return names[-1], names[-1]
    return resource, (names or [kind])[-1]


def refuse_stranger(caller: str, author: str, approval: ApprovalOutputs[str]) -> None:
    """CredentialsError for who may not approve at all, RefusedError for the author."""
    name, person = principal(caller)
    role = principal(approval.approver_role_arn)[0]
    home = caller.split(":")[4] == approval.approver_role_arn.split(":")[4]  # a namesake in another account is nobody
    if not home or (name != role and name not in approval.approvers):
        allowed = ", ".join([f"role {role}", *approval.approvers])
        raise CredentialsError(
            f"{caller} may not approve; allowed: {allowed}",
            cure=f"aws sts assume-role --role-arn {approval.approver_role_arn} --role-session-name YOUR-IAM-USER-NAME",
        )
    if caller == author or person == principal(author)[1]:
        raise RefusedError(f"{caller} trained this model and cannot approve it", cure="ask a colleague")


def grant(client: Any, address: Address, approval: Approval, ttl_over: Found | None) -> None:
    """Write it where none is, or over exactly the spent one that was found."""
    body = approval.model_dump_json(indent=1).encode()
    etag = ttl_over.stored.etag if ttl_over else ""
    try:
        write(client, address, body, if_match=etag, if_absent=not etag)
    except ConflictError as error:
        raise RefusedError(f"somebody else approved model {approval.digest[:SHOWN]} just now") from error


def find(client: Any, address: Address) -> Found | None:
    """DriftError when what is there is no approval."""
    stored = read_dated(client, address)
    if stored is None:
        return None
    try:
        return Found(Approval.model_validate_json(stored.body), stored)
    except ValidationError as error:
        raise DriftError(f"{address} is no approval that mlteam wrote: {error}") from error


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
    return Address(address.bucket, f"{address.key.removesuffix('.json')}.{nonce}.used.json")
