"""The ledger and the mends, by real clients over HTTP."""

import base64
import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

POLICY: dict[str, Any] = {
    "ExecutionRoleArn": "arn:aws:iam::000000000000:role/test/dlm",
    "Description": "daily",
    "State": "ENABLED",
    "PolicyDetails": {
        "ResourceTypes": ["VOLUME"],
        "TargetTags": [{"Key": "a", "Value": "b"}],
        "Schedules": [
            {"Name": "n", "CreateRule": {"Interval": 24, "IntervalUnit": "HOURS"}, "RetainRule": {"Count": 7}}
        ],
    },
}


def raw(cloud: Any, service: str, operation: str, target: str, body: dict[str, Any]) -> tuple[int, str]:
    """A request that botocore's own client would not send."""
    request = urllib.request.Request(cloud.endpoints["aws_endpoint_url"] + target, data=json.dumps(body).encode())
    scope = f"Credential=x/20260101/us-east-1/{service}/aws4_request"
    request.add_header("Authorization", f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0")
    request.add_header("Content-Type", "application/x-amz-json-1.1")
    if operation:
        request.add_header("X-Amz-Target", operation)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture(scope="module", autouse=True)
def _role(cloud: Any) -> None:
    cloud.role("dlm", trusted={"Service": "dlm.amazonaws.com"})


def test_a_resource_of_the_ledger_is_kept_told_changed_and_gone(cloud: Any) -> None:
    dlm = cloud.client("dlm")
    policy_id = dlm.create_lifecycle_policy(**POLICY, Tags={"x": "y"})["PolicyId"]
    found = dlm.get_lifecycle_policy(PolicyId=policy_id)["Policy"]
    assert found["PolicyDetails"] == POLICY["PolicyDetails"]
    dlm.update_lifecycle_policy(PolicyId=policy_id, State="DISABLED")
    listed = dlm.get_lifecycle_policies(PolicyIds=[policy_id])["Policies"]
    assert [one["State"] for one in listed] == ["DISABLED"]
    dlm.tag_resource(ResourceArn=found["PolicyArn"], Tags={"z": "1"})
    dlm.untag_resource(ResourceArn=found["PolicyArn"], TagKeys=["x"])
    assert dlm.list_tags_for_resource(ResourceArn=found["PolicyArn"])["Tags"] == {"z": "1"}
    dlm.delete_lifecycle_policy(PolicyId=policy_id)
    with pytest.raises(ClientError, match=f"there is no PolicyId '{policy_id}'"):
        dlm.get_lifecycle_policy(PolicyId=policy_id)


def test_a_wrong_enumeration_value_is_refused_by_operation_and_member(cloud: Any) -> None:
    with pytest.raises(ClientError, match="dlm:CreateLifecyclePolicy: State: 'ON' allowed: ENABLED, DISABLED"):
        cloud.client("dlm").create_lifecycle_policy(**{**POLICY, "State": "ON"})


def test_a_missing_member_is_refused_by_operation_and_member(cloud: Any) -> None:
    status, text = raw(cloud, "ssm", "AmazonSSM.CreateAssociation", "/", {})
    assert status == 400
    assert "ssm:CreateAssociation: Name: required, but missing" in text


def test_an_operation_that_nobody_answers_is_a_400_that_names_it(cloud: Any) -> None:
    with pytest.raises(ClientError, match="ssm:DescribeActivations") as caught:
        cloud.client("ssm").describe_activations()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(ClientError, match="no service 'pricing'"):
        cloud.client("pricing").describe_services()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"Action=Nope&Version=1"])
def test_a_malformed_request_does_not_end_the_server(cloud: Any, body: bytes) -> None:
    request = urllib.request.Request(cloud.endpoints["aws_endpoint_url"], data=body)
    request.add_header("X-Amz-Target", "AmazonSSM.PutParameter")
    request.add_header("Authorization", "AWS4-HMAC-SHA256 Credential=x/1/us-east-1/ssm/aws4_request, Signature=0")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request)
    assert cloud.client("sts").get_caller_identity()["Account"] == "000000000000"


def test_a_standard_parameter_holds_4096_bytes(cloud: Any) -> None:
    ssm = cloud.client("ssm")
    ssm.put_parameter(Name="/limit/full", Value="ä" * 2048, Type="String")
    with pytest.raises(ClientError, match="maximum parameter value of 4096 characters; this one has 4097"):
        ssm.put_parameter(Name="/limit/over", Value="a" * 4097, Type="String")


def test_a_key_may_hold_a_newline_and_what_else_people_type(cloud: Any) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="newlines")
    keys = ["a\nb.png", "ä ö/#?%+.png", "\n", "x//y", "tab\there"]
    for key in keys:
        s3.put_object(Bucket="newlines", Key=key, Body=key.encode())
    listed = s3.list_objects_v2(Bucket="newlines")["Contents"]
    assert {one["Key"] for one in listed} == set(keys)
    assert [s3.get_object(Bucket="newlines", Key=key)["Body"].read().decode() for key in keys] == keys


def test_a_conditional_write_has_one_winner(cloud: Any) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="conditions")
    etag = s3.put_object(Bucket="conditions", Key="lock", Body=b"1", IfNoneMatch="*")["ETag"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="conditions", Key="lock", Body=b"2", IfNoneMatch="*")
    s3.put_object(Bucket="conditions", Key="lock", Body=b"2", IfMatch=etag)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="conditions", Key="lock", Body=b"3", IfMatch=etag)


def test_callers_are_told_apart(cloud: Any) -> None:
    assert cloud.client("sts", "alice").get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:user/alice"
    role = cloud.role("told-apart")
    assumed = cloud.assumed(role, "bob").client("sts").get_caller_identity()["Arn"]
    assert assumed == "arn:aws:sts::000000000000:assumed-role/told-apart/bob"


def test_a_launch_template_counts_and_a_client_token_makes_one_instance(cloud: Any) -> None:
    ec2 = cloud.client("ec2")
    data = {
        "ImageId": "ami-12345678",
        "InstanceType": "t3.micro",
        "UserData": base64.b64encode(b"#!/bin/sh\ntrue\n").decode(),
        "MetadataOptions": {"HttpTokens": "required"},
        "InstanceInitiatedShutdownBehavior": "terminate",
        "InstanceMarketOptions": {"MarketType": "spot"},
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "template"}]}],
    }
    ec2.create_launch_template(LaunchTemplateName="counts", LaunchTemplateData=data)
    asked: dict[str, Any] = {
        "LaunchTemplate": {"LaunchTemplateName": "counts"},
        "MinCount": 1,
        "MaxCount": 1,
        "SubnetId": cloud.subnet_id,
        "ClientToken": "once",
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "call"}]}],
    }
    first, second = (ec2.run_instances(**asked)["Instances"][0]["InstanceId"] for _ in range(2))
    assert first == second
    found = ec2.describe_instances(InstanceIds=[first])["Reservations"][0]["Instances"][0]
    assert found["InstanceLifecycle"] == "spot"
    assert found["MetadataOptions"]["HttpTokens"] == "required"
    assert {"Key": "a", "Value": "call"} in found["Tags"]
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        ec2.run_instances(**{**asked, "InstanceType": "t3.small"})
    ec2.terminate_instances(InstanceIds=[first])


def test_retention_is_a_number_of_days_that_logs_know(cloud: Any) -> None:
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="/retention")
    logs.put_retention_policy(logGroupName="/retention", retentionInDays=7)
    with pytest.raises(ClientError, match="retentionInDays: 8; allowed: 1, 3, 5"):
        logs.put_retention_policy(logGroupName="/retention", retentionInDays=8)
