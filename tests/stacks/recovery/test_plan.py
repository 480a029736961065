"""From a state and what is at AWS to what is going to be done."""

from collections.abc import Callable
from typing import Any

import pytest

from stacks.recording import Recording
from stacks.recovery import plan
from stacks.recovery.belongings import BELONGINGS
from stacks.recovery.plan import Orphan, Pending, Plan

URN = "urn:pulumi:dev::mlteam::mlteam:network:Network${}::{}"
VPC, SUBNET, ROUTE = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "aws:ec2/route:Route"
ATTACHMENT = "aws:ec2/volumeAttachment:VolumeAttachment"


def resource(token: str, identity: str, **outputs: Any) -> dict[str, Any]:
    return {"type": token, "urn": URN.format(token, identity), "id": identity, "outputs": outputs}


def keys(deployment: dict[str, Any], **found: list[str]) -> list[tuple[str, str]]:
    at_aws = {"vpc": VPC, "subnet": SUBNET, "route": ROUTE, "attachment": ATTACHMENT}
    told = plan.unknown(deployment, {at_aws[name]: each for name, each in found.items()})
    return [(plan.short(row.token), key) for row, key in told]


def test_an_orphan_is_what_is_at_aws_and_not_in_the_state() -> None:
    deployment = {"resources": [resource(VPC, "vpc-1"), resource("pulumi:providers:aws", "x")]}
    assert keys(deployment, vpc=["vpc-1", "vpc-2"]) == [("Vpc", "vpc-2")]


def test_what_is_used_goes_after_what_uses_it() -> None:
    assert keys({}, vpc=["vpc-1"], subnet=["subnet-2", "subnet-1"]) == [
        ("Subnet", "subnet-1"),
        ("Subnet", "subnet-2"),
        ("Vpc", "vpc-1"),
    ]


def test_what_is_about_to_be_replaced_is_known_too() -> None:
    replaced = {**resource(VPC, "vpc-1"), "delete": True}
    assert keys({"resources": [resource(VPC, "vpc-2"), replaced]}, vpc=["vpc-1", "vpc-2"]) == []


def test_what_has_no_id_of_awss_is_known_by_what_it_joins() -> None:
    deployment = {
        "resources": [
            resource(ROUTE, "r-rtb-11080289494", routeTableId="rtb-1", destinationCidrBlock="0.0.0.0/0"),
            resource(ATTACHMENT, "vai-123", deviceName="/dev/sdf", volumeId="vol-1", instanceId="i-1"),
        ]
    }
    found = keys(deployment, route=["rtb-1_0.0.0.0/0"], attachment=["/dev/sdf:vol-1:i-1", "/dev/sdf:vol-2:i-1"])
    assert found == [("VolumeAttachment", "/dev/sdf:vol-2:i-1")]


def test_a_teams_own_types_are_named_and_hinder_nothing() -> None:
    deployment = {"resources": [resource("aws:eks/cluster:Cluster", "c"), resource(VPC, "vpc-1")]}
    assert plan.strangers(deployment) == ("aws:eks/cluster:Cluster",)
    begun = {"pending_operations": [{"type": "creating", "resource": {"type": "aws:eks/cluster:Cluster", "urn": "u"}}]}
    assert plan.strangers(begun) == ("aws:eks/cluster:Cluster",)
    assert plan.known(deployment)[VPC] == {"vpc-1"}


@pytest.mark.parametrize("stack", ["local", "dev", "dev+managed", "prod"])
def test_every_type_that_a_stack_is_made_of_is_looked_for(recorded: Callable[[str], Recording], stack: str) -> None:
    tokens = {each.token for each in recorded(stack).resources}
    assert len(tokens) > 30
    assert plan.strangers({"resources": [{"type": token} for token in tokens]}) == ()


@pytest.mark.parametrize(
    "token", ["aws:s3/bucket:Bucket", "aws:ebs/volume:Volume", "aws:sagemaker/mlflowApp:MlflowApp"]
)
def test_what_can_hold_data_is_asked_whether_it_does(token: str) -> None:
    assert BELONGINGS[token].holds is not None
    assert BELONGINGS[token].ended_by, "people must be told how it goes"


def test_operations_are_told_by_what_they_did_to_which_resource() -> None:
    operations = [{"type": "creating", "resource": resource(VPC, "network-vpc")}]
    (told,) = plan.pending({"pending_operations": operations})
    assert told == Pending(operation="creating", token=VPC, name="network-vpc")
    assert told.text() == "creating Vpc network-vpc"
    assert plan.pending({"pending_operations": None}) == ()


def test_the_account_is_that_of_the_first_arn_which_names_one() -> None:
    resources = [
        resource("aws:s3/bucket:Bucket", "b", arn="arn:aws:s3:::b"),
        {"type": "mlteam:storage:Storage", "urn": "u"},
        resource(VPC, "v", arn="arn:aws:ec2:us-east-1:123456789012:vpc/v"),
    ]
    assert plan.account_of({"resources": resources}) == "123456789012"
    assert plan.account_of({}) == ""


def test_a_plan_says_what_goes_what_stays_and_why() -> None:
    gone, kept = Orphan(token=VPC, key="vpc-2"), Orphan(token="aws:s3/bucket:Bucket", key="b", left="it holds objects")
    disk = Orphan(token="aws:ebs/volume:Volume", key="vol-1")
    shown = Plan(locks=("stale lock of ann",), orphans=(gone, disk, kept), unseen=("aws:eks/cluster:Cluster",))
    assert (shown.removed, shown.left) == ((gone, disk), (kept,))
    assert shown.text().splitlines() == [
        "remove:",
        "  stale lock of ann",
        "delete at AWS, because the state does not know it:",
        "  Vpc vpc-2",
        "  Volume vol-1 (after a snapshot)",
        "leave at AWS:",
        "  Bucket b (it holds objects)",
        "not looked for at AWS: look there yourself:",
        "  aws:eks/cluster:Cluster",
    ]


def test_what_stays_is_nothing_to_do() -> None:
    kept = Orphan(token="aws:s3/bucket:Bucket", key="b", left="it holds objects")
    assert Plan(orphans=(kept,)).is_empty
    assert Plan().text() == "nothing to do"
    assert not Plan(torn=("dev.json",)).is_empty
