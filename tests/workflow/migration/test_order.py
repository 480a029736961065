"""In which order versions are read: as they were made, whatever the clock says of those that were made at once."""

from types import SimpleNamespace

import pytest

from workflow.migration.reading import as_made


@pytest.mark.parametrize(
    ("times", "order"),
    [
        ({"a/1": 1, "b/1": 2, "a/2": 3}, ["a/1", "b/1", "a/2"]),
        ({"a/1": 775, "a/2": 771, "a/3": 780}, ["a/1", "a/2", "a/3"]),
        ({"a/1": 775, "a/2": 774, "a/3": 771, "b/1": 773}, ["a/1", "a/2", "a/3", "b/1"]),
        ({"a/2": 5, "a/10": 5, "b/1": 5}, ["a/2", "a/10", "b/1"]),
    ],
    ids=["by time", "the higher number is older", "a copy of what counts as older", "by number, not by digit"],
)
def test_the_oldest_comes_first_and_of_one_model_the_lower_number(times: dict[str, int], order: list[str]) -> None:
    versions = [
        SimpleNamespace(name=name, version=number, creation_timestamp=ms)
        for (name, number), ms in ((address.split("/"), ms) for address, ms in times.items())
    ]
    assert [f"{each.name}/{each.version}" for each in as_made(versions)] == order
    assert [f"{each.name}/{each.version}" for each in as_made(reversed(versions))] == order
