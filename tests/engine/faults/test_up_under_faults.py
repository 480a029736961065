"""`pulumi up` of stack dev while AWS misbehaves: every changing call goes wrong once, by each kind of fault.

Throttling, AWS's own errors, late answers and roles that nobody knows yet it waits out in one `up`. A denied call ends
the `up` in a line that names resource and operation, and the next one goes on. A lost answer makes the SDK repeat what
was done: what has neither a client token nor an answer for "exists already" is then at AWS and not in the state, or in
the way. `LEFT_BEHIND` lists its types; on AWS with pulumi-aws it is the same, and `mlteam recover` removes it.

Only the first test runs the host's services. For the others the document of the host does nothing: all calls are made,
in seconds. `--continue-on-error` gets further in one `up`; what depends on a failed resource then fails its own checks.
"""

from typing import Any

import pytest

pytestmark = pytest.mark.engine

PROVIDER = "emulated"
"""The access key of the calls that the engine makes: the test's own are left in peace."""
MOST_UPS = 25
LEFT_BEHIND = {
    "aws:budgets/budget:Budget",
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/route:Route",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/vpc:Vpc",
    "aws:iam/instanceProfile:InstanceProfile",
    "aws:iam/policy:Policy",
    "aws:iam/role:Role",
    "aws:ssm/association:Association",
    "aws:ssm/document:Document",
    "aws:ssm/parameter:Parameter",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
}
"""Types of what a lost answer leaves at AWS without the state knowing it."""
FOUND_AGAIN = "aws:ec2/volumeAttachment:VolumeAttachment"
"""pulumi-aws looks whether the volume is attached before it attaches it: the next `up` takes it for its own."""
DONE_BEFORE = {
    *("EntityAlreadyExists", "DocumentAlreadyExists", "ParameterAlreadyExists", "DuplicateRecordException"),
    *("InvalidSubnet.Conflict", "InvalidGroup.Duplicate", "InvalidPermission.Duplicate", "InvalidPermission.NotFound"),
    *("RouteAlreadyExists", "Resource.AlreadyAssociated", "LimitExceeded", "VolumeInUse"),
}
"""What AWS says to a call that has been carried out once already."""
KEPT_RULES = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
"""What a denied call leaves: the rule that AWS gives a new group, if it could not be revoked. pulumi-aws revokes it
only while it creates the group, and the stack's own rule is then one too many."""


def each_call(fault: str, **more: Any) -> dict[str, Any]:
    return {"operation": "*", "fault": fault, "when": "each", **more}


def test_an_up_waits_out_throttling_errors_and_roles_that_are_too_new(troubled: Any) -> None:
    """With all that the host runs: what it asks of AWS itself goes wrong once, too."""
    late = each_call("hang", seconds=0.3)  # last: what is answered late is done
    troubled.plan(each_call("throttle"), each_call("fail"), {"fault": "new-role", "uses": 2}, late)
    assert troubled.up(), troubled.said
    for kind in ("throttle", "fail", "hang"):
        troubled.assert_every_call_has_met(kind)
    assert {each.call for each in troubled.fired("new-role")} >= {"ec2:RunInstances", "scheduler:CreateSchedule"}
    troubled.assert_whole()


@pytest.mark.usefixtures("without_services")
def test_after_denials_one_up_after_the_other_gets_further_until_all_is_there(troubled: Any) -> None:
    troubled.plan(each_call("deny", by=PROVIDER))
    for _ in range(MOST_UPS):
        before = len(troubled.fired("deny"))
        if troubled.up():
            break
        denied = {each.call.partition(":")[2] for each in troubled.fired("deny")[before:]}
        assert denied <= {operation for _, operation, _ in troubled.failures()}, troubled.said
        assert troubled.recover() <= {KEPT_RULES}
    else:
        pytest.fail(f"still not there after {MOST_UPS} times: {troubled.said}")
    troubled.assert_every_call_has_met("deny")
    assert troubled.removed == {KEPT_RULES}
    troubled.assert_whole()


@pytest.mark.usefixtures("without_services")
def test_lost_answers_leave_behind_what_the_list_says_and_nothing_else(troubled: Any) -> None:
    troubled.plan(each_call("lose", by=PROVIDER))
    for _ in range(MOST_UPS):
        is_up = troubled.up()
        assert troubled.recover() <= {*LEFT_BEHIND, FOUND_AGAIN}
        if is_up:
            break
        codes = {code for _, _, code in troubled.failures()}
        assert codes <= DONE_BEFORE, troubled.said
    else:
        pytest.fail(f"still not there after {MOST_UPS} times: {troubled.said}")
    troubled.assert_every_call_has_met("lose")
    assert troubled.removed == LEFT_BEHIND
    troubled.assert_whole()
