"""Approvals: who may, for what, how long, and only once."""

from typing import Any

import pytest

from components.shared.contract import ApprovalOutputs
from workflow.approvals import (
    Approval,
    approval_address,
    demand,
    find,
    grant,
    is_spent,
    principal,
    refuse_stranger,
    use,
)
from workflow.errors import CredentialsError, DriftError, RefusedError
from workflow.verdicts import GateRecord

RULES = ApprovalOutputs[str](approver_role_arn="arn:aws:iam::1:role/approver", approvers=("ada", "release-managers"))
AUTHOR = "arn:aws:iam::1:user/grace"
GATE = GateRecord(digest="a" * 64, passed=True, checks=(), champion_digest="", evaluation_digest="e", result_digest="r")
ADDRESS = approval_address("mlteam-dev-artifacts", "dev", GATE.digest)


def approval(**changed: Any) -> Approval:
    fields: dict[str, Any] = {
        "nonce": "n1",
        "stack": "dev",
        "digest": GATE.digest,
        "gate_digest": GATE.result_digest,
        "manifest_digest": "m",
        "author": AUTHOR,
        "approver": "arn:aws:iam::1:user/ada",
        "ttl_seconds": 3600,
    }
    return Approval(**{**fields, **changed})


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:sts::1:assumed-role/approver/ada", ("assumed-role", "approver", "ada")),
        ("arn:aws:iam::1:user/team/ada", ("user", "ada", "ada")),
        ("arn:aws:iam::1:role/path/approver", ("role", "approver", "approver")),
        ("arn:aws:sts::1:federated-user/ada", ("federated-user", "ada", "ada")),
        ("arn:aws:iam::1:root", ("root", "root", "root")),
    ],
)
def test_an_identity_is_a_role_and_a_person(arn: str, expected: tuple[str, str, str]) -> None:
    assert principal(arn) == expected


@pytest.mark.parametrize(
    "caller",
    [
        "arn:aws:sts::1:assumed-role/approver/ada",
        "arn:aws:iam::1:user/ada",
        "arn:aws:sts::1:assumed-role/release-managers/bob",
    ],
)
def test_the_role_and_the_named_may_approve(caller: str) -> None:
    refuse_stranger(caller, AUTHOR, RULES)


@pytest.mark.parametrize(
    "caller",
    [
        "arn:aws:iam::1:user/bob",
        "arn:aws:sts::1:assumed-role/ci/ada",
        "arn:aws:sts::2:assumed-role/approver/ada",
        "arn:aws:iam::2:user/ada",
        "arn:aws:iam::1:root",
        "arn:aws:iam::1:user/approver",
        "arn:aws:sts::1:federated-user/ada",
        "arn:aws:sts::1:federated-user/approver",
    ],
)
def test_nobody_else_may(caller: str) -> None:
    with pytest.raises(CredentialsError, match="may not approve"):
        refuse_stranger(caller, AUTHOR, RULES)


@pytest.mark.parametrize(
    "author",
    [
        "arn:aws:iam::1:user/ada",
        "arn:aws:iam::1:user/team/Ada",
        "arn:aws:sts::1:assumed-role/mlteam-dev-developer/ada",
        "arn:aws:sts::1:assumed-role/approver/ada",
    ],
)
def test_the_author_may_not_whatever_role_they_take(author: str) -> None:
    with pytest.raises(RefusedError, match="cannot approve it"):
        refuse_stranger("arn:aws:sts::1:assumed-role/approver/ada", author, RULES)


def test_an_approval_is_for_one_model_and_one_result(world: Any) -> None:
    with pytest.raises(RefusedError, match="is not approved"):
        demand(world.client, ADDRESS, GATE)
    grant(world.client, ADDRESS, approval(gate_digest="of an older gate"), None)
    with pytest.raises(DriftError, match="another model or gate result"):
        demand(world.client, ADDRESS, GATE)


def test_an_approval_expires(world: Any) -> None:
    grant(world.client, ADDRESS, approval(ttl_seconds=-5), None)
    with pytest.raises(RefusedError, match="expired"):
        demand(world.client, ADDRESS, GATE)


def test_an_approval_is_used_once_but_a_retry_is_the_same_use(world: Any) -> None:
    grant(world.client, ADDRESS, approval(), None)
    found = demand(world.client, ADDRESS, GATE)
    assert not is_spent(world.client, ADDRESS, found)
    use(world.client, ADDRESS, found.approval, 4)
    use(world.client, ADDRESS, found.approval, 4)
    with pytest.raises(RefusedError, match="used already"):
        use(world.client, ADDRESS, found.approval, 6)
    assert is_spent(world.client, ADDRESS, found)


def test_two_approvers_at_once_make_one_approval(world: Any) -> None:
    grant(world.client, ADDRESS, approval(), None)
    with pytest.raises(RefusedError, match=r"just now\n  cure: mlteam approve once more"):
        grant(world.client, ADDRESS, approval(nonce="n2"), None)


def test_a_spent_approval_is_replaced_by_a_new_one_that_can_be_used(world: Any) -> None:
    grant(world.client, ADDRESS, approval(), None)
    found = find(world.client, ADDRESS)
    assert found is not None
    use(world.client, ADDRESS, found.approval, 4)
    grant(world.client, ADDRESS, approval(nonce="n2"), found)
    use(world.client, ADDRESS, demand(world.client, ADDRESS, GATE).approval, 6)


def test_what_is_no_approval_is_not_taken_for_one(world: Any) -> None:
    world.client.put_object(Bucket=ADDRESS.bucket, Key=ADDRESS.key, Body=b'{"approved": true}')
    with pytest.raises(DriftError, match=f"no approval that mlteam wrote(?s:.*)cure: .*aws s3 rm {ADDRESS}"):
        demand(world.client, ADDRESS, GATE)
