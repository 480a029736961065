"""Property bags in every spelling that Pulumi hands out."""

from enum import StrEnum

import pytest

from costs.properties import UNKNOWN, Fields


class Output:
    """Stands for a value that the engine does not know yet."""


class RootBlockDeviceArgs:
    """As Pulumi's typed arguments look: a marked class whose values are its attributes."""

    _pulumi_input_type = True

    def __init__(self) -> None:
        self.volume_size = 20


class InstanceType(StrEnum):
    T4G = "t4g.large"


@pytest.mark.parametrize("properties", [{"volume_size": 20}, {"volumeSize": 20.0}, RootBlockDeviceArgs()])
def test_a_number_is_found_however_it_is_spelled(properties: object) -> None:
    assert Fields(properties).number("volume_size") == 20


@pytest.mark.parametrize("value", [{"volume_size": 20}, [{"volume_size": 20}], RootBlockDeviceArgs()])
def test_a_nested_bag_is_found_however_it_is_wrapped(value: object) -> None:
    assert Fields({"root_block_device": value}).child("root_block_device").number("volume_size") == 20


def test_absent_and_unknown_are_not_the_same() -> None:
    fields = Fields({"known": "x", "late": Output()})
    assert fields.text("late") is None
    assert (fields.unknown("late"), fields.unknown("absent")) == (True, False)
    assert (fields.has("known"), fields.has("late"), fields.has("absent")) == (True, False, False)


def test_what_is_inside_an_unknown_bag_is_unknown() -> None:
    assert Fields({"root_block_device": Output()}).child("root_block_device").raw("volume_size") is UNKNOWN


def test_a_list_of_unknowns_still_has_a_length() -> None:
    assert Fields({"subnet_ids": [Output(), Output()]}).length("subnet_ids") == 2
    assert Fields({"subnet_ids": Output()}).length("subnet_ids") is None


def test_enumerations_and_strings_are_read_as_their_values() -> None:
    fields = Fields({"instance_type": InstanceType.T4G, "spot": "true", "size": "8"})
    assert fields.text("instance_type") == "t4g.large"
    assert fields.flag("spot") is True
    assert fields.number("size") == 8
