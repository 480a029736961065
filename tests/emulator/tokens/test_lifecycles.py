"""Every resource type from its creation to its end, driven by `examples/`."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import pytest

from emulator import tokens
from emulator.engine.properties import read_path, same
from emulator.rows import Property

Json = Any
Make = Callable[[str], tuple[Any, dict[str, Any]]]

pytestmark = pytest.mark.slow


def _told(answer: Json, given: Json, prop: Property) -> bool:
    """Whether AWS tells what was given; it may tell more."""
    if prop.fields and prop.many:
        return len(answer) == len(given) and all(
            any(_told_block(told, item, prop) for told in answer)
            if prop.unordered
            else _told_block(answer[n], item, prop)
            for n, item in enumerate(given)
        )
    return _told_block(answer, given, prop) if prop.fields else same(answer, given, prop)


def _told_block(answer: Mapping[str, Json], given: Mapping[str, Json], prop: Property) -> bool:
    fields = {name: prop.fields[name] for name, value in given.items() if value is not None}
    return all(_told(answer.get(name), given[name], field) for name, field in fields.items() if field.read is not None)


def _assert_told(driver: Any, made: Any) -> None:
    """An import, which knows nothing but the id, finds every input at AWS."""
    found = driver.read(made, is_import=True)
    assert found is not None, "AWS does not have it"
    row = tokens.rows()[made.token]
    for name, value in made.inputs.items():
        prop = row.properties.get(name)
        if prop and read_path(prop) is not None and value is not None:
            assert _told(found[0].get(name), value, prop), f"{name}: given {value!r}, AWS says {found[0].get(name)!r}"
    if row.tags:
        assert found[0].get("tags", {}) == made.inputs.get("tags", {})


def _assert_settled(driver: Any, made: Any, news: Mapping[str, Json]) -> None:
    """A second update and a refresh change nothing."""
    again, faults = driver.check(made, news)
    assert not faults
    assert not driver.diff(made, again).diffs, "the second diff is not empty"
    refreshed = driver.read(made)
    assert refreshed is not None
    assert {**made.inputs, "tags": None} == {**refreshed[1], "tags": None}, "a refresh changes the inputs"
    assert (made.inputs.get("tags") or {}) == (refreshed[1].get("tags") or {})


def _assert_gone(driver: Any, made: Any, names: list[str]) -> None:
    """AWS has nothing where the program says nothing any more, or its default."""
    outputs, _ = driver.read(made, is_import=True)
    defaults = {name: prop.default for name, prop in tokens.rows()[made.token].properties.items()}
    for name in names:
        assert outputs.get(name) in (None, "", [], {}, defaults.get(name)), f"{name} was taken away and is still there"


def test_it_is_told_settled_updated_and_gone(driver: Any, make: Make, token: str, example: Json, filled: Any) -> None:
    """One life for all of it: what a type needs takes longer to make than to look at."""
    made, needs = make(token)
    _assert_made(driver, made, filled(example["inputs"], needs), example.get("absent", ()))
    news = dict(example["inputs"])
    for change in example.get("updates", ()):
        news = {name: value for name, value in {**news, **change}.items() if value is not None}
        _assert_updated(driver, made, filled(news, needs), change)
    driver.delete(made)
    assert (driver.read(made) is None) == ("remains" not in example), example.get("remains", "it is still there")
    driver.delete(made)  # gone already is as good


def _assert_made(driver: Any, made: Any, inputs: Mapping[str, Json], absent: Collection[str]) -> None:
    _assert_told(driver, made)
    _assert_settled(driver, made, inputs)
    missing = [name for name in tokens.rows()[made.token].outputs if name not in made.outputs]
    assert not set(missing) - set(absent), f"outputs without a value: {missing}"


def _assert_updated(driver: Any, made: Any, news: Mapping[str, Json], change: Mapping[str, Json]) -> None:
    id_ = made.id
    checked, faults = driver.check(made, news)
    assert not faults
    diff = driver.diff(made, checked)
    assert set(change) <= set(diff.diffs), f"the diff does not show {change}"
    assert not diff.replaces, f"{change} replaces the resource"
    driver.update(made, checked)
    assert made.id == id_
    _assert_told(driver, made)
    _assert_settled(driver, made, news)
    _assert_gone(driver, made, [name for name, value in change.items() if value is None])
