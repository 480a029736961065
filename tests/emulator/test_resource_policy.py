"""A resource's own policy, as IAM evaluates it."""

from typing import Any

import pytest

from emulator.resource_policy import Request, allows

TOPIC = "arn:aws:sns:us-east-1:000000000000:alerts"
REQUEST = Request(
    service="cloudwatch.amazonaws.com",
    action="SNS:Publish",
    resource=TOPIC,
    keys={"aws:sourceaccount": "000000000000", "aws:sourcearn": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a-b"},
)


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
    assert allows({"Statement": one}, REQUEST) is may


def test_a_deny_wins_and_an_operator_that_is_not_known_leaves_it_standing() -> None:
    unknown = statement("Deny", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    elsewhere = statement("Deny", Condition={"StringNotEquals": {"aws:SourceAccount": "000000000000"}})
    assert not allows({"Statement": [statement(), unknown]}, REQUEST)
    assert allows({"Statement": [statement(), elsewhere]}, REQUEST)


def test_what_nobody_allows_is_denied() -> None:
    assert not allows({"Statement": []}, REQUEST)
