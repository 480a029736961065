"""What was deleted at the new side is deleted at the old one after the swap back, by the export of the swap before."""

from typing import Any

import pytest

from stacks.swapping.journal import Step
from workflow.migration.sides import Side

pytestmark = pytest.mark.slow

OLD, NEW = "oss", "managed"


def aliases(side: Side) -> set[str]:
    with side.active() as client:
        return set(client.get_registered_model("digits").aliases)


@pytest.fixture
def swapped(team: Any) -> Any:
    """To the new side, with a model of three aliases."""
    with team.side(OLD).active() as client:
        client.create_registered_model("digits")
        client.create_model_version("digits", "s3://mlteam-dev-artifacts/mlflow/model")
        for alias in ("first", "second", "third"):
            client.set_registered_model_alias("digits", alias, "1")
    team.to()
    return team


def test_an_alias_that_was_deleted_is_gone_after_the_swap_back_though_one_was_undone_before(swapped: Any) -> None:
    with swapped.killed_at(Step.MOVE):
        swapped.to(OLD)
    swapped.back()
    assert aliases(swapped.side(OLD)) == {"first", "second", "third"}
    with swapped.side(NEW).active() as client:
        client.delete_registered_model_alias("digits", "second")
    swapped.to(OLD)
    assert aliases(swapped.side(OLD)) == {"first", "third"}
    assert "now at tracking/oss" in swapped.said.getvalue()


def test_a_side_that_nothing_was_moved_to_deletes_nothing(swapped: Any) -> None:
    """A flag alone has brought another app."""
    another = {NEW: f"sqlite:///{swapped.folder}/another.db"}
    swapped.engine.uris = {**swapped.engine.uris, **another}
    swapped.engine.write(NEW)
    with swapped.side(NEW).active() as client:
        client.create_registered_model("digits")
    swapped.to(OLD)
    assert aliases(swapped.side(OLD)) == {"first", "second", "third"}
