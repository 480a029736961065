"""What was deleted at the new side is deleted at the old one after the swap back, by the export of the swap before."""

from typing import Any

import pytest

from components.tracking.contract import TrackingOutputs
from stacks.swapping.journal import Journal, Step
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


@pytest.mark.parametrize(("side", "base"), [("app", "s3://b/this"), ("host", "s3://b/before"), ("another", "")])
def test_a_side_that_nothing_was_moved_to_has_no_export_to_delete_by(side: str, base: str) -> None:
    """A flag alone brings another app, where all would seem deleted."""
    host = TrackingOutputs[str](variant=OLD, tracking_uri="host", username="", password_parameter="")
    which = {"id": "1", "kind": "tracking", "old": OLD, "new": NEW, "step": Step.DONE, "source": host}
    uris = {"export_uri": "s3://b/this", "base_uri": "s3://b/before"}
    journal = Journal(**which, **uris, moved_to="app", usd_before=0, usd_after=0)  # type: ignore[arg-type]
    assert journal.base_of(side) == base
