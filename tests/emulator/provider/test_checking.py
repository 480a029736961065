"""Check refuses what AWS or the row does not allow, and says which property, which value, what is allowed."""

import json

import pytest

from emulator import tokens
from emulator.engine import checking
from emulator.engine.checking import Naming
from emulator.engine.configuring import Configuration
from emulator.engine.diffing import DEFAULTS
from emulator.engine.values import UNKNOWN, Secret, opened
from emulator.rows import Call, Json, Kind, Property, Row

VPC = tokens.rows()["aws:ec2/vpc:Vpc"]
SUBNET = tokens.rows()["aws:ec2/subnet:Subnet"]
INSTANCE = tokens.rows()["aws:ec2/instance:Instance"]
GROUP = tokens.rows()["aws:ec2/securityGroup:SecurityGroup"]
TEMPLATE = tokens.rows()["aws:ec2/launchTemplate:LaunchTemplate"]

THING = Row(
    "aws:iam/thing:Thing",
    "iam",
    properties={
        "name": Property("CreateRole.RoleName"),
        "path": Property("CreateRole.Path"),
        "policy": Property("CreateRole.AssumeRolePolicyDocument", kind=Kind.POLICY, required=True),
        "document": Property(type="string", kind=Kind.JSON),
        "boundary": Property("CreateRole.PermissionsBoundary", kind=Kind.ARN),
        "seconds": Property("CreateRole.MaxSessionDuration"),
    },
    id="Role.RoleName",
    create=(Call("CreateRole"),),
    read=(Call("GetRole"),),
    name="name",
)
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
CONFIG = Configuration(region="us-east-1", account="000000000000")


def reasons(row: Row, **inputs: Json) -> list[str]:
    return [fault.reason for fault in checking.faults(row, "main", inputs)]


def only_reason(row: Row, **inputs: Json) -> str:
    found = reasons(row, **inputs)
    assert len(found) == 1, found
    return found[0]


def test_sound_inputs_have_no_fault() -> None:
    assert reasons(VPC, cidrBlock="10.0.0.0/16", enableDnsSupport=True, tags={"a": "b"}) == []
    assert reasons(THING, policy=json.dumps(POLICY), boundary="arn:aws:iam::000000000000:policy/x") == []


def test_an_unmapped_property_names_itself_and_its_nearest() -> None:
    reason = only_reason(VPC, cidrBlok="10.0.0.0/16")
    assert reason.startswith("aws:ec2/vpc:Vpc 'main': cidrBlok is not mapped")
    assert "did you mean cidrBlock" in reason
    assert "instanceTenancy" in reason


def test_an_unknown_enumeration_value_lists_the_allowed_ones() -> None:
    reason = only_reason(VPC, instanceTenancy="dedicatedd")
    assert "instanceTenancy is 'dedicatedd': allowed: default, dedicated, host" in reason


def test_an_unknown_enumeration_value_in_a_block_is_found() -> None:
    reason = only_reason(INSTANCE, ami="ami-1", instanceType="t3.small", metadataOptions={"httpTokens": "always"})
    assert "metadataOptions.httpTokens is 'always': allowed: optional, required" in reason


def test_an_unmapped_property_in_a_list_of_blocks_has_its_index() -> None:
    reason = only_reason(TEMPLATE, blockDeviceMappings=[{"deviceName": "/dev/sda1"}, {"ebss": {}}])
    assert "blockDeviceMappings[1].ebss is not mapped" in reason


def test_a_missing_required_property_is_named() -> None:
    assert "vpcId is missing: it is required" in only_reason(SUBNET, cidrBlock="10.0.0.0/24")


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"enableDnsSupport": "true"}, "enableDnsSupport is 'true': must be true or false"),
        ({"cidrBlock": 10}, "cidrBlock is 10: must be a string"),
        ({"tags": ["a"]}, "tags is ['a']: must be an object"),
        ({"tags": {"a": 1}}, 'tags["a"] is 1: must be a string'),
        ({"tags": {"aws:x": "y"}}, "not begin with aws:"),
    ],
)
def test_a_value_of_the_wrong_type_says_the_right_one(inputs: dict[str, Json], words: str) -> None:
    assert words in only_reason(VPC, **inputs)


def test_a_block_that_is_no_object_is_refused() -> None:
    reason = only_reason(INSTANCE, ami="ami-1", instanceType="t3.small", metadataOptions="required")
    assert "metadataOptions is 'required': must be an object" in reason


def test_a_number_outside_of_the_model_is_refused() -> None:
    reason = only_reason(THING, policy=POLICY, seconds=10)
    assert "seconds is 10: must be at least 3600 and at most 43200" in reason


def test_a_text_outside_of_the_models_pattern_is_refused() -> None:
    assert "path is 'no slashes': must match" in only_reason(THING, policy=POLICY, path="no slashes")


def test_a_text_number_or_boolean_must_be_one() -> None:
    assert "ebsOptimized is 'perhaps': must be a number or true or false" in only_reason(
        TEMPLATE, ebsOptimized="perhaps"
    )


