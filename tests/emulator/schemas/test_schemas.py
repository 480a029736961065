"""The reader of CloudFormation's resource schemas."""

import pytest

from emulator import schemas


def test_a_schema_says_what_is_required_replacing_and_read_only() -> None:
    association = schemas.schema("AWS::SSM::Association")
    assert "Name" in association.required
    assert association.create_only == {"InstanceId"}
    assert association.read_only == {"AssociationId"}


def test_nested_properties_are_found_through_references_and_lists() -> None:
    bucket = schemas.schema("AWS::S3::Bucket")
    assert "LifecycleConfiguration/Rules/*/Status" in bucket.required
    assert bucket.enums["LifecycleConfiguration/Rules/*/Status"] == {"Enabled", "Disabled"}


def test_an_enumeration_of_list_items_belongs_to_the_list() -> None:
    assert schemas.schema("AWS::DLM::LifecyclePolicy").enums["PolicyDetails/ResourceTypes"] == {"VOLUME", "INSTANCE"}


def test_one_of_several_required_members_is_not_required_itself() -> None:
    policy = schemas.schema("AWS::IAM::Policy")  # Groups, Roles or Users
    assert not {"Groups", "Roles", "Users"} & policy.required


def test_a_schema_that_refers_to_itself_ends() -> None:
    budget = schemas.schema("AWS::Budgets::Budget")  # FilterExpression/And/*/And/...
    assert max(path.count("/") for path in budget.properties) < 3 * schemas.DEEPEST


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(schemas.UnknownTypeError, match="AWS::S3::Bukket"):
        schemas.schema("AWS::S3::Bukket")
