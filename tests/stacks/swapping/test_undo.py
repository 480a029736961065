"""The way back while the old side is still there: nothing that was logged to either side is lost."""

from typing import Any

import pytest

from stacks.swapping.journal import Step
from workflow.errors import DriftError, RefusedError

pytestmark = pytest.mark.slow

OLD, NEW = "oss", "managed"
BEFORE_THE_MOVE = ("set retiring", "set tracking", "up managed+oss")


@pytest.mark.parametrize("call", BEFORE_THE_MOVE)
def test_a_swap_is_undone_while_the_old_side_is_there(team: Any, call: str) -> None:
    with team.killed_at(call):
        team.to()
    assert team.back().outcome == "undone"
    assert team.engine.config == {"tracking": OLD}
    assert OLD in team.engine.up_sides
    assert team.runs(OLD) == ["first"]
    assert team.to().outcome == "done", "an undone swap can be begun again"


def test_a_run_that_was_half_copied_does_not_hold_the_way_back(team: Any) -> None:
    with team.killed_at("workflow.migration.writing._log"):
        team.to()
    assert team.back().outcome == "undone"
    assert team.runs(OLD) == ["first"]
    assert team.to().outcome == "done"
    assert team.ends(NEW) == {"first": "FINISHED"}


def test_people_are_told_another_address_when_they_are_sent_elsewhere(team: Any) -> None:
    def told() -> list[str]:
        lines = [each for each in team.said.getvalue().splitlines() if "is the address from now on" in each]
        return [each.split()[0] for each in lines]

    with team.killed_at("set retiring"):
        team.to()
    team.back()
    assert told() == [], "nobody was sent anywhere"
    with team.killed_at(Step.MOVE):
        team.to()
    team.back()
    assert told() == [team.engine.uris[NEW], team.engine.uris[OLD]]


def test_past_its_point_of_return_a_swap_is_ended_and_not_undone(team: Any) -> None:
    with team.killed_at("up managed"):
        team.to()
    with pytest.raises(RefusedError, match=r"past its point of return.*\n.*mlteam swap tracking managed ends it"):
        team.back()
    assert team.to().outcome == "done"


@pytest.fixture
def between(team: Any) -> Any:
    """Both sides are up and people are sent to the new one, where somebody has logged."""
    with team.killed_at(Step.MOVE):
        team.to()
    team.log(NEW, "meanwhile")
    return team


def test_what_was_logged_to_the_new_side_meanwhile_comes_back(between: Any) -> None:
    assert between.back().outcome == "undone"
    assert between.runs(OLD) == ["first", "meanwhile"]
    assert between.engine.up_sides == {OLD}


def test_who_abandons_the_new_side_goes_back_without_it(between: Any) -> None:
    between.engine.uris = {**between.engine.uris, NEW: "http://127.0.0.1:9"}  # it does not answer any more
    between.engine.write(NEW)
    assert between.back(abandon=True).outcome == "undone"
    assert between.runs(OLD) == ["first"]


def test_what_does_not_come_back_whole_keeps_the_new_side_up(between: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("workflow.migration.writing._log", lambda *_: None)  # loses metrics, params and tags
        with pytest.raises(DriftError, match=r"oss does not hold all of managed yet.*\n.*--undo moves again"):
            between.back()
    assert between.engine.config == {"tracking": NEW, "retiring": "tracking=oss"}
    assert between.back().outcome == "undone"


def test_runs_that_go_on_at_the_new_side_hold_the_way_back(between: Any) -> None:
    between.log(NEW, "still training", ends=False)
    with pytest.raises(RefusedError, match=r"1 runs go on at tracking/managed \(still training\)"):
        between.back()
    assert between.back(leave_running=True).outcome == "undone"
    assert between.runs(OLD) == ["first", "meanwhile", "still training"]
