"""What rows say is required, enumerated, replacing or there at all, against CloudFormation's schemas."""

from collections.abc import Mapping

import pytest

from emulator import tokens
from emulator.agreement import differences
from emulator.rows import Call, Property, Row
from emulator.tokens import listed_differences


@pytest.mark.parametrize("token", tokens.rows())
def test_a_row_differs_from_its_schema_only_where_it_says_so(token: str) -> None:
    found, listed = differences(tokens.rows()[token]), listed_differences(token)
    unlisted = {key: why for key, why in found.items() if key not in listed}
    assert not unlisted, f"{token}: fix the row, or list the difference with its reason in DIFFERENCES: {unlisted}"


@pytest.mark.parametrize("token", tokens.rows())
def test_a_listed_difference_still_exists_and_has_a_reason(token: str) -> None:
    found, listed = differences(tokens.rows()[token]), listed_differences(token)
    assert not set(listed) - set(found), f"{token}: these agree now, remove them from DIFFERENCES"
    assert all(len(reason.split()) > 2 for reason in listed.values()), "a reason is a sentence"


def test_differences_are_listed_only_for_tokens_that_have_a_row() -> None:
    assert set(tokens.all_differences()) <= set(tokens.rows())


def _association(properties: Mapping[str, Property], cloudformation: str = "AWS::SSM::Association") -> Row:
    call = Call("CreateAssociation")
    return Row("a:b/c:C", "ssm", properties=properties, id="x", create=(call,), read=(), cloudformation=cloudformation)


_NAME = Property("CreateAssociation.Name", required=True)


def test_an_agreeing_row_has_no_difference() -> None:
    assert not differences(_association({"name": _NAME}))


@pytest.mark.parametrize(
    ("properties", "difference"),
    [
        ({"name": Property("CreateAssociation.Name")}, "required name"),
        ({"name": _NAME, "severity": Property("CreateAssociation.MaxErrors", required=True)}, "required severity"),
        ({"name": Property("CreateAssociation.Name", required=True, replaces=True)}, "replaces name"),
        ({"name": _NAME, "instanceId": Property("CreateAssociation.InstanceId")}, "replaces instanceId"),
        ({"name": _NAME, "s": Property("CreateAssociation.SyncCompliance", enum=("AUTO", "NEVER"))}, "enum s"),
        ({"name": _NAME, "errors": Property("CreateAssociation.MaxErrors", enum=("1",))}, "enum errors"),
        ({"name": _NAME, "months": Property("CreateAssociation.Duration")}, "absent months"),
        ({"name": _NAME, "id": Property("UpdateAssociation.AssociationId")}, "readonly id"),
        ({}, "missing Name"),
        (
            {
                "name": _NAME,
                "targets": Property(
                    "CreateAssociation.Targets", many=True, fields={"key": Property("Key", required=True)}
                ),
            },
            "missing targets.Values",
        ),
    ],
)
def test_each_kind_of_difference_is_found(properties: Mapping[str, Property], difference: str) -> None:
    assert set(differences(_association(properties))) == {difference}


def test_a_row_without_a_schema_must_say_why() -> None:
    assert set(differences(_association({}, cloudformation=""))) == {"schema"}
