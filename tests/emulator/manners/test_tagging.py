"""Tags are held to one set of rules, wherever they stand in a call."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.manners import tagging
from emulator.manners.rules import Request
from emulator.manners.validating import RULES
from emulator.seam import AwsError


def refusal(service: str, parameters: dict[str, Any], operation: str = "Any") -> str:
    try:
        tagging.check(Request(service, operation, parameters, "0", "us-east-1"))
    except AwsError as error:
        return str(error.code)
    return ""


def listed(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


OWN = [{"Key": "aws:own", "Value": "x"}]


@pytest.mark.parametrize(
    ("service", "parameters"),
    [
        ("iam", {"RoleName": "r", "Tags": OWN}),
        ("ec2", {"TagSpecifications": [{"ResourceType": "instance", "Tags": OWN}]}),
        ("ec2", {"LaunchTemplateData": {"TagSpecifications": [{"Tags": OWN}]}}),
        ("s3", {"Tagging": {"TagSet": OWN}}),
        ("s3", {"Tagging": "aws%3Aown=x"}),
        ("dlm", {"Tags": {"aws:own": "x"}}),
        ("budgets", {"ResourceTags": OWN}),
        ("sagemaker", {"Tags": [{"Key": "AWS:Own", "Value": "x"}]}),
    ],
)
def test_a_key_of_aws_s_own_is_refused_wherever_it_stands(service: str, parameters: dict[str, Any]) -> None:
    assert refusal(service, parameters) == tagging.WORDS.get(service, tagging.Words()).code


def test_a_key_is_given_once_and_iam_takes_no_notice_of_its_case() -> None:
    twice = [*listed(team="a"), *listed(team="b")]
    assert refusal("sns", {"Tags": twice}) == "InvalidParameter"
    assert refusal("sns", {"Tags": listed(team="a", Team="b")}) == ""
    assert refusal("iam", {"Tags": listed(team="a", Team="b")}) == "InvalidInput"


def test_the_longest_key_and_value_and_the_fiftieth_tag_are_taken_and_one_more_is_not() -> None:
    for key, value, is_good in [("k" * 128, "v" * 256, True), ("k" * 129, "v", False), ("k", "v" * 257, False)]:
        assert (refusal("ec2", {"Tags": listed(**{key: value})}) == "") is is_good
    many = {f"k{number}": "v" for number in range(51)}
    assert refusal("ec2", {"Tags": listed(**many)}) == "TagLimitExceeded"
    assert refusal("ec2", {"Tags": listed(**many)}, "DeleteTags") == "", "what goes does not count"
    del many["k0"]
    assert refusal("ec2", {"Tags": listed(**many)}) == ""


def test_every_call_that_can_bear_tags_is_looked_at() -> None:
    looked_at = {name for name, check in RULES if check is tagging.check}
    assert {"iam:CreateRole", "ec2:CreateTags", "ec2:RunInstances", "s3:PutObject", "s3:PutBucketTagging"} <= looked_at
    assert {"sns:TagResource", "ssm:AddTagsToResource", "sagemaker:AddTags", "sts:AssumeRole"} <= looked_at


@pytest.mark.slow
@pytest.mark.parametrize(
    ("service", "method", "parameters", "code"),
    [
        ("iam", "create_instance_profile", {"InstanceProfileName": "tagged", "Tags": OWN}, "InvalidInput"),
        ("s3", "put_object", {"Bucket": "tagged", "Key": "k", "Body": b"", "Tagging": "aws:own=x"}, "InvalidTag"),
        ("sns", "create_topic", {"Name": "tagged", "Tags": OWN}, "InvalidParameter"),
        ("ssm", "put_parameter", {"Name": "/t", "Value": "v", "Type": "String", "Tags": OWN}, "ValidationException"),
        ("scheduler", "create_schedule_group", {"Name": "tagged", "Tags": OWN}, "ValidationException"),
    ],
)
def test_a_real_client_hears_it_from_the_service(
    cloud: Any, service: str, method: str, parameters: dict[str, Any], code: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(cloud.client(service), method)(**parameters)
    assert refused.value.response["Error"]["Code"] == code
