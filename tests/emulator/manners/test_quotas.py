"""One more than an account may have is refused, by AWS's own code."""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.engine import shapes
from emulator.manners import documents, quotas
from emulator.manners.quotas import QUOTAS, RAISED, Quota
from emulator.manners.rules import Request
from emulator.seam import AwsError

ASKED: dict[str, dict[str, Any]] = {
    "budgets:CreateBudget": {"Budget": {"BudgetName": "one"}},
    "ec2:CreateRoute": {},
    "ec2:CreateRouteTable": {"VpcId": "vpc-1"},
    "ec2:CreateSubnet": {"VpcId": "vpc-1"},
    "ec2:CreateVpcEndpoint": {"VpcEndpointType": "Gateway"},
    "iam:AttachRolePolicy": {"RoleName": "one"},
    "s3:CreateBucket": {"Bucket": "one"},
    "sns:CreateTopic": {"Name": "one"},
    "ssm:PutParameter": {"Name": "/one"},
}
"""What a call needs to say so that it counts."""
OF_SOMETHING = {"routes per route table", "managed policies per role"}
"""They count what hangs on a thing, which these tests do not make: see the ones with a client below."""
T4G = {"InstanceType": "t4g.small", "MinCount": 1, "MaxCount": 1}


def request(quota: Quota, **parameters: Any) -> Request:
    service, _, operation = quota.operation.partition(":")
    asked = parameters or ASKED.get(quota.operation) or {}
    if quota.name.endswith("vCPUs"):
        spot = {"InstanceMarketOptions": {"MarketType": "spot"}} if quota.name.startswith("spot") else {}
        asked = {**T4G, **spot}
    return Request(service, operation, asked, "123456789012", "us-east-1")


@pytest.mark.parametrize("quota", [quota for quota in QUOTAS if quota.name not in OF_SOMETHING], ids=lambda q: q.name)
def test_the_last_one_is_made_and_one_more_is_refused(quota: Quota, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "RAISED", {})
    call = request(quota)
    enough = quota.used(call) + quota.adds(call)
    assert quota.adds(call) > 0, "the call adds nothing, so nothing is checked"
    replace(quota, limit=enough).check(call)
    with pytest.raises(AwsError) as refused:
        replace(quota, limit=enough - 1).check(call)
    assert refused.value.code == quota.code
    assert quota.name in str(refused.value.message)


@pytest.mark.parametrize("quota", QUOTAS, ids=lambda q: q.name)
def test_a_quota_is_about_an_operation_that_there_is(quota: Quota) -> None:
    service, _, operation = quota.operation.partition(":")
    assert operation in shapes.service_model(service).operation_names


def test_only_vcpus_are_raised_and_they_are_raised() -> None:
    raised = {quota.name: quota for quota in QUOTAS if quota.name in RAISED}
    assert set(raised) == set(RAISED)
    assert all(quota.in_force > quota.limit for quota in raised.values())


def test_what_is_no_more_of_the_kind_does_not_count() -> None:
    by_name = {quota.name: quota for quota in QUOTAS}
    spot = by_name["spot vCPUs"]
    assert spot.adds(replace(request(spot), parameters=T4G)) == 0, "an on-demand instance counts as spot"
    gpu = {"InstanceType": "g5.xlarge", "MinCount": 1}
    assert by_name["on-demand vCPUs"].adds(replace(request(spot), parameters=gpu)) == 0, "GPUs have their own quota"
    interface = {"VpcEndpointType": "Interface"}
    endpoints = by_name["gateway VPC endpoints per Region"]
    assert endpoints.adds(replace(request(endpoints), parameters=interface)) == 0


def test_white_space_of_a_policy_does_not_count() -> None:
    assert documents.characters('{ "a" :\n "b" }') == len('{"a":"b"}')


def policy(characters: int) -> str:
    """A policy of that many characters as IAM counts them, with white space added."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    statement["Resource"] += "x" * (characters - documents.characters(json.dumps(document)))
    return json.dumps(document, indent=8)


@pytest.mark.slow
def test_policies_are_as_large_as_iam_takes_them(cloud: Any) -> None:
    iam, trust = cloud.client("iam"), json.loads(policy(500))
    trust["Statement"] = [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]
    iam.create_role(RoleName="large", AssumeRolePolicyDocument=json.dumps(trust))
    iam.create_policy(PolicyName="large", PolicyDocument=policy(documents.MANAGED_CHARACTERS))
    with pytest.raises(ClientError, match="LimitExceeded") as refused:
        iam.create_policy(PolicyName="larger", PolicyDocument=policy(documents.MANAGED_CHARACTERS + 1))
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    put = {"RoleName": "large", "PolicyDocument": policy(documents.INLINE_CHARACTERS // 2)}
    for name in ("a", "b", "a"):  # the second "a" takes the place of the first
        iam.put_role_policy(PolicyName=name, **put)
    with pytest.raises(ClientError, match=r"LimitExceeded.*for role large"):
        iam.put_role_policy(PolicyName="c", RoleName="large", PolicyDocument=policy(500))


@pytest.mark.slow
def test_the_sixth_vpc_and_the_sixty_first_rule_are_refused(cloud: Any) -> None:
    ec2 = cloud.client("ec2")
    room = 5 - len(ec2.describe_vpcs()["Vpcs"])
    made = [ec2.create_vpc(CidrBlock=f"10.5{number}.0.0/16")["Vpc"]["VpcId"] for number in range(room)]
    with pytest.raises(ClientError, match="VpcLimitExceeded"):
        ec2.create_vpc(CidrBlock="10.60.0.0/16")
    group = ec2.create_security_group(GroupName="many", Description="d", VpcId=made[0])["GroupId"]
    ranges = [{"CidrIp": f"10.0.{number}.0/24"} for number in range(61)]
    permission = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1}
    with pytest.raises(ClientError, match="RulesPerSecurityGroupLimitExceeded"):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**permission, "IpRanges": ranges}])
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**permission, "IpRanges": ranges[:60]}])
    ec2.delete_security_group(GroupId=group)
    for vpc in made:
        ec2.delete_vpc(VpcId=vpc)


@pytest.mark.slow
def test_a_fleet_larger_than_the_quota_of_vcpus_is_refused_whole(cloud: Any) -> None:
    ec2 = cloud.client("ec2")
    asked = {"ImageId": "ami-12345678", "InstanceType": "m7g.16xlarge", "MinCount": 2, "MaxCount": 2}
    with pytest.raises(ClientError, match="VcpuLimitExceeded"):
        ec2.run_instances(**asked)
    with pytest.raises(ClientError, match="MaxSpotInstanceCountExceeded"):
        ec2.run_instances(**asked, InstanceMarketOptions={"MarketType": "spot"})


@pytest.mark.slow
def test_the_eleventh_managed_policy_of_a_role_is_refused(cloud: Any) -> None:
    iam = cloud.client("iam")
    cloud.role("many")
    arns = [each["Arn"] for each in iam.list_policies(Scope="AWS", MaxItems=11)["Policies"]]
    for arn in arns[:10]:
        iam.attach_role_policy(RoleName="many", PolicyArn=arn)
    with pytest.raises(ClientError, match="LimitExceeded"):
        iam.attach_role_policy(RoleName="many", PolicyArn=arns[10])
