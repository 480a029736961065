"""A swap from its first question to its end: interrupted and resumed at every step, on real MLflow stores."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from components.variants import Kind
from stacks.commands.swap import run
from stacks.swapping.journal import Step
from stacks.swapping.steps import RETRIES
from workflow.errors import DriftError, RefusedError, ResourceError, UsageError

pytestmark = pytest.mark.slow

OLD, NEW = "oss", "managed"


def test_the_data_is_on_the_new_side_before_the_old_one_goes(team: Any) -> None:
    result = team.to()
    assert team.engine.calls == [
        *("preview", "preview"),
        *("set retiring", "set tracking", "up managed+oss"),
        *("set tracking", "remove retiring", "up managed"),
    ]
    assert team.runs(NEW) == ["first"]
    assert (result.outcome, result.usd_before, result.usd_after) == ("done", 20.0, 15.0)
    assert (result.counts["runs"], result.counts["metric points"]) == (1, 1)
    assert "price: 20.00 -> 15.00 USD a month (-5.00" in team.said.getvalue()


def test_a_kind_that_keeps_nothing_is_swapped_by_flag_and_up_alone(team: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stacks.commands.swap.STATEFUL", frozenset())
    result = team.to()
    assert team.engine.calls == ["preview", "preview", "set tracking", "remove retiring", "up managed"]
    assert (result.outcome, dict(result.counts), result.export_uri) == ("done", {}, "")


def test_what_was_exported_can_be_read_without_either_side(team: Any) -> None:
    bucket, _, key = team.to().export_uri.removeprefix("s3://").partition("/")
    lines = team.engine.client.get_object(Bucket=bucket, Key=key)["Body"].read().decode().splitlines()
    [run_line] = [entry for entry in map(json.loads, lines) if entry["kind"] == "run"]
    assert run_line["body"]["name"] == "first"
    assert run_line["body"]["metrics"][0][0] == "auc"


INTERRUPTIONS = ("set retiring", "set tracking", "up managed+oss", "remove retiring", "up managed")


@pytest.mark.parametrize("call", INTERRUPTIONS)
def test_a_swap_that_was_killed_goes_on_where_it_stopped(team: Any, call: str) -> None:
    with team.killed_at(call):
        team.to()
    assert OLD in team.engine.up_sides or team.runs(NEW) == ["first"], "the old side went before its data had moved"
    assert team.to().outcome == "done"
    assert (team.engine.up_sides, team.engine.config) == ({NEW}, {"tracking": NEW})
    assert team.runs(NEW) == ["first"]


@pytest.mark.parametrize("step", [Step.EXPORT, Step.MOVE])
def test_a_swap_whose_move_was_killed_moves_the_rest(team: Any, step: Step) -> None:
    with team.killed_at(step):
        team.to()
    assert team.to().outcome == "done"
    assert team.runs(NEW) == ["first"]


def test_nothing_changes_until_somebody_says_yes(team: Any) -> None:
    with pytest.raises(RefusedError, match=r"nobody said yes\n.*mlteam swap tracking managed --yes"):
        team.to(yes=False)
    assert team.engine.calls == ["preview", "preview"]
    assert team.swap().journals.read("tracking") is None


def test_a_stack_that_is_not_what_its_config_says_is_refused_first(team: Any) -> None:
    team.engine.pending = {"update": ("aws:ec2/instance:Instance host-instance",)}
    with pytest.raises(RefusedError, match=r"not what its config says:\n  update: Instance host-instance\n.*pulumi up"):
        team.to()


def test_a_swap_that_would_lose_a_bucket_is_refused(team: Any) -> None:
    team.engine.loses = ("aws:s3/bucket:Bucket storage-prod-bucket",)
    with pytest.raises(RefusedError, match=r"this would lose data: .*storage-prod-bucket"):
        team.to()


def test_runs_that_go_on_at_the_old_side_hold_the_swap_until_they_end(team: Any) -> None:
    team.log(OLD, "still training", ends=False)
    with pytest.raises(RefusedError, match=r"1 runs go on at tracking/oss \(still training\)"):
        team.to()
    assert team.engine.up_sides == {OLD, NEW}
    team.log(OLD, "late")
    assert team.to(leave_running=True).counts["runs"] == 3
    assert team.runs(NEW) == ["first", "late", "still training"]


def test_a_new_side_that_does_not_hold_everything_keeps_the_old_one_up(
    team: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("workflow.migration.writing._log", lambda *_: None)  # loses metrics, params and tags
        with pytest.raises(DriftError, match=r"managed does not hold all of oss yet: run '\w+' differs"):
            team.to()
    assert team.engine.up_sides == {OLD, NEW}
    assert team.to().outcome == "done"


def test_a_swap_and_its_way_back_lose_nothing_and_double_nothing(team: Any) -> None:
    team.to()
    team.log(NEW, "second")
    team.to(OLD)
    assert team.runs(OLD) == ["first", "second"]
    team.log(OLD, "third")
    team.to()
    assert team.runs(NEW) == ["first", "second", "third"]


def test_two_people_do_not_swap_at_once(team: Any) -> None:
    mine, theirs = team.swap(), team.swap()
    with team.killed_at("set retiring"):
        run(mine, Kind.TRACKING, NEW, lambda: True)
    journal = theirs.journals.read("tracking")
    assert journal is not None
    mine.journals.write(dataclasses.replace(journal, step=Step.MOVE))
    with pytest.raises(RefusedError, match="changed by somebody else meanwhile"):
        theirs.journals.write(journal)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda team: team.to(OLD), "tracking is oss already"),
        (lambda team: team.back(), "no swap of tracking is under way"),
    ],
    ids=["to what it is", "back from nowhere"],
)
def test_what_makes_no_sense_is_a_usage_error(team: Any, act: Callable[[Any], object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        act(team)


def test_another_swap_waits_for_the_one_that_is_under_way(team: Any) -> None:
    with team.killed_at("set retiring"):
        team.to()
    with pytest.raises(RefusedError, match=r"a swap of tracking from oss to managed is under way\n.*--undo goes back"):
        team.to(OLD)


@pytest.mark.parametrize(("given", "wanted"), [({}, "5"), ({RETRIES: "9"}, "9")], ids=["silent", "said"])
def test_a_side_is_waited_for_a_minute_or_as_people_say(team: Any, given: dict[str, str], wanted: str) -> None:
    team.environment = given
    with team.killed_at("set retiring"):
        team.to()
    swap = team.swap()
    assert swap.side(swap.journals.read("tracking"), OLD).settings[RETRIES] == wanted


def test_an_old_side_that_does_not_answer_changes_nothing(team: Any) -> None:
    team.engine.platform["tracking"]["tracking_uri"] = "http://127.0.0.1:9"
    team.engine.uris = {**team.engine.uris, OLD: "http://127.0.0.1:9"}
    team.engine.write(OLD)
    team.environment = {RETRIES: "0"}
    with pytest.raises(ResourceError, match="tracking/oss"):
        team.to()
    assert team.engine.up_sides == {OLD}
    assert team.engine.calls == ["preview", "preview"]
