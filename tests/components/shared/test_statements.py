"""Policy documents as text."""

import json

import pytest

from components.shared.policies import boundary, trust_service
from components.shared.statements import Statement, document


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


def test_the_boundary_keeps_data_identities_and_region() -> None:
    statements = {item["Sid"]: item for item in json.loads(boundary("us-east-1"))["Statement"]}
    assert {"s3:DeleteBucket", "s3:DeleteObjectVersion", "s3:PutBucketPolicy"} <= set(
        statements["NeverLoseData"]["Action"]
    )
    assert "iam:*" in statements["NeverTouchIdentitiesOrKeys"]["Action"]
    assert statements["OnlyThisRegion"]["Condition"] == {"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}}
    assert all(item["Effect"] == "Deny" for sid, item in statements.items() if sid != "Rest")
