"""Policies come back in AWS's words, not in those in which they were given."""

import json
from typing import Any

import pytest

from emulator.engine.properties import same
from emulator.manners.policies import as_s3_tells, with_arns
from emulator.rows import Kind, Property

ACCOUNT, ROOT = "000000000000", "arn:aws:iam::000000000000:root"


def given(resource: str, action: str) -> dict[str, Any]:
    """As a program may write it."""
    return {
        "Statement": [
            {
                "Resource": [resource],
                "Condition": {"Bool": {"aws:SecureTransport": [True]}},
                "Principal": {"AWS": [ACCOUNT]},
                "Action": [action],
                "Effect": "Allow",
                "Sid": "One",
            }
        ],
        "Version": "2012-10-17",
    }


def test_a_bucket_policy_is_told_in_s3s_order_and_shortest_form() -> None:
    told = as_s3_tells(given("arn:aws:s3:::b", "s3:GetObject"))
    assert json.dumps(told) == json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "One",
                    "Effect": "Allow",
                    "Principal": {"AWS": ROOT},
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::b",
                    "Condition": {"Bool": {"aws:SecureTransport": "true"}},
                }
            ],
        }
    )
    assert as_s3_tells(told) == told


def test_what_says_the_same_is_no_change_to_the_provider() -> None:
    policy = given("arn:aws:s3:::b", "s3:GetObject")
    kind = Property(kind=Kind.POLICY)
    assert same(json.dumps(as_s3_tells(policy)), json.dumps(policy), kind)
    other = given("arn:aws:s3:::b", "s3:PutObject")
    assert not same(json.dumps(as_s3_tells(policy)), json.dumps(other), kind)


@pytest.mark.parametrize("principal", ["*", {"Service": "ec2.amazonaws.com"}, {"AWS": "*"}, {"AWS": ROOT}])
def test_other_principals_stay_as_they_are(principal: Any) -> None:
    policy = {"Statement": {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}}
    assert with_arns(policy) == policy


@pytest.mark.slow
def test_s3_sns_and_iam_tell_policies_their_own_way(cloud: Any) -> None:
    s3, sns, iam = cloud.client("s3"), cloud.client("sns"), cloud.client("iam")
    s3.create_bucket(Bucket="told-in-order")
    policy = given("arn:aws:s3:::told-in-order/*", "s3:GetObject")
    s3.put_bucket_policy(Bucket="told-in-order", Policy=json.dumps(policy, indent=2))
    told = s3.get_bucket_policy(Bucket="told-in-order")["Policy"]
    assert told == json.dumps(as_s3_tells(policy), separators=(",", ":"))

    topic = sns.create_topic(Name="told")["TopicArn"]
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(given(topic, "SNS:Publish"))
    )
    told = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    assert told["Statement"][0]["Principal"] == {"AWS": [ROOT]}
    assert told["Statement"][0]["Action"] == ["SNS:Publish"], "SNS keeps a list of one"

    trust = given("*", "sts:AssumeRole")
    del trust["Statement"][0]["Resource"], trust["Statement"][0]["Condition"]
    iam.create_role(RoleName="told", AssumeRolePolicyDocument=json.dumps(trust))
    told = iam.get_role(RoleName="told")["Role"]["AssumeRolePolicyDocument"]
    assert told == with_arns(trust)
    allow = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}]}
    )
    iam.put_role_policy(RoleName="told", PolicyName="as-given", PolicyDocument=allow)
    assert iam.get_role_policy(RoleName="told", PolicyName="as-given")["PolicyDocument"] == json.loads(allow)
