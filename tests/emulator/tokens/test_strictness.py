"""What every row refuses, found from the rows and the examples themselves."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from emulator import tokens
from emulator.engine import checking, shapes
from emulator.rows import Kind, Property, Row

Json = Any
Block = tuple[str, Mapping[str, Property], dict[str, Json], tuple[str, ...]]


def _inputs(example: Mapping[str, Json]) -> dict[str, Json]:
    """An example's inputs, with something of the right form where it refers to another resource."""
    text = re.sub(r"\$\{\w+\.arn\}", "arn:aws:iam::000000000000:role/it", json.dumps(example["inputs"]))
    inputs: dict[str, Json] = json.loads(re.sub(r"\$\{\w+\.\w+\}", "some-thing", text))
    return inputs


def _faults(token: str, inputs: Mapping[str, Json]) -> list[str]:
    return [fault.reason for fault in checking.faults(tokens.rows()[token], "it", inputs)]


def _blocks(row: Row, inputs: dict[str, Json]) -> Iterator[Block]:
    """Every block of the inputs: (its path, its properties, itself, member paths)."""

    def below(
        path: str, properties: Mapping[str, Property], block: dict[str, Json], heads: tuple[str, ...]
    ) -> Iterator[Block]:
        yield path, properties, block, heads
        for name, prop in properties.items():
            if prop.fields and block.get(name) is not None:
                paths = tuple(f"{head}.{own}" for head in heads for own in prop.paths) if path else prop.paths
                items = block[name] if prop.many else [block[name]]
                for index, item in enumerate(items):
                    mark = f"[{index}]" if prop.many else ""
                    inner = tuple(f"{own}[0]" if prop.many else own for own in paths)
                    yield from below(f"{path}{name}{mark}.", prop.fields, item, inner)

    yield from below("", row.properties, inputs, ())


def test_every_row_has_an_example(any_token: str, examples: Mapping[str, Json]) -> None:
    assert any_token in examples, f"add an example of {any_token} to tests/emulator/tokens/examples"


def test_every_example_has_a_row(token: str) -> None:
    assert token in tokens.rows()


def test_every_property_that_can_be_updated_is(any_token: str, examples: Mapping[str, Json]) -> None:
    row, example = tokens.rows()[any_token], examples[any_token]
    updated = {name for change in example.get("updates", ()) for name in change}
    can = {name for name, prop in row.properties.items() if not prop.replaces and name not in example.get("fixed", {})}
    assert not can - updated, f"the example of {any_token} updates neither of these nor says why in `fixed`"


def test_an_unknown_property_is_refused(token: str, example: Json) -> None:
    row, inputs = tokens.rows()[token], _inputs(example)
    for path, _, block, _ in list(_blocks(row, inputs)):
        block["nonsense"] = 1
        assert any(token in fault and f"{path}nonsense" in fault for fault in _faults(token, inputs))
        del block["nonsense"]


def test_a_missing_required_property_is_refused(token: str, example: Json) -> None:
    row, inputs = tokens.rows()[token], _inputs(example)
    for path, properties, block, _ in list(_blocks(row, inputs)):
        for name in [name for name, prop in properties.items() if prop.required]:
            value = block.pop(name)
            assert any(token in fault and f"{path}{name} is missing" in fault for fault in _faults(token, inputs))
            block[name] = value


def _has_enumeration(row: Row, prop: Property, heads: tuple[str, ...]) -> bool:
    if prop.enum:
        return True
    if prop.fields or prop.type or not prop.paths:
        return False
    shape = shapes.shape_at(row.service, f"{heads[0]}.{prop.paths[0]}" if heads else prop.paths[0])
    return shape.type_name == "string" and bool(getattr(shape, "enum", None))


def test_a_value_outside_an_enumeration_is_refused(token: str, example: Json) -> None:
    row, inputs = tokens.rows()[token], _inputs(example)
    for path, properties, block, heads in list(_blocks(row, inputs)):
        for name in [name for name, prop in properties.items() if _has_enumeration(row, prop, heads)]:
            before = block.get(name)
            block[name] = "no-such-value"
            faults = _faults(token, inputs)
            assert any(token in fault and f"{path}{name} is 'no-such-value'" in fault for fault in faults), (
                name,
                faults,
            )
            block[name] = before


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        (Kind.ARN, "not-an-arn"),
        (Kind.JSON, "{"),
        (Kind.POLICY, "{"),
        (Kind.POLICY, '{"Statement": [{"Effect": "May"}]}'),
    ],
)
def test_a_malformed_arn_document_or_policy_is_refused(token: str, example: Json, kind: Kind, bad: str) -> None:
    row, inputs = tokens.rows()[token], _inputs(example)
    for path, properties, block, _ in list(_blocks(row, inputs)):
        for name in [name for name, prop in properties.items() if prop.kind is kind]:
            before = block.get(name)
            block[name] = [bad] if isinstance(before, list) else bad
            assert any(token in fault and f"{path}{name}" in fault for fault in _faults(token, inputs)), name
            block[name] = before


def test_what_the_service_would_refuse_is_refused_before(token: str, example: Json) -> None:
    for change, words in example.get("refused", ()):
        faults = _faults(token, {**_inputs(example), **_inputs({"inputs": change})})
        assert any(token in fault and words in fault for fault in faults), f"{change}: {faults}"
