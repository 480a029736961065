"""Plain boto3 calls are held to AWS's model, also where moto takes anything."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import tokens
from emulator.access import table
from emulator.manners.rules import Request
from emulator.manners.validating import RULES, is_bucket_name
from emulator.seam import AwsError
from tests.emulator.manners import asking

TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}'
ASSOCIATION = "12345678-1234-1234-1234-123456789012"
MODEL = "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/m/1.0.0"
SERVERLESS = {"BaseModelArn": MODEL, "JobType": "Evaluation"}
JOB = {
    "RoleArn": "arn:aws:iam::000000000000:role/r",
    "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}
SCHEDULE: dict[str, Any] = {
    "ScheduleExpression": "rate(1 day)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {
        "Arn": "arn:aws:sqs:us-east-1:000000000000:q",
        "RoleArn": "arn:aws:iam::000000000000:role/test/validated",
    },
}


@pytest.mark.parametrize(
    ("name", "is_good"),
    [
        ("mlteam-dev-000000000000-artifacts", True),
        ("a.b-c", True),
        ("ab", False),
        ("a" * 64, False),
        ("Upper", False),
        ("under_score", False),
        ("-start", False),
        ("end-", False),
        ("two..dots", False),
        ("192.168.0.1", False),
        ("xn--name", False),
        ("name-s3alias", False),
        ("line\nbreak", False),
    ],
)
def test_a_buckets_name_keeps_the_rules(name: str, is_good: bool) -> None:
    assert is_bucket_name(name) == is_good


def test_every_call_for_a_resource_is_held_to_the_model() -> None:
    held = {name for name, _ in RULES}
    for row in tokens.rows().values():
        tagging = [call for call in (row.tags.set, row.tags.unset) if call] if row.tags else []
        for call in (*row.create, *row.read, *row.update, *row.delete, *tagging):
            assert f"{call.service or row.service}:{call.operation}" in held
    assert held >= table.RULES.keys(), "nor is what a policy may allow"


@pytest.mark.parametrize(
    ("operation", "parameters", "said"),
    [
        ("s3:PutObject", {"Key": "k" * 1024}, ""),
        ("s3:PutObject", {"Key": "k" * 1025}, "KeyTooLongError"),
        ("s3:CopyObject", {"Key": "k" * 1025}, "KeyTooLongError"),
        ("s3:CreateMultipartUpload", {"Key": "\u00e4" * 513}, "KeyTooLongError"),
        ("s3:PutObject", {"Key": "k", "Metadata": {"a": "x" * 2047}}, ""),
        ("s3:PutObject", {"Key": "k", "Metadata": {"a": "x" * 2048}}, "MetadataTooLarge"),
        ("ssm:PutParameter", {"Name": "plain.name_1-2"}, ""),
        ("ssm:PutParameter", {"Name": "/x" * 15}, ""),
        ("ssm:PutParameter", {"Name": "/x" * 16}, "HierarchyLevelLimitExceededException"),
        ("ssm:PutParameter", {"Name": f"/{'x' * 966}"}, ""),
        ("ssm:PutParameter", {"Name": f"/{'x' * 967}"}, "ValidationException"),
        *(("ssm:PutParameter", {"Name": name}, "ValidationException") for name in ("a b", "/a/", "//a", "/")),
        ("ssm:PutParameter", {"Name": "a/b"}, "Parameter name must be a fully qualified name."),
        ("ssm:PutParameter", {"Name": "a", "Value": "x12", "AllowedPattern": "\\d+"}, ""),
        (
            "ssm:PutParameter",
            {"Name": "a", "Value": "x", "AllowedPattern": "\\d+"},
            "ParameterPatternMismatchException",
        ),
        ("ssm:PutParameter", {"Name": "a", "Value": "x", "AllowedPattern": "("}, "InvalidAllowedPatternException"),
    ],
)
def test_what_no_model_says_is_held_to_as_well(operation: str, parameters: dict[str, Any], said: str) -> None:
    service, _, name = operation.partition(":")
    call, found = Request(service, name, parameters, "000000000000", "us-east-1"), ""
    checks = [check for rule, check in RULES if rule == operation][2:]  # after the model and the tags
    assert checks
    try:
        for check in checks:
            check(call)
    except AwsError as error:
        found = f"{error.code}: {error.message}"
    assert (found == "") is (said == "")
    assert said in found


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "said"),
    [
        ("budgets", "DescribeBudget", {"AccountId": "000000000000"}, "InvalidParameterException: budgets:Describe"),
        ("logs", "PutLogEvents", {"logGroupName": "g", "logStreamName": "s"}, "InvalidParameterException: logs:Put"),
        ("sns", "GetTopicAttributes", {}, "InvalidParameter: sns:GetTopicAttributes: TopicArn: required"),
        ("ec2", "AssociateIamInstanceProfile", {"InstanceId": "", "IamInstanceProfile": {}}, "MissingParameter: "),
        (
            "s3",
            "PutObject",
            {"Bucket": "b", "Key": "k", "ContentLength": -1},
            "InvalidArgument: Argument ContentLength",
        ),
        ("ec2", "CreateSubnet", {"VpcId": "vpc-1", "CidrBlock": ""}, "MissingParameter"),
        ("ec2", "CreateSubnet", {"VpcId": "vpc-1"}, "MissingParameter: The request must contain the parameter Cidr"),
        ("ec2", "CreateSubnet", {"VpcId": "vpc-1", "Ipv4IpamPoolId": "pool"}, ""),
        (
            *("ec2", "ModifySecurityGroupRules"),
            {"GroupId": "sg-1", "SecurityGroupRules": [{"SecurityGroupRuleId": "sgr-1"}]},
            "MissingParameter: The request must contain the parameter SecurityGroupRule",
        ),
        ("ec2", "ModifyInstanceAttribute", {"InstanceId": "i-1", "Attribute": "userData"}, "InvalidParameterComb"),
        (
            *("ec2", "ModifyInstanceAttribute"),
            {"InstanceId": "i-1", "Attribute": "blockDeviceMapping", "Value": "x"},
            "InvalidParameterCombination",
        ),
        ("ec2", "ModifyInstanceAttribute", {"InstanceId": "i-1", "Attribute": "userData", "Value": "x"}, ""),
        (
            *("ec2", "ModifyInstanceAttribute"),
            {"InstanceId": "i-1", "Attribute": "blockDeviceMapping", "BlockDeviceMappings": [{"DeviceName": "d"}]},
            "",
        ),
        ("ssm", "UpdateAssociation", {"AssociationId": ASSOCIATION, "Targets": [{}]}, "InvalidTarget: "),
        *(
            ("ssm", "CreateDocument", {"Name": "doc", "Content": no}, "InvalidDocumentContent: ")
            for no in ("[]", "null", "when: 2001-99-99")
        ),
        ("ssm", "CreateDocument", {"Name": "doc", "Content": "mainSteps: []"}, ""),
        ("sagemaker", "CreateTrainingJob", {"TrainingJobName": "j"} | JOB, "ValidationException: Algor"),
        ("sagemaker", "CreateTrainingJob", {"TrainingJobName": "j", "ServerlessJobConfig": SERVERLESS} | JOB, ""),
        ("s3", "ListObjectsV2", {"Bucket": "b", "MaxKeys": -1}, "InvalidArgument: Argument MaxKeys"),
        ("s3", "ListObjectsV2", {"Bucket": "b", "MaxKeys": 0}, ""),
        ("s3", "ListObjectsV2", {"Bucket": "b", "MaxKeys": 2**31}, "InvalidArgument: Argument MaxKeys"),
        *(
            (
                "s3",
                "CreateMultipartUpload",
                {"Bucket": "b", "Key": "k", "GrantRead": value},
                "InvalidArgument: Argument f",
            )
            for value in ("", "x", "id=", 'id="a",x')
        ),
        ("s3", "CreateMultipartUpload", {"Bucket": "b", "Key": "k", "GrantRead": 'id="a", uri=http://b'}, ""),
    ],
)
def test_what_is_missing_empty_or_of_no_known_form_is_the_callers_mistake(
    service: str, operation: str, parameters: dict[str, Any], said: str
) -> None:
    found = asking.refusal(RULES, service, operation, parameters)
    assert found.startswith(said) if said else not found, found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("service", "method", "parameters", "code", "said"),
    [
        ("s3", "create_bucket", {"Bucket": "Not_A_Name"}, "InvalidBucketName", "Not_A_Name"),
        (
            "iam",
            "create_role",
            {"RoleName": "r" * 65, "AssumeRolePolicyDocument": TRUST},
            "ValidationError",
            "RoleName",
        ),
        (
            "iam",
            "create_role",
            {"RoleName": "r", "AssumeRolePolicyDocument": TRUST, "Path": "nowhere"},
            "ValidationError",
            "Path: 'nowhere' must match",
        ),
        (
            "ec2",
            "create_vpc",
            {"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "alone"},
            "InvalidParameterValue",
            "InstanceTenancy: 'alone' allowed: default, dedicated, host",
        ),
        (
            "ec2",
            "create_volume",
            {"AvailabilityZone": "us-east-1a", "Size": 1, "VolumeType": "gp9"},
            "InvalidParameterValue",
            "VolumeType: 'gp9' allowed: ",
        ),
        ("ec2", "create_security_group", {"GroupName": "sg-x", "Description": "d"}, "InvalidParameterValue", "sg-x"),
        ("scheduler", "create_schedule", {"Name": "a b", **SCHEDULE}, "ValidationException", "Name: 'a b' must match"),
        (
            "ssm",
            "create_document",
            {"Name": "a b", "Content": "{}", "DocumentType": "Command"},
            "ValidationException",
            "Name: 'a b' must match",
        ),
        ("dlm", "delete_lifecycle_policy", {"PolicyId": "p" * 65}, "InvalidRequestException", "PolicyId"),
    ],
)
def test_what_the_model_does_not_allow_is_refused_by_the_services_code(
    cloud: Any, service: str, method: str, parameters: dict[str, Any], code: str, said: str
) -> None:
    if service == "scheduler":  # a role that it may take, or that is what is refused
        cloud.role("validated", trusted={"Service": "scheduler.amazonaws.com"})
    with pytest.raises(ClientError) as refused:
        getattr(cloud.client(service), method)(**parameters)
    assert refused.value.response["Error"]["Code"] == code
    assert said in refused.value.response["Error"]["Message"]


@pytest.mark.slow
def test_a_rehearsal_makes_nothing_and_says_what_would_have_been(cloud: Any) -> None:
    ec2 = cloud.client("ec2")
    before = len(ec2.describe_vpcs()["Vpcs"])
    with pytest.raises(ClientError, match="would have succeeded, but DryRun flag is set") as told:
        ec2.create_vpc(CidrBlock="10.9.0.0/16", DryRun=True)
    assert told.value.response["Error"]["Code"] == "DryRunOperation"
    assert told.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert len(ec2.describe_vpcs()["Vpcs"]) == before
    assert ec2.create_vpc(CidrBlock="10.9.0.0/16", DryRun=False)["Vpc"]["State"] == "pending"
