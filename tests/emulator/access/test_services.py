"""What a resource's own policy lets an AWS service do."""

import json
from typing import Any

import pytest

from emulator.access import policies, services

TOPIC = "arn:aws:sns:us-east-1:000000000000:alerts"
KEYS = {"aws:sourceaccount": "000000000000", "aws:sourcearn": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a-b"}
SAGEMAKER = "sagemaker.amazonaws.com"
TRUST: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": SAGEMAKER},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"aws:SourceAccount": "000000000000"}},
}


def allows(*statements: dict[str, Any], service: str = "cloudwatch.amazonaws.com", action: str = "SNS:Publish") -> bool:
    policy = policies.parse("p", json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return services.judge(policy, service, action, TOPIC, KEYS).is_allowed


def statement(effect: str = "Allow", /, **more: Any) -> dict[str, Any]:
    principal = {"Service": "cloudwatch.amazonaws.com"}
    return {"Effect": effect, "Principal": principal, "Action": "sns:Publish", "Resource": TOPIC, **more}


def on(operator: str, key: str, value: Any) -> dict[str, Any]:
    return statement(Condition={operator: {key: value}})


@pytest.mark.parametrize(
    ("one", "may"),
    [
        (statement(), True),
        (statement("Deny"), False),
        (statement(Action="SNS:*"), True),
        (statement(Action=["sns:Subscribe", "sns:GetTopicAttributes"]), False),
        (statement(Resource=f"{TOPIC}-other"), False),
        (statement(Resource="arn:aws:sns:*:*:alert?"), True),
        (statement(Principal={"Service": ["budgets.amazonaws.com"]}), False),
        (statement(Principal={"AWS": "arn:aws:iam::000000000000:root"}), False),
        (statement(Principal={"AWS": "*"}), True),
        (statement(Principal="*"), True),
        (on("StringEquals", "AWS:SourceAccount", ["111111111111", "000000000000"]), True),
        (on("StringEquals", "aws:SourceAccount", "111111111111"), False),
        (on("StringEquals", "aws:SourceOrgID", "o-1"), False),
        (on("StringEqualsIfExists", "aws:SourceOrgID", "o-1"), True),
        (on("StringNotEquals", "aws:SourceAccount", "000000000000"), False),
        (on("StringNotEquals", "aws:SourceOrgID", "o-1"), True),
        (on("ArnLike", "aws:SourceArn", "arn:aws:cloudwatch:*:000000000000:alarm:a-*"), True),
        (on("ArnLike", "aws:SourceArn", "arn:aws:cloudwatch:*:alarm:a-b"), False),
        (on("Null", "aws:SourceOrgID", "true"), True),
        (on("Null", "aws:SourceAccount", "true"), False),
        (on("IpAddress", "aws:SourceIp", "10.0.0.0/8"), False),
    ],
)
def test_one_statement(one: dict[str, Any], may: bool) -> None:
    assert allows(one) is may


def test_a_deny_that_applies_wins() -> None:
    elsewhere = statement("Deny", Condition={"StringNotEquals": {"aws:SourceAccount": "000000000000"}})
    here = statement("Deny", Condition={"StringEquals": {"aws:SourceAccount": "000000000000"}})
    assert allows(statement(), elsewhere)
    assert not allows(statement(), here)


def test_what_nobody_allows_is_denied() -> None:
    assert not allows(statement(Action="sns:Subscribe"))
    assert not services.judge(None, SAGEMAKER, "sts:AssumeRole", "x", {}).is_allowed


@pytest.mark.parametrize(
    ("changes", "is_trusted"),
    [
        ({}, True),
        ({"Condition": {}}, True),
        ({"Principal": {"Service": ["ec2.amazonaws.com", SAGEMAKER]}}, True),
        ({"Principal": {"Service": "ec2.amazonaws.com"}}, False),
        ({"Principal": {"AWS": "arn:aws:iam::000000000000:root"}}, False),
        ({"Effect": "Deny"}, False),
        ({"Action": "sts:TagSession"}, False),
        ({"Condition": {"StringEquals": {"aws:SourceAccount": "111111111111"}}}, False),
        ({"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:us-east-1:1:mlflow-app/x"}}}, False),
    ],
)
def test_a_role_is_taken_only_if_it_trusts_the_service_for_this_account(changes: Any, is_trusted: bool) -> None:
    assert allows({**TRUST, **changes}, service=SAGEMAKER, action="sts:AssumeRole") is is_trusted
