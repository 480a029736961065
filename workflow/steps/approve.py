"""`mlteam approve`: let exactly this model, on exactly this gate result, be deployed; once, for a day.

Who approves is who AWS says is calling. It has to be the stack's approver role or one of its approvers, and not the
one who trained the model. What the gate refused cannot be approved.
"""

import secrets
from datetime import timedelta

import click

from workflow.approvals import (
    TTL_HOURS,
    Approval,
    Found,
    approval_address,
    find,
    grant,
    is_spent,
    refuse_stranger,
)
from workflow.context import Context
from workflow.errors import DriftError, GateError, ResourceError
from workflow.record import read_section, write_section
from workflow.s3 import Address
from workflow.sections import TrainRecord
from workflow.steps.gate import gate_record
from workflow.verdicts import SHOWN, ApproveRecord, EvaluateRecord, GateRecord


def run(context: Context, ttl_hours: int = TTL_HOURS) -> ApproveRecord:
    """Write the approval and the section `approve`; the same approver again changes nothing while it holds."""
    platform = context.platform
    train = read_section(context.record_path, "train", TrainRecord, stack=platform.stack)
    gate = checked_gate(context, train)
    caller = context.aws.caller_arn()
    refuse_stranger(caller, train.author, platform.approval)
    client = context.aws.client("s3")
    address = approval_address(platform.storage.artifact_bucket, platform.stack, gate.digest)
    found = find(client, address)
    if found is None or is_spent(client, address, found) or found.approval.gate_digest != gate.result_digest:
        approval = Approval(
            nonce=secrets.token_hex(16),
            stack=platform.stack,
            digest=gate.digest,
            gate_digest=gate.result_digest,
            manifest_digest=train.manifest_digest,
            author=train.author,
            approver=caller,
            ttl_seconds=ttl_hours * 3600,
        )
        grant(client, address, approval, found)
        found = find(client, address)
    if found is None:
        raise ResourceError(f"the approval {address} was written and is not there")
    record = _record(found, address)
    write_section(context.record_path, "approve", record, stack=platform.stack)
    return record


def checked_gate(context: Context, train: TrainRecord) -> GateRecord:
    """The gate's result, if it passed, is of this model, and is what its evaluation gives."""
    stack = context.platform.stack
    gate = read_section(context.record_path, "gate", GateRecord, stack=stack)
    evaluation = read_section(context.record_path, "evaluate", EvaluateRecord, stack=stack)
    if not gate.passed or not all(check.passed for check in gate.checks):
        raise GateError(
            f"the gate refused model {gate.digest[:SHOWN]}: it cannot be approved or deployed",
            cure="mlteam gate says why; train a better candidate",
        )
    if gate.digest != train.digest or gate != gate_record(evaluation, gate.checks):
        raise DriftError("the gate's result in the record is not of this model and evaluation", cure="mlteam gate")
    return gate


def _record(found: Found, address: Address) -> ApproveRecord:
    approval = found.approval
    expires = found.stored.written_at + timedelta(seconds=approval.ttl_seconds)
    return ApproveRecord(
        digest=approval.digest,
        gate_digest=approval.gate_digest,
        approver=approval.approver,
        author=approval.author,
        nonce=approval.nonce,
        expires_at=expires.isoformat(timespec="seconds"),
        uri=str(address),
    )


@click.command(help=__doc__)
@click.option("--ttl-hours", type=click.IntRange(1, 168), default=TTL_HOURS, show_default=True)
@click.pass_obj
def command(context: Context, /, ttl_hours: int) -> ApproveRecord:
    return run(context, ttl_hours)
