"""Every row can be carried out: paths are in botocore's model, expressions parse, names are those of pulumi-aws."""

import functools
import importlib
import inspect
import typing
from collections.abc import Iterator

import pulumi
import pytest

from emulator import tokens
from emulator.engine import shapes
from emulator.engine.expressions import compiled
from emulator.engine.properties import local_type, properties_of, read_path
from emulator.rows import SAME, Call, Kind, Property, Row

# Importing pulumi_aws's old names warns of itself.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ROWS = sorted(tokens.rows())


def calls_of(row: Row) -> list[Call]:
    tagging = [call for call in (row.tags.set, row.tags.unset) if call] if row.tags else []
    return [*row.before, *row.create, *row.read, *row.update, *row.delete, *tagging]


def expressions_of(row: Row) -> Iterator[str]:
    yield from [row.id, *row.outputs.values(), *([row.tags.read] if row.tags else [])]
    yield from (path for prop in row.properties.values() if (path := read_path(prop)))
    for call in calls_of(row):
        yield from call.params.values()
        yield from (text for text in (call.when, call.each, call.until, call.fails, call.within, call.select) if text)


@pytest.mark.parametrize("token", ROWS)
def test_every_expression_of_a_row_parses(token: str) -> None:
    for expression in expressions_of(tokens.rows()[token]):
        compiled(expression)
        # `!_.x` is `(!_).x`, which is never true.
        assert "!_." not in expression, f"write !(_.x) in {expression}"


@pytest.mark.parametrize("token", ROWS)
def test_every_call_and_parameter_of_a_row_is_in_the_model(token: str) -> None:
    row = tokens.rows()[token]
    for call in calls_of(row):
        for path in call.params:
            shapes.shape_at(call.service or row.service, f"{call.operation}.{path}")


@pytest.mark.parametrize("token", ROWS)
def test_every_property_of_a_row_is_a_member_of_a_call_that_the_row_makes(token: str) -> None:
    row = tokens.rows()[token]
    made = {call.operation for call in (*row.create, *row.update)}
    for name, prop in row.properties.items():
        is_typed = prop.paths or prop.fields or local_type(prop) or prop.kind is Kind.ASSET
        assert is_typed, f"{name} has neither a path nor a type"
        for path in prop.paths:
            assert path.split(".")[0] in made, f"{name} goes into {path}, which the row never calls"
            check_fields(prop, shapes.shape_at(row.service, path), name)


def check_fields(prop: Property, shape: shapes.Shape, name: str) -> None:
    below = shape.member if prop.many else shape
    for key, field in prop.fields.items():
        for path in field.paths:
            check_fields(field, shapes.member_at(below, path), f"{name}.{key}")
    if not prop.fields and not local_type(prop) and prop.kind is Kind.PLAIN:
        assert below.type_name != "structure", f"{name} is a structure without fields"


@pytest.mark.slow  # importing the typed modules of pulumi_aws takes seconds
@pytest.mark.parametrize("token", ROWS)
def test_every_property_and_output_of_a_row_is_one_of_pulumi_aws(token: str) -> None:
    row = tokens.rows()[token]
    inputs, outputs = pulumi_names(token)
    strange = {*properties_of(row)} - inputs
    assert not strange, (
        f"pulumi_aws has no input {sorted(strange)}; not mapped: {sorted(inputs - {*properties_of(row)})}"
    )
    strange = {*row.outputs} - outputs
    assert not strange, f"pulumi_aws has no output {sorted(strange)} on {token}"


@pytest.mark.slow  # importing the typed modules of pulumi_aws takes seconds
@pytest.mark.parametrize("token", ROWS)
def test_every_field_of_a_block_is_one_of_pulumi_aws(token: str) -> None:
    row = tokens.rows()[token]
    hints = typed_names(args_class(token))
    for name, prop in row.properties.items():
        if prop.fields:
            check_block(f"{token} {name}", prop, hints[name])


def check_block(name: str, prop: Property, hint: object) -> None:
    text = str(hint)
    block = next((c for c in input_types() if f"'{c.__name__}'" in text), None)
    assert block is not None, f"{name} is no block in pulumi_aws: {text[:80]}"
    is_list = "Sequence[" in text
    assert is_list == prop.many, f"{name}: many={prop.many}, but pulumi_aws has {text[:80]}"
    names = typed_names(block)
    strange = {*prop.fields} - {*names}
    assert not strange, f"{name}: pulumi_aws has no {sorted(strange)}; it has {sorted(names)}"
    for key, field in prop.fields.items():
        if field.fields:
            check_block(f"{name}.{key}", field, names[key])


@functools.cache
def input_types() -> list[type]:
    modules = {token.split(":")[1].split("/")[0] for token in ROWS}
    found = []
    for module in sorted(modules):
        inputs = importlib.import_module(f"pulumi_aws.{module}")
        names = [name for name in dir(importlib.import_module(f"pulumi_aws.{module}._inputs")) if name.endswith("Args")]
        found += [getattr(inputs, name) for name in names if hasattr(inputs, name)]
    return found


def pulumi_class(token: str) -> type:
    _, place, kind = token.split(":")
    return typing.cast(type, getattr(importlib.import_module(f"pulumi_aws.{place.split('/')[0]}"), kind))


def args_class(token: str) -> type:
    """`<Kind>InitArgs` where a block of another type is called `<Kind>Args` already."""
    resource = pulumi_class(token)
    module = importlib.import_module(resource.__module__)
    name = resource.__name__
    return typing.cast(type, getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args"))


def typed_names(args: type) -> dict[str, object]:
    """Wire name -> annotation of every argument of an args class."""
    parameters = inspect.signature(args).parameters
    return {
        wire_name(args, name): parameter.annotation
        for name, parameter in parameters.items()
        if name not in ("__self__", "self")
    }


def wire_name(args: type, name: str) -> str:
    found = getattr(args, name)
    return str(getattr(found.fget, pulumi._types._PULUMI_NAME, name))


def pulumi_names(token: str) -> tuple[set[str], set[str]]:
    resource = pulumi_class(token)
    outputs = {
        str(getattr(found.fget, pulumi._types._PULUMI_NAME, name))
        for name in dir(resource)
        if isinstance(found := getattr(resource, name), property)
    }
    return {*typed_names(args_class(token))}, outputs


def test_a_property_whose_path_is_not_in_the_model_is_noticed() -> None:
    with pytest.raises(KeyError, match="no member 'Cidr'"):
        shapes.shape_at("ec2", "CreateVpc.Cidr")


def test_the_read_path_of_a_property_follows_its_first_path() -> None:
    assert read_path(Property("CreateVpc.A.B")) == "A.B"
    assert read_path(Property(("X.A", "Y.B"), read=SAME)) == "A"
    assert read_path(Property("X.A", read=None)) is None
