"""What operations ask for, held to AWS's own list of actions, resource types and condition keys."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from emulator.access import reference
from emulator.access.checks import Call, Check, Need, Trust
from emulator.access.patterns import Values
from emulator.access.table import RULES

ACCOUNT = "123456789012"
EC2 = f"arn:aws:ec2:us-east-1:{ACCOUNT}:"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/host"
OF_ANOTHER_KIND = {"cloudwatch:PutMetricData", "cloudwatch:DescribeAlarms", "dlm:CreateLifecyclePolicy"}
"""Asked for without a resource, or for all of them, though the list has a type for other uses of the action."""
EXAMPLES: dict[str, dict[str, Any]] = {
    **{f"s3:{name}": {"Bucket": "b"} for name in (
        "CreateBucket", "DeleteBucket", "DeleteBucketLifecycle", "DeleteBucketPolicy", "GetBucketLocation",
        "GetBucketLifecycleConfiguration", "GetBucketPolicy", "GetBucketVersioning", "HeadBucket", "ListBuckets",
        "ListMultipartUploads", "ListObjects", "PutBucketLifecycleConfiguration", "PutBucketPolicy",
        "PutBucketVersioning")},
    **{f"s3:{name}": {"Bucket": "b", "Key": "k"} for name in (
        "GetObject", "HeadObject", "PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload",
        "AbortMultipartUpload", "ListParts", "DeleteObject")},
    **{f"s3:{name}": {"Bucket": "b", "Key": "k", "VersionId": "v"} for name in (
        "GetObjectAttributes", "GetObjectTagging", "PutObjectTagging")},
    "s3:ListObjectsV2": {"Bucket": "b", "Prefix": "landing/", "MaxKeys": 10},
    "s3:ListObjectVersions": {"Bucket": "b", "Prefix": "landing/"},
    "s3:CopyObject": {"Bucket": "b", "Key": "k", "CopySource": "/c/a%20b?versionId=v"},
    "s3:UploadPartCopy": {"Bucket": "b", "Key": "k", "CopySource": "c/d"},
    "s3:DeleteObjects": {"Bucket": "b", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "v"}]}},
    **{f"ec2:{name}": {} for name in (
        "DescribeAvailabilityZones", "DescribeImages", "DescribeInstanceStatus", "DescribeInstances",
        "DescribeLaunchTemplates", "DescribeRegions", "DescribeSecurityGroups", "DescribeSnapshots", "DescribeSubnets",
        "DescribeTags", "DescribeVolumes")},
    **{f"ec2:{name}": {"InstanceIds": ["i-1"]} for name in (
        "RebootInstances", "StartInstances", "StopInstances", "TerminateInstances")},
    "ec2:CreateTags": {"Resources": ["i-1", "vol-1", "snap-1"], "Tags": [{"Key": "a", "Value": "b"}]},
    "ec2:DeleteTags": {"Resources": ["subnet-1"], "Tags": [{"Key": "a"}]},
    "ec2:RunInstances": {"ImageId": "ami-1", "SubnetId": "subnet-1", "SecurityGroupIds": ["sg-1"], "KeyName": "k"},
    **{f"iam:{name}": {"RoleName": "host"} for name in (
        "CreateRole", "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "GetRole", "GetRolePolicy",
        "ListAttachedRolePolicies", "ListRolePolicies", "ListRoles", "PutRolePermissionsBoundary", "PutRolePolicy",
        "UpdateAssumeRolePolicy")},
    **{f"iam:{name}": {"UserName": "ada", "Path": "/team/"} for name in ("CreateAccessKey", "CreateUser", "GetUser")},
    **{f"iam:{name}": {"RoleName": "host", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/p"} for name in (
        "AttachRolePolicy", "DetachRolePolicy", "CreatePolicyVersion", "GetPolicy", "GetPolicyVersion")},
    "iam:GetInstanceProfile": {"InstanceProfileName": "host"},
    "sts:AssumeRole": {"RoleArn": ROLE, "RoleSessionName": "ada", "Tags": [{"Key": "a", "Value": "b"}],
                       "SourceIdentity": "ada"},
    "sts:GetCallerIdentity": {},
    **{f"ssm:{name}": {} for name in (
        "DescribeInstanceInformation", "GetCommandInvocation", "ListCommandInvocations", "ListCommands")},
    **{f"ssm:{name}": {"Name": "/stack/key:3"} for name in ("DeleteParameter", "GetParameter", "PutParameter")},
    **{f"ssm:{name}": {"Name": "converge"} for name in ("DescribeDocument", "GetDocument")},
    "ssm:GetParameters": {"Names": ["/a/b", "c"]},
    "ssm:GetParametersByPath": {"Path": "/stack"},
    "ssm:SendCommand": {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-1", "i-2"]},
    "sagemaker:CreateTrainingJob": {"TrainingJobName": "Job", "RoleArn": ROLE},
    "sagemaker:CreateModel": {"ModelName": "Model", "ExecutionRoleArn": ROLE},
    "sagemaker:CreateMlflowApp": {"Name": "app", "RoleArn": ROLE},
    "sagemaker:DescribeMlflowApp": {"Arn": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:mlflow-app/app-1"},
    **{f"scheduler:{name}": {"Name": "stop", "Target": {"RoleArn": ROLE}} for name in (
        "CreateSchedule", "UpdateSchedule", "GetSchedule")},
    "dlm:CreateLifecyclePolicy": {"ExecutionRoleArn": ROLE},
    "dlm:UpdateLifecyclePolicy": {"PolicyId": "policy-1"},
    "sns:Publish": {"TopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"},
    "cloudwatch:PutMetricData": {"Namespace": "team"},
    "cloudwatch:DescribeAlarms": {},
    **{f"logs:{name}": {"logGroupName": "/g", "logStreamName": "s"} for name in ("CreateLogStream", "PutLogEvents")},
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _account() -> Iterator[None]:
    with mock_aws():
        yield


def needs(name: str, **more: Any) -> list[Need]:
    return list(RULES[name](Call({**EXAMPLES[name], **more}, "us-east-1", ACCOUNT)))


def asked(name: str, **more: Any) -> list[tuple[str, str]]:
    return [(need.action, need.resource) for need in needs(name, **more) if isinstance(need, Check)]


def test_every_row_has_an_example() -> None:
    assert set(EXAMPLES) == set(RULES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_asked_for_is_what_aws_lists(name: str) -> None:
    for action, resource in asked(name):
        assert reference.exists(action), action
        kinds = () if action in OF_ANOTHER_KIND else reference.resource_types(action)
        assert (resource == "*") == (not kinds), f"{action} on {resource}; AWS's types: {kinds}"
        assert action in OF_ANOTHER_KIND or reference.takes(action, resource), f"{action} on {resource}"


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.startswith("ec2:")])
def test_ec2_s_condition_keys_are_those_of_the_resource_s_type(name: str) -> None:
    for check in needs(name):
        if isinstance(check, Check) and check.action.startswith("ec2:") and check.resource != "*":
            known = reference.condition_keys(check.action, check.resource) | {"ec2:createaction"}
            assert {key.split("/")[0] for key in check.keys} <= known, check


def test_a_version_has_actions_of_its_own() -> None:
    plain, version = ("s3:GetObject", "arn:aws:s3:::b/k"), ("s3:GetObjectVersion", "arn:aws:s3:::b/k")
    assert asked("s3:GetObject") == [plain]
    assert asked("s3:HeadObject", VersionId="v") == [version]
    assert asked("s3:GetObjectTagging") == [("s3:GetObjectVersionTagging", "arn:aws:s3:::b/k")]
    assert asked("s3:DeleteObjects") == [("s3:DeleteObject", "arn:aws:s3:::b/a"),
                                         ("s3:DeleteObjectVersion", "arn:aws:s3:::b/b")]  # fmt: skip


def test_a_copy_reads_there_and_writes_here() -> None:
    written = ("s3:PutObject", "arn:aws:s3:::b/k")
    assert asked("s3:CopyObject") == [("s3:GetObjectVersion", "arn:aws:s3:::c/a b"), written]
    assert asked("s3:UploadPartCopy") == [("s3:GetObject", "arn:aws:s3:::c/d"), written]


def test_a_write_on_condition_reads_and_tags_are_asked_for_apart() -> None:
    target = "arn:aws:s3:::b/k"
    found = asked("s3:PutObject", IfMatch="e", Tagging="a=b", ACL="private")
    assert found == [(f"s3:{name}", target) for name in ("PutObject", "GetObject", "PutObjectTagging", "PutObjectAcl")]
    assert asked("s3:PutObject", IfNoneMatch="*") == [("s3:PutObject", target)]


def test_a_listing_tells_its_prefix() -> None:
    [listing] = needs("s3:ListObjectsV2")
    assert isinstance(listing, Check)
    assert listing.keys == {"s3:prefix": "landing/", "s3:max-keys": "10"}


def test_a_role_is_known_by_its_path_and_passing_it_names_the_service_that_it_must_trust() -> None:
    iam = boto3.client("iam")
    iam.create_role(RoleName="host", Path="/team/", AssumeRolePolicyDocument="{}")
    assert asked("iam:PutRolePolicy") == [("iam:PutRolePolicy", ROLE)]
    found = needs("dlm:CreateLifecyclePolicy")
    assert found[1:] == [
        Check("iam:PassRole", ROLE, {"iam:passedtoservice": "dlm.amazonaws.com"}),
        Trust(ROLE, "dlm.amazonaws.com"),
    ]


def test_a_command_is_asked_for_on_its_document_and_on_each_machine() -> None:
    assert asked("ssm:SendCommand") == [
        ("ssm:SendCommand", "arn:aws:ssm:us-east-1::document/AWS-RunShellScript"),
        ("ssm:SendCommand", f"{EC2}instance/i-1"),
        ("ssm:SendCommand", f"{EC2}instance/i-2"),
    ]
    own = asked("ssm:SendCommand", DocumentName="own", InstanceIds=[])
    assert own[0][1] == f"arn:aws:ssm:us-east-1:{ACCOUNT}:document/own"
    assert own[1][1] == f"{EC2}instance/*"


def test_becoming_somebody_tells_the_session_s_name_and_tags() -> None:
    keys: dict[str, Values] = {"sts:rolesessionname": "ada", "sts:sourceidentity": "ada", "aws:requesttag/a": "b",
                               "aws:tagkeys": ("a",)}  # fmt: skip
    actions = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
    assert needs("sts:AssumeRole") == [Check(action, ROLE, keys) for action in actions]
    assert needs("sts:GetCallerIdentity") == []


TAGS = [{"Key": "Team", "Value": "ml"}]
TEMPLATE = {
    "ImageId": "ami-12345678",
    "InstanceType": "m7g.xlarge",
    "SecurityGroupIds": ["sg-1"],
    "InstanceMarketOptions": {"MarketType": "spot"},
    "MetadataOptions": {"HttpTokens": "required"},
    "TagSpecifications": [{"ResourceType": kind, "Tags": TAGS} for kind in ("instance", "volume")],
}


@pytest.fixture
def template_id() -> str:
    """A template with the profile of a role, itself tagged."""
    iam, ec2 = boto3.client("iam"), boto3.client("ec2", region_name="us-east-1")
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    iam.create_role(RoleName="trainer", Path="/team/", AssumeRolePolicyDocument=json.dumps(trust))
    profile = iam.create_instance_profile(InstanceProfileName="trainer")["InstanceProfile"]["Arn"]
    iam.add_role_to_instance_profile(InstanceProfileName="trainer", RoleName="trainer")
    made = ec2.create_launch_template(
        LaunchTemplateName="training",
        LaunchTemplateData={**TEMPLATE, "IamInstanceProfile": {"Arn": profile}},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [{"Key": "Stack", "Value": "dev"}]}],
    )
    return str(made["LaunchTemplate"]["LaunchTemplateId"])


def test_a_start_from_a_template_asks_for_all_that_it_uses_makes_and_tags(template_id: str) -> None:
    parameters = {
        "LaunchTemplate": {"LaunchTemplateId": template_id, "Version": "$Default"},
        "SubnetId": "subnet-1",
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Job", "Value": "1"}]}],
    }
    found = list(RULES["ec2:RunInstances"](Call(parameters, "us-east-1", ACCOUNT)))
    checks = {(need.action, need.resource): need.keys for need in found if isinstance(need, Check)}
    passed = f"arn:aws:iam::{ACCOUNT}:role/team/trainer"
    used = (f"launch-template/{template_id}", "subnet/subnet-1", "security-group/sg-1")
    assert set(checks) == {
        ("ec2:RunInstances", "arn:aws:ec2:us-east-1::image/ami-12345678"),
        *(("ec2:RunInstances", EC2 + each) for each in used),
        *(("ec2:RunInstances", f"{EC2}{kind}/*") for kind in ("instance", "volume", "network-interface")),
        *(("ec2:CreateTags", f"{EC2}{kind}/*") for kind in ("instance", "volume")),
        ("iam:PassRole", passed),
    }
    instance = checks["ec2:RunInstances", f"{EC2}instance/*"]
    expected = {
        "aws:requesttag/job": "1",
        "aws:requesttag/team": "ml",
        "aws:tagkeys": ("Team", "Job"),
        "ec2:instancemarkettype": "spot",
        "ec2:instancetype": "m7g.xlarge",
        "ec2:launchtemplate": f"{EC2}launch-template/{template_id}",
        "ec2:metadatahttptokens": "required",
    }
    assert expected.items() <= dict(instance).items()
    assert checks["ec2:RunInstances", f"{EC2}launch-template/{template_id}"]["aws:resourcetag/stack"] == "dev"
    for resource, is_of_template in (("subnet/subnet-1", "false"), ("security-group/sg-1", "true")):
        assert checks["ec2:RunInstances", EC2 + resource]["ec2:islaunchtemplateresource"] == is_of_template
    assert checks["ec2:CreateTags", f"{EC2}volume/*"]["ec2:createaction"] == "RunInstances"


def test_a_request_for_spot_is_asked_for_only_when_it_is_tagged() -> None:
    tags = [{"ResourceType": "spot-instances-request", "Tags": [{"Key": "a", "Value": "b"}]}]
    spot = {"InstanceMarketOptions": {"MarketType": "spot"}}
    request = f"{EC2}spot-instances-request/*"
    assert request not in {resource for _, resource in asked("ec2:RunInstances", **spot)}
    tagged = asked("ec2:RunInstances", **spot, TagSpecifications=tags)
    assert {action for action, resource in tagged if resource == request} == {"ec2:RunInstances", "ec2:CreateTags"}


def test_a_template_that_is_not_there_is_the_service_s_to_tell() -> None:
    found = asked("ec2:RunInstances", LaunchTemplate={"LaunchTemplateId": "lt-none"})
    assert ("ec2:RunInstances", f"{EC2}launch-template/lt-none") in found


def test_a_machine_is_known_by_its_tags() -> None:
    ec2 = boto3.client("ec2", region_name="us-east-1")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Stack", "Value": "dev"}]}]
    run = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, TagSpecifications=tags)
    instance_id = run["Instances"][0]["InstanceId"]
    for name, prefixes in (("ec2:TerminateInstances", ("aws", "ec2")), ("ssm:SendCommand", ("aws", "ec2", "ssm"))):
        machine = needs(name, InstanceIds=[instance_id])[-1]
        assert isinstance(machine, Check)
        assert [machine.keys[f"{prefix}:resourcetag/stack"] for prefix in prefixes] == ["dev"] * len(prefixes)
