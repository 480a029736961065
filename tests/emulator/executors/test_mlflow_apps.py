"""What an MLflow App needs before it is made, and how a list of them is asked for."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator.executors.mlflow_apps import arrange, matches, trusts

ACCOUNT = "000000000000"
GOOD: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": "sagemaker.amazonaws.com"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
}


@pytest.mark.parametrize(
    ("changes", "is_trusted"),
    [
        ({}, True),
        ({"Condition": {}}, True),
        ({"Principal": {"Service": ["ec2.amazonaws.com", "sagemaker.amazonaws.com"]}}, True),
        ({"Principal": {"Service": "ec2.amazonaws.com"}}, False),
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}, False),
        ({"Effect": "Deny"}, False),
        ({"Action": "sts:TagSession"}, False),
        ({"Condition": {"StringEquals": {"aws:SourceAccount": "111111111111"}}}, False),
        ({"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:us-east-1:1:mlflow-app/x"}}}, False),
    ],
)
def test_a_role_is_taken_only_if_it_trusts_sagemaker_for_this_account(changes: Any, is_trusted: bool) -> None:
    assert trusts(json.dumps({"Statement": [{**GOOD, **changes}]}), ACCOUNT) is is_trusted


def app(day: int, **members: Any) -> dict[str, Any]:
    return {
        "Name": f"app-{9 - day}",
        "Status": "Created",
        "CreationTime": datetime(2026, 1, day, tzinfo=UTC),
        **members,
    }


def test_the_newest_is_listed_first_unless_the_caller_says_otherwise() -> None:
    apps = [app(1), app(3), app(2)]
    assert [each["CreationTime"].day for each in arrange(apps, {})] == [3, 2, 1]
    assert [each["Name"] for each in arrange(apps, {"SortBy": "Name", "SortOrder": "Ascending"})] == [
        "app-6",
        "app-7",
        "app-8",
    ]


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ({}, True),
        ({"Status": "Created"}, True),
        ({"Status": "Deleting"}, False),
        ({"AccountDefaultStatus": "DISABLED"}, True),
        ({"AccountDefaultStatus": "ENABLED"}, False),
        ({"DefaultForDomainId": "d-1"}, True),
        ({"DefaultForDomainId": "d-2"}, False),
        ({"CreatedAfter": datetime(2026, 1, 1, tzinfo=UTC)}, True),
        ({"CreatedBefore": datetime(2026, 1, 1, tzinfo=UTC)}, False),
    ],
)
def test_every_filter_of_a_list_counts(asked: dict[str, Any], is_found: bool) -> None:
    assert matches(app(2, DefaultDomainIdList=["d-1"]), asked) is is_found
