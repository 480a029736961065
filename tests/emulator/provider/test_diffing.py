"""What counts as a change, at which path, and what replaces."""

import json

from emulator import tokens
from emulator.engine.diffing import DEFAULTS, changes
from emulator.engine.values import ASSET, UNKNOWN, Asset
from emulator.rows import Call, Json, Kind, Property, Row

VPC = tokens.rows()["aws:ec2/vpc:Vpc"]
INSTANCE = tokens.rows()["aws:ec2/instance:Instance"]
TEMPLATE = tokens.rows()["aws:ec2/launchTemplate:LaunchTemplate"]
THING = Row(
    "aws:s3/thing:Thing",
    "s3",
    properties={
        "policy": Property(type="string", kind=Kind.POLICY),
        "source": Property("PutObject.Body", kind=Kind.ASSET),
    },
    id="_.id",
    create=(Call("PutObject"),),
    read=(),
)


def found(row: Row, old: dict[str, Json], new: dict[str, Json]) -> list[tuple[str, str, bool]]:
    return [(change.path, change.kind, change.replaces) for change in changes(row, old, new)]


def test_equal_inputs_have_no_change_whatever_was_filled_in() -> None:
    assert found(VPC, {"cidrBlock": "a", DEFAULTS: ["x"]}, {"cidrBlock": "a", DEFAULTS: []}) == []


def test_a_changed_property_that_replaces_says_so() -> None:
    assert found(VPC, {"cidrBlock": "a"}, {"cidrBlock": "b"}) == [("cidrBlock", "UPDATE", True)]


def test_a_property_that_comes_or_goes_is_added_or_deleted() -> None:
    assert found(VPC, {}, {"enableDnsHostnames": True}) == [("enableDnsHostnames", "ADD", False)]
    assert found(VPC, {"enableDnsHostnames": True}, {}) == [("enableDnsHostnames", "DELETE", False)]


def test_keys_with_dots_and_colons_are_quoted_in_the_path() -> None:
    assert found(VPC, {"tags": {"a:b": "1", "c": "1"}}, {"tags": {"a:b": "2", "c": "2"}}) == [
        ('tags["a:b"]', "UPDATE", False),
        ("tags.c", "UPDATE", False),
    ]


def test_a_change_in_a_block_has_its_own_path_and_its_own_replacement() -> None:
    old = {"rootBlockDevice": {"volumeSize": 8, "encrypted": True}}
    assert found(INSTANCE, old, {"rootBlockDevice": {"volumeSize": 9, "encrypted": True}}) == [
        ("rootBlockDevice.volumeSize", "UPDATE", False)
    ]
    assert found(INSTANCE, old, {"rootBlockDevice": {"volumeSize": 8, "encrypted": False}}) == [
        ("rootBlockDevice.encrypted", "UPDATE", True)
    ]


def test_user_data_replaces_only_if_the_program_asked_for_it() -> None:
    assert found(INSTANCE, {"userData": "a"}, {"userData": "b"}) == [("userData", "UPDATE", False)]
    asked = {"userDataReplaceOnChange": True}
    assert found(INSTANCE, {"userData": "a", **asked}, {"userData": "b", **asked}) == [("userData", "UPDATE", True)]


def test_the_order_of_a_set_does_not_count() -> None:
    old, new = {"vpcSecurityGroupIds": ["a", "b"]}, {"vpcSecurityGroupIds": ["b", "a"]}
    assert found(INSTANCE, old, new) == []
    assert found(INSTANCE, old, {"vpcSecurityGroupIds": ["a"]}) == [("vpcSecurityGroupIds", "UPDATE", False)]


def test_the_elements_of_a_list_have_paths() -> None:
    old = {"blockDeviceMappings": [{"deviceName": "a"}]}
    new = {"blockDeviceMappings": [{"deviceName": "b"}, {"deviceName": "c"}]}
    assert found(TEMPLATE, old, new) == [
        ("blockDeviceMappings[0].deviceName", "UPDATE", False),
        ("blockDeviceMappings[1]", "ADD", False),
    ]


def test_an_unknown_value_is_always_a_change() -> None:
    assert found(VPC, {"cidrBlock": "a"}, {"cidrBlock": UNKNOWN}) == [("cidrBlock", "UPDATE", True)]
    assert found(VPC, {"tags": {"a": "b"}}, {"tags": {"a": UNKNOWN}}) == [("tags.a", "UPDATE", False)]


def test_policies_are_compared_by_meaning() -> None:
    one = {"Statement": [{"Effect": "Allow", "Action": ["a"], "Resource": ["y", "x"]}]}
    other = {"Statement": {"Resource": ["x", "y"], "Action": "a", "Effect": "Allow"}}
    assert found(THING, {"policy": json.dumps(one)}, {"policy": json.dumps(other, indent=2)}) == []
    changed = json.dumps(other).replace("Allow", "Deny")
    assert found(THING, {"policy": json.dumps(one)}, {"policy": changed}) == [("policy", "UPDATE", False)]


def test_assets_are_compared_by_their_hash() -> None:
    def asset(path: str, digest: str) -> Asset:
        return Asset(ASSET, (("hash", digest), ("path", path)))

    assert found(THING, {"source": asset("a", "1")}, {"source": asset("b", "1")}) == []
    assert found(THING, {"source": asset("a", "1")}, {"source": asset("a", "2")}) == [("source", "UPDATE", False)]
