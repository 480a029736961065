"""In which order versions are read: as they were made, whatever the clock says of those that were made at once."""

from collections.abc import Mapping
from types import SimpleNamespace

import pytest

from workflow.migration.order import as_made


@pytest.mark.parametrize(
    ("times", "copies", "order"),
    [
        ({"a/1": 1, "b/1": 2, "a/2": 3}, {}, ["a/1", "b/1", "a/2"]),
        ({"a/1": 775, "a/2": 771, "a/3": 780}, {}, ["a/1", "a/2", "a/3"]),
        ({"a/2": 5, "a/10": 5, "b/1": 5}, {}, ["a/2", "a/10", "b/1"]),
        ({"a/1": 775, "a/2": 774, "a/3": 771, "b/1": 773}, {"b/1": "a/3"}, ["a/1", "a/2", "a/3", "b/1"]),
        ({"a/1": 775, "b/1": 780, "b/2": 771}, {"b/1": "a/1"}, ["a/1", "b/1", "b/2"]),
        ({"a/1": 5, "b/1": 3}, {"b/1": "a/1"}, ["a/1", "b/1"]),
        ({"a/1": 2, "b/1": 1}, {"b/1": "c/7"}, ["b/1", "a/1"]),
        ({"a/1": 2, "b/1": 1}, {"a/1": "b/1", "b/1": "a/1"}, ["b/1", "a/1"]),
        ({"a/1": 1}, {"a/1": "a/1"}, ["a/1"]),
    ],
    ids=[
        "by time",
        "the higher number is older",
        "by number, not by digit",
        "a copy of what counts as older",
        "a copy, and a higher number that is older",
        "a copy that is older",
        "a copy of what is gone",
        "a circle of names that others have by now",
        "a name that is its own by now",
    ],
)
def test_what_others_need_comes_first_and_then_the_oldest(
    times: Mapping[str, int], copies: Mapping[str, str], order: list[str]
) -> None:
    versions = [
        SimpleNamespace(name=name, version=number, creation_timestamp=ms, source=f"models:/{copies.get(at, 'm-1')}")
        for at, ms in times.items()
        for name, number in [at.split("/")]
    ]
    assert [f"{each.name}/{each.version}" for each in as_made(versions)] == order
    assert [f"{each.name}/{each.version}" for each in as_made(reversed(versions))] == order
