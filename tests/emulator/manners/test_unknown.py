"""What does not exist is the caller's mistake and no fault of the service."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "000000000000"
SNS = f"arn:aws:sns:us-east-1:{ACCOUNT}"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _ground(cloud: Any) -> None:
    cloud.client("s3").create_bucket(Bucket="unknown")
    cloud.role("unknown", profile=True)
    cloud.role("other")
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.78.0.0/16")["Vpc"]["VpcId"]
    ec2.create_security_group(GroupName="elsewhere", Description="d", VpcId=vpc)


@pytest.mark.parametrize(
    ("service", "method", "parameters", "code", "status"),
    [
        (
            *("s3", "complete_multipart_upload"),
            {"Bucket": "unknown", "Key": "k", "UploadId": "u", "MultipartUpload": {"Parts": []}},
            *("NoSuchUpload", 404),
        ),
        (
            *("s3", "upload_part", {"Bucket": "unknown", "Key": "k", "UploadId": "u", "PartNumber": 1}),
            *("NoSuchUpload", 404),
        ),
        ("s3", "delete_object_tagging", {"Bucket": "unknown", "Key": "none"}, "NoSuchKey", 404),
        ("s3", "put_bucket_lifecycle_configuration", {"Bucket": "unknown"}, "MalformedXML", 400),
        (
            *("budgets", "describe_notifications_for_budget"),
            {"AccountId": ACCOUNT, "BudgetName": "none"},
            *("NotFoundException", 400),
        ),
        ("sns", "delete_topic", {"TopicArn": "x"}, "InvalidParameter", 400),
        ("sns", "get_topic_attributes", {"TopicArn": f"{SNS}"}, "InvalidParameter", 400),
        ("sns", "unsubscribe", {"SubscriptionArn": "arn:aws:iam::1:role/x"}, "InvalidParameter", 400),
        ("sns", "tag_resource", {"ResourceArn": "x", "Tags": []}, "InvalidParameter", 400),
        ("sns", "get_topic_attributes", {"TopicArn": ""}, "InvalidParameter", 400),
        ("s3", "list_objects_v2", {"Bucket": "unknown", "ContinuationToken": "x"}, "InvalidArgument", 400),
        ("iam", "list_attached_role_policies", {"RoleName": "r", "Marker": "x"}, "ValidationError", 400),
        ("ec2", "describe_instances", {"NextToken": "x"}, "InvalidNextToken", 400),
        ("ec2", "describe_instances", {"MaxResults": 4}, "InvalidParameterValue", 400),
        ("ec2", "delete_security_group", {"GroupName": "elsewhere"}, "InvalidGroup.NotFound", 400),
        *(
            (
                "ec2",
                f"describe_security_{what}",
                {"Filters": [{"Name": "x", "Values": ["y"]}]},
                "InvalidParameterValue",
                400,
            )
            for what in ("groups", "group_rules")
        ),
        *(
            (
                "ec2",
                "describe_launch_template_versions",
                {"LaunchTemplateName": "abc"} | no,
                "InvalidParameterValue",
                400,
            )
            for no in ({"Versions": ["x"]}, {"MinVersion": ""})
        ),
        (
            *("iam", "remove_role_from_instance_profile", {"InstanceProfileName": "unknown", "RoleName": "other"}),
            *("NoSuchEntity", 404),
        ),
        ("iam", "list_roles", {"Marker": "x"}, "ValidationError", 400),
        ("ec2", "describe_launch_template_versions", {"NextToken": "x"}, "InvalidNextToken", 400),
        *(
            ("ssm", method, {"NextToken": "x"}, "InvalidNextToken", 400)
            for method in ("describe_parameters", "list_commands", "list_command_invocations")
        ),
    ],
)
def test_what_is_not_there_is_refused_by_name(
    cloud: Any, service: str, method: str, parameters: dict[str, Any], code: str, status: int
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(cloud.client(service), method)(**parameters)
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_what_is_there_is_answered_as_before(cloud: Any) -> None:
    s3, sns = cloud.client("s3"), cloud.client("sns")
    upload = s3.create_multipart_upload(Bucket="unknown", Key="k")["UploadId"]
    part = s3.upload_part(Bucket="unknown", Key="k", UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
    s3.complete_multipart_upload(
        Bucket="unknown", Key="k", UploadId=upload, MultipartUpload={"Parts": [{"ETag": part, "PartNumber": 1}]}
    )
    assert s3.get_object(Bucket="unknown", Key="k")["Body"].read() == b"x"
    topic = sns.create_topic(Name="there")["TopicArn"]
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["TopicArn"] == topic
    pages = cloud.client("iam").get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 1})
    assert sum(len(page["Roles"]) for page in pages) == len(cloud.client("iam").list_roles()["Roles"])


def test_a_security_group_is_deleted_by_its_name_in_the_default_vpc(cloud: Any) -> None:
    ec2 = cloud.client("ec2")
    made = ec2.create_security_group(GroupName="elsewhere", Description="another of that name")["GroupId"]
    ec2.delete_security_group(GroupName="elsewhere")
    left = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["elsewhere"]}])["SecurityGroups"]
    assert len(left) == 1, "that of the other VPC"
    assert left[0]["GroupId"] != made
