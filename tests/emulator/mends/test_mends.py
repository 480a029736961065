"""What is mended in moto: its pure parts, and one that needs a running emulator."""

import json
import uuid
from typing import Any

import pytest

from emulator import imds
from emulator.mends.launching import merged

ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}


def test_the_request_goes_over_the_template_and_tags_are_joined() -> None:
    def tags(**values: str) -> list[dict[str, object]]:
        return [{"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in values.items()]}]

    template = {"ImageId": "ami-1", "InstanceType": "a", "EbsOptimized": True, "TagSpecifications": tags(a="1", b="1")}
    found = merged(template, {"InstanceType": "b", "TagSpecifications": tags(b="2")})
    assert found == {
        "ImageId": "ami-1",
        "InstanceType": "b",
        "EbsOptimized": True,
        "TagSpecifications": tags(a="1", b="2"),
    }


def test_metadata_are_told_by_path_or_listed() -> None:
    tree = {"meta-data/placement/region": "r", "meta-data/placement/zone": "z", "meta-data/id": "i"}
    assert imds.read(tree, "/latest/meta-data/placement/region") == "r"
    assert imds.read(tree, "/latest/meta-data/") == "placement/\nid"
    assert imds.read(tree, "/latest/meta-data/spot/instance-action") is None
    assert imds.read(tree, "/other") is None


def test_a_token_is_valid_only_if_it_was_given_and_is_young() -> None:
    tokens = imds.Tokens()
    assert tokens.is_valid(tokens.make(60))
    assert not tokens.is_valid(tokens.make(0))
    assert not tokens.is_valid("made-up")
    assert not tokens.is_valid(None)


@pytest.mark.slow
def test_instance_profiles_are_listed_below_the_path_that_was_asked_for(cloud: Any) -> None:
    iam = cloud.client("iam")
    for name, path in (("of-a-stack", "/mlteam-dev/"), ("of-nobody", "/")):
        iam.create_instance_profile(InstanceProfileName=name, Path=path)
    found = iam.list_instance_profiles(PathPrefix="/mlteam-dev/")["InstanceProfiles"]
    assert [each["InstanceProfileName"] for each in found] == ["of-a-stack"]
    assert {"of-a-stack", "of-nobody"} <= {
        each["InstanceProfileName"] for each in iam.list_instance_profiles()["InstanceProfiles"]
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"DurationSeconds": 3600}, ""),
        ({"DurationSeconds": 3601}, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
        ({"DurationSeconds": 43_201}, "DurationSeconds"),
        ({"RoleSessionName": "two words"}, "RoleSessionName"),
        ({"Policy": json.dumps(ALLOW).ljust(2049)}, "Member must have length less than or equal to 2048"),
    ],
)
def test_a_session_is_no_longer_than_its_role_says_and_has_a_plain_name(
    cloud: Any, asked: dict[str, Any], said: str
) -> None:
    arn = cloud.role(f"timed-{uuid.uuid4().hex[:8]}")
    take, told = cloud.client("sts").assume_role, {"RoleArn": arn, "RoleSessionName": "me", **asked}
    if not said:
        take(**told)
        return
    code, message = cloud.refused(take, **told)
    assert (code, said in message) == ("ValidationError", True), message


@pytest.mark.slow
def test_from_one_role_to_the_next_a_session_lasts_an_hour(cloud: Any) -> None:
    free = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    first, second = cloud.role("chained", free), cloud.role("chained-next", free)
    cloud.client("iam").update_role(RoleName="chained-next", MaxSessionDuration=7200)
    cloud.client("sts").assume_role(RoleArn=second, RoleSessionName="me", DurationSeconds=7200)
    take = cloud.assumed(first, "me").client("sts").assume_role
    code, message = cloud.refused(take, RoleArn=second, RoleSessionName="me", DurationSeconds=7200)
    assert (code, "role chaining" in message) == ("ValidationError", True)
    take(RoleArn=second, RoleSessionName="me", DurationSeconds=3600)


@pytest.mark.slow
def test_a_set_of_no_tags_takes_the_tags_of_an_object_away(cloud: Any) -> None:
    s3, named = cloud.client("s3"), {"Bucket": "untagged", "Key": "k"}
    s3.create_bucket(Bucket="untagged")
    s3.put_object(**named, Tagging="a=b")
    s3.put_object_tagging(**named, Tagging={"TagSet": []})
    assert s3.get_object_tagging(**named)["TagSet"] == []


@pytest.mark.slow
def test_a_permission_is_added_and_removed_beside_statements_without_a_sid(cloud: Any) -> None:
    sns = cloud.client("sns")
    topic = sns.create_topic(Name="shared")["TopicArn"]
    alone = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": topic}

    def statements() -> Any:
        return json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])["Statement"]

    for given in (alone, [alone]):
        document = json.dumps({"Version": "2012-10-17", "Statement": given})
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)
        sns.add_permission(TopicArn=topic, Label="label", AWSAccountId=["123456789012"], ActionName=["Publish"])
        assert [each.get("Sid") for each in statements()] == [None, "label"]
        sns.remove_permission(TopicArn=topic, Label="label")
        assert statements() == [alone]


@pytest.mark.slow
def test_a_volume_that_nobody_holds_cannot_be_detached(cloud: Any) -> None:
    ec2 = cloud.client("ec2")
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, VolumeType="gp3")["VolumeId"]
    ec2.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig={"Delay": 0.1})
    assert cloud.refused(ec2.detach_volume, VolumeId=volume)[0] == "IncorrectState"