@pytest.mark.parametrize("arn", ["bucket", "arn:aws:iam", "arn:aws:iam::12:policy/x", "arn:aws:iam::000000000000:"])
def test_a_malformed_arn_is_refused(arn: str) -> None:
    found = reasons(THING, policy=POLICY, boundary=arn.ljust(20, "-") if arn == "bucket" else arn)
    assert any("boundary is" in reason for reason in found), found


SOUND = '{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}'


def statement(**changed: Json) -> str:
    """A policy whose one statement is sound but for this; None takes a member away."""
    members = {**json.loads(SOUND), **changed}
    return json.dumps({"Statement": {name: value for name, value in members.items() if value is not None}})


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("{", "policy is malformed JSON"),
        ("[]", "must be an object"),
        (f'{{"Version": "2012-10-18", "Statement": [{SOUND}]}}', "Version is '2012-10-18'"),
        ('{"Version": "2012-10-17"}', "Statement is missing or empty"),
        (f'{{"Statements": [], "Statement": {SOUND}}}', "member 'Statements' is unknown"),
        (statement(Effect="allow"), "Effect is 'allow', allowed: Allow, Deny"),
        (statement(Ressource="*"), "'Ressource' is unknown"),
        (statement(Action=None), "a statement has no Action"),
        (statement(NotAction="s3:*"), "NotAction as well"),
        (statement(Action=[]), "Action is empty"),
        (statement(Action="s3GetObject"), "Action is 's3GetObject', allowed: * or service:Action"),
        (statement(Action=["s3:*", 5]), "Action is 5"),
        (statement(Resource=None), "has none of Resource, NotResource, Principal, NotPrincipal"),
        (statement(Resource="bucket/*"), "Resource is 'bucket/*', allowed: * or an ARN"),
        (statement(Resource=["*", "arn:aws:s3"]), "Resource is 'arn:aws:s3'"),
        (statement(Condition=[]), "Condition is []: must be an object of objects"),
    ],
)
def test_a_malformed_policy_says_what_is_wrong_in_it(policy: str, words: str) -> None:
    assert words in only_reason(THING, policy=policy)


def test_unknown_values_are_passed_over_wherever_they_are() -> None:
    assert reasons(SUBNET, vpcId=UNKNOWN, tags={"a": UNKNOWN}) == []
    assert reasons(TEMPLATE, networkInterfaces=[{"securityGroups": [UNKNOWN]}], metadataOptions=UNKNOWN) == []
    assert reasons(THING, policy=UNKNOWN) == []


def test_rules_between_properties_wait_until_all_is_known() -> None:
    assert "ami is missing" in only_reason(INSTANCE, instanceType="t3.small")
    assert reasons(INSTANCE, instanceType=UNKNOWN) == []


def filled(
    row: Row, inputs: dict[str, Json], olds: dict[str, Json] | None = None, seed: bytes = b"1"
) -> dict[str, Json]:
    return checking.completed(row, inputs, olds or {}, Naming("main", "urn:x", seed), CONFIG)


def test_a_missing_name_is_the_logical_name_and_seven_hexadecimals() -> None:
    name = filled(GROUP, {})["name"]
    assert name.startswith("main-")
    assert len(name) == len("main-") + 7
    assert int(name[-7:], 16) >= 0


def test_the_same_seed_gives_the_same_name_and_another_one_another() -> None:
    assert filled(GROUP, {})["name"] == filled(GROUP, {})["name"]
    assert filled(GROUP, {})["name"] != filled(GROUP, {}, seed=b"2")["name"]


def test_a_name_once_given_is_kept() -> None:
    first = filled(GROUP, {})
    assert filled(GROUP, {}, olds=first, seed=b"2")["name"] == first["name"]


def test_a_name_that_a_person_chose_is_not_kept_when_it_is_left_out() -> None:
    first = filled(GROUP, {"name": "mine"})
    assert filled(GROUP, {}, olds=first)["name"] != "mine"


def test_a_prefix_takes_the_place_of_the_logical_name() -> None:
    assert filled(GROUP, {"namePrefix": "p-"})["name"].startswith("p-")


def test_what_was_filled_in_is_listed() -> None:
    found = filled(VPC, {"enableDnsSupport": False})
    assert found[DEFAULTS] == ["instanceTenancy"]
    assert found["instanceTenancy"] == "default"
    assert found["enableDnsSupport"] is False


def test_default_tags_are_below_the_resources_own_and_stay_secret() -> None:
    config = Configuration("us-east-1", "000000000000", {"a": "default", "b": "default"})
    naming = Naming("main", "urn:x", b"1")
    found = checking.completed(VPC, {"tags": Secret({"a": "own"})}, {}, naming, config)
    assert isinstance(found["tags"], Secret)
    assert opened(found)["tags"] == {"a": "own", "b": "default"}


def test_a_policy_given_as_an_object_becomes_text_and_stays_secret() -> None:
    assert json.loads(filled(THING, {"policy": POLICY})["policy"]) == POLICY
    assert isinstance(filled(THING, {"policy": {"a": Secret("b")}})["policy"], Secret)
    assert filled(THING, {"policy": {"a": UNKNOWN}})["policy"] is UNKNOWN
