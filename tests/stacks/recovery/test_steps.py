"""Recovery step by step: what is shown, what is asked, what is done, and what an interruption or a rival changes."""

import json
import stat
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID

from stacks.recovery.plan import Plan
from stacks.recovery.steps import recover
from workflow.errors import CredentialsError, RefusedError, ResourceError

pytestmark = pytest.mark.slow

PENDING = {"type": "creating", "resource": {"type": "aws:ec2/vpc:Vpc", "urn": "urn:pulumi:dev::mlteam::a::network-vpc"}}


def refuse(_: Plan) -> None:
    raise RefusedError("nobody said yes")


def test_a_stack_in_order_has_nothing_to_do_and_nobody_is_asked(scene: Any) -> None:
    assert scene.recover().is_empty
    assert (scene.shown, scene.names()) == ([], [])


def test_lock_pending_operation_and_orphan_go_and_a_copy_of_the_state_stays(scene: Any) -> None:
    scene.lock()
    scene.engine.deployment["pending_operations"] = [PENDING]
    vpc, anothers = scene.vpc(), scene.vpc("prod")
    done = scene.recover()
    assert [each.text() for each in done.pending] == ["creating Vpc network-vpc"]
    assert [each.key for each in done.removed] == [vpc]
    assert scene.vpcs() == {anothers}
    (copy,) = scene.names()
    assert json.loads(scene.recovery.store.read(copy) or b"")["deployment"]["pending_operations"] == [PENDING]
    assert stat.S_IMODE((scene.engine.folder / copy).stat().st_mode) == 0o600
    assert scene.recover().is_empty, "a second run has something to do"
    assert len(scene.shown) == 1


def test_nothing_changes_where_nobody_agrees(scene: Any) -> None:
    lock, vpc = scene.lock(), scene.vpc()
    with pytest.raises(RefusedError, match="nobody said yes"):
        recover(scene.recovery, refuse)
    assert (scene.names(), scene.vpcs()) == ([lock], {vpc})


def test_an_engine_at_work_is_left_in_peace(scene: Any) -> None:
    lock, vpc = scene.lock(hostname="elsewhere"), scene.vpc()
    with pytest.raises(RefusedError, match="ann@elsewhere, process 12"):
        scene.recover()
    assert (scene.shown, scene.names(), scene.vpcs()) == ([], [lock], {vpc})


def test_what_turns_up_while_aws_is_asked_is_shown_before_it_goes(scene: Any) -> None:
    scene.engine.deployment["pending_operations"] = [PENDING]
    late: list[str] = []
    scene.engine.then.append(lambda: late.append(scene.vpc()))
    done = scene.recover()
    assert [[each.key for each in plan.removed] for plan in scene.shown] == [[], late]
    assert [each.key for each in done.removed] == late


def test_what_the_state_learns_while_aws_is_asked_is_no_orphan_any_more(scene: Any) -> None:
    vpc = scene.vpc()
    known = {"type": "aws:ec2/vpc:Vpc", "urn": "urn", "id": vpc}
    scene.engine.deployment["pending_operations"] = [PENDING]
    scene.engine.then.append(lambda: scene.engine.deployment.update(resources=[known]))
    assert [each.key for each in scene.recover().removed] == []
    assert scene.vpcs() == {vpc}


def test_an_engine_that_begins_meanwhile_loses_nothing(scene: Any) -> None:
    scene.engine.deployment["pending_operations"] = [PENDING]
    vpc = scene.vpc()
    scene.engine.then.append(scene.lock)
    with pytest.raises(RefusedError, match="somebody else began"):
        scene.recover()
    assert scene.vpcs() == {vpc}
    assert len([name for name in scene.names() if "/locks/" in name]) == 1, "somebody else's lock is gone"


def test_a_torn_state_is_mended_first_and_the_rest_is_shown_after_that(scene: Any) -> None:
    state = ".pulumi/stacks/mlteam/dev.json"
    scene.recovery.store.write(state, b"{}")
    scene.recovery.store.write(f"{state}.attrs", b"")
    vpc = scene.vpc()
    done = scene.recover()
    assert done.torn == (f"{state}.attrs",)
    assert [[each.key for each in plan.removed] for plan in scene.shown] == [[], [vpc]]
    assert not (scene.engine.folder / f"{state}.attrs").exists()


def test_what_aws_does_not_delete_is_named_and_the_rest_goes(scene: Any) -> None:
    vpc, free = scene.vpc(), scene.vpc()
    scene.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")  # somebody's own
    with pytest.raises(ResourceError, match=f"Vpc {vpc}: .*DependencyViolation") as failure:
        scene.recover()
    assert "once more" in str(failure.value)
    assert scene.vpcs() == {vpc}
    assert free not in scene.vpcs()
    assert not [name for name in scene.names() if "/locks/" in name], "the stack is still held"


@pytest.mark.parametrize("resources", [[], [{"type": "aws:ec2/vpc:Vpc", "urn": "urn", "id": "vpc-of-mine"}]])
def test_the_state_of_another_deployment_deletes_nothing_of_a_living_one(
    scene: Any, resources: list[dict[str, str]]
) -> None:
    scene.engine.deployment["resources"] = resources
    vpc, bucket, lock = scene.vpc(), f"mlteam-dev-{DEFAULT_ACCOUNT_ID}-dev", scene.lock()
    scene.s3.create_bucket(Bucket=bucket)
    scene.s3.put_object(Bucket=bucket, Key="landing/1.png", Body=b"1")
    done = scene.recover()
    assert (done.removed, scene.vpcs()) == ((), {vpc})
    told = {each.key: each.left for each in done.left}
    assert told[vpc] == f"perhaps another deployment's, because the state does not know Bucket {bucket}"
    assert told[bucket].startswith("it holds objects; is this the right state? pulumi whoami --verbose")
    assert f"aws s3 rb s3://{bucket}" in told[bucket]
    assert lock not in scene.names(), "what is the state's own is recovered"


def test_another_accounts_things_are_nobodys_orphans(scene: Any) -> None:
    vpc = scene.vpc()
    arn = "arn:aws:ec2:us-east-1:999999999999:vpc/vpc-1"
    known = {"type": "aws:ec2/vpc:Vpc", "urn": "urn", "id": "vpc-1", "outputs": {"arn": arn}}
    scene.engine.deployment["resources"] = [known]
    with pytest.raises(CredentialsError, match=f"999999999999, the caller in {DEFAULT_ACCOUNT_ID}"):
        scene.recover()
    assert scene.vpcs() == {vpc}
