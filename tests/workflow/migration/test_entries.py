"""Entries of two sides, put together."""

from dataclasses import replace

import pytest

from workflow.migration.entries import Artifact, Entry, Kind, onto

THERE = Entry(
    kind=Kind.RUN,
    origin="r",
    body={"name": "first", "status": "RUNNING", "end_ms": None, "tags": {"a": "mine"}, "metrics": [["auc", 1, 5, 0.9]]},
    artifacts=(Artifact(path="a.txt", size=1, sha256="mine"),),
)


def test_what_is_not_there_is_written_as_it_is() -> None:
    assert onto(THERE, None) == THERE


def test_what_is_there_stays_and_gets_what_it_lacks() -> None:
    body = {"name": "other", "tags": {"a": "theirs", "b": "new"}, "metrics": [["auc", 1, 5, 0.9], ["auc", 2, 6, 0.95]]}
    ended = {"status": "FINISHED", "end_ms": 7}
    files = (Artifact(path="a.txt", size=2, sha256="theirs"), Artifact(path="b.txt", size=1, sha256="new"))
    written = onto(replace(THERE, body={**body, **ended}, artifacts=files), THERE)
    assert written.body == {
        "name": "first",
        "tags": {"a": "mine", "b": "new"},
        "metrics": [["auc", 1, 5, 0.9], ["auc", 2, 6, 0.95]],
        **ended,
    }
    assert written.artifacts == (*THERE.artifacts, files[1])


@pytest.mark.parametrize(("given", "there"), [("RUNNING", "FINISHED"), ("FAILED", "FINISHED"), ("PENDING", "READY")])
def test_an_end_is_not_taken_back(given: str, there: str) -> None:
    entry, kept = (replace(THERE, body={**THERE.body, "status": status}) for status in (given, there))
    assert onto(entry, kept) == kept
