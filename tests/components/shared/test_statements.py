"""Policy documents as text."""

import json

import pytest

from components.shared.policies import boundary, trust_service
from components.shared.statements import Statement, document
from emulator.access.decisions import Identity, Policies, Question, decide
from emulator.access.policies import parse


def test_a_document_is_the_same_text_for_the_same_statements() -> None:
    one = Statement(sid="Read", actions=("s3:GetObject",), resources=("arn:aws:s3:::b/*",))
    assert document([one]) == document([one])
    assert json.loads(document([one]))["Statement"] == [
        {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    ]


def test_two_statements_of_one_name_are_refused() -> None:
    twice = Statement(sid="Read", actions=("s3:GetObject",), resources=("*",))
    with pytest.raises(ValueError, match="Read"):
        document([twice, twice])


def test_a_service_is_trusted_on_behalf_of_the_account_where_aws_says_on_whose() -> None:
    [with_account] = json.loads(trust_service("scheduler.amazonaws.com", "1"))["Statement"]
    [without] = json.loads(trust_service("ec2.amazonaws.com"))["Statement"]
    assert with_account["Condition"] == {"StringEquals": {"aws:SourceAccount": "1"}}
    assert "Condition" not in without


@pytest.mark.parametrize(
    ("action", "resource", "region", "expected"),
    [
        ("s3:PutObject", "arn:aws:s3:::b/k", "us-east-1", True),
        ("s3:PutObject", "arn:aws:s3:::b/k", "eu-west-1", True),
        ("ec2:RunInstances", "arn:aws:ec2:us-east-1:1:instance/*", "us-east-1", True),
        ("ec2:RunInstances", "arn:aws:ec2:eu-west-1:1:instance/*", "eu-west-1", False),
        ("iam:PassRole", "arn:aws:iam::1:role/mlteam-dev/trainer", "us-east-1", True),
        ("iam:PassRole", "arn:aws:iam::1:role/mlteam-prod/trainer", "us-east-1", False),
        ("iam:PassRole", "arn:aws:iam::1:role/admin", "us-east-1", False),
        ("iam:PutRolePolicy", "arn:aws:iam::1:role/mlteam-dev/trainer", "us-east-1", False),
        ("iam:CreateUser", "arn:aws:iam::1:user/me", "us-east-1", False),
        ("organizations:LeaveOrganization", "*", "us-east-1", False),
        ("kms:ScheduleKeyDeletion", "arn:aws:kms:us-east-1:1:key/k", "us-east-1", False),
        ("s3:DeleteBucket", "arn:aws:s3:::b", "us-east-1", False),
        ("s3:DeleteObjectVersion", "arn:aws:s3:::b/k", "us-east-1", False),
        ("s3:PutBucketPolicy", "arn:aws:s3:::b", "us-east-1", False),
        ("ec2:DeleteVolume", "arn:aws:ec2:us-east-1:1:volume/v", "us-east-1", False),
    ],
)
def test_the_boundary_keeps_data_identities_and_region(action: str, resource: str, region: str, expected: bool) -> None:
    """Whatever a role's own policy says: here it says that it may do everything."""
    everything = document([Statement(sid="All", actions=("*",), resources=("*",))])
    found = Policies(
        identity=(parse("own", everything),), boundary=parse("boundary", boundary("us-east-1", "1", "/mlteam-dev/"))
    )
    caller = Identity("arn:aws:sts::1:assumed-role/r/s", "1")
    question = Question(caller, action, resource, {"aws:requestedregion": region})
    assert decide(question, found).is_allowed is expected
