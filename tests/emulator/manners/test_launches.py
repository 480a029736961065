"""What RunInstances and launch templates do not take."""

from base64 import b64encode
from typing import Any

import pytest

from emulator.manners.launches import RULES
from tests.emulator.manners import asking

ONE = {"MinCount": 1, "MaxCount": 1}


def refusal(operation: str, parameters: dict[str, Any]) -> str:
    """The code alone."""
    return asking.refusal(RULES, "ec2", operation, parameters).partition(":")[0]


def data(size: int) -> str:
    return b64encode(b"#" * size).decode()


@pytest.mark.parametrize(("low", "high", "is_good"), [(1, 1, True), (1, 9, True), (0, 1, False), (2, 1, False)])
def test_at_least_one_instance_is_asked_for_and_no_more_than_at_most(low: int, high: int, is_good: bool) -> None:
    assert (refusal("RunInstances", {"MinCount": low, "MaxCount": high}) == "") is is_good


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"UserData": data(16_384)}, ""),
        ({"UserData": data(16_385)}, "InvalidParameterValue"),
        ({"UserData": "not coded!"}, "InvalidUserData.Malformed"),
        ({"MetadataOptions": {"HttpPutResponseHopLimit": 64}}, ""),
        ({"MetadataOptions": {"HttpPutResponseHopLimit": 65}}, "InvalidParameterValue"),
    ],
)
def test_user_data_is_coded_and_short_and_metadata_go_so_far(asked: dict[str, Any], code: str) -> None:
    assert refusal("RunInstances", {**ONE, **asked}) == code
    assert refusal("CreateLaunchTemplate", {"LaunchTemplateData": asked}) == code
