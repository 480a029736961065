"""What a recording takes the trouble to find, and what not."""

import traceback

import pulumi
import pytest

from stacks.recording import record


class Place(pulumi.ComponentResource):
    def __init__(self) -> None:
        super().__init__("test:index:Place", "place")


def test_where_a_resource_was_declared_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """That takes up to a quarter of a recording, and nobody would read it."""
    looked: list[traceback.StackSummary] = []
    found = traceback.extract_stack

    def look() -> traceback.StackSummary:
        looked.append(found())
        return looked[-1]

    monkeypatch.setattr(traceback, "extract_stack", look)
    assert [each.name for each in record(Place, "dev", {}).resources] == ["place"]
    assert looked == []
