"""What is mended in moto: its pure parts, and one that needs a running emulator."""

from typing import Any

import pytest

from emulator import imds
from emulator.mends.launching import merged


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
