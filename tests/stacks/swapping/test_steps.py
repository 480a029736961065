"""A swap from its first question to its end: interrupted and resumed at every step, on real MLflow stores."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from components.variants import Kind
from stacks.commands.swap import run
from stacks.swapping.journal import Step
from workflow.errors import DriftError, RefusedError, ResourceError, UsageError
from workflow.migration.report import compare
from workflow.mlflow_client import RETRIES

pytestmark = pytest.mark.slow

OLD, NEW = "oss", "managed"
NOWHERE = "http://127.0.0.1:9"


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
    said = team.said.getvalue()
    assert "price: 20.00 -> 15.00 USD a month (-5.00" in said
    assert "resources, when it is done:\n  create: MlflowApp tracking-app" in said
    report = {line.split("  ")[1]: line.split()[-2:] for line in said.splitlines() if line.startswith("  ")}
    assert report["runs"] == report["metric points"] == ["1", "1"]
    assert report["checksum"] == [result.checksum[:16]] * 2
    assert len(result.checksum) == 64


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


def test_what_cannot_be_moved_is_told_all_at_once_before_anything_is_set_up(team: Any) -> None:
    with team.side(OLD).active() as client:
        model = client.create_logged_model("0", name="forest")
        client.create_registered_model("digits")
        client.create_model_version("digits", f"models:/{model.model_id}", model_id=model.model_id)
        client.create_model_version("digits", "s3://another-bucket/model")
        client.create_model_version("digits", "s3://mlteam-dev-artifacts/mlflow-app/model")
        client.delete_logged_model(model.model_id)
    with pytest.raises(RefusedError) as refused:
        team.to()
    told = str(refused.value)
    assert [line for line in told.splitlines() if line.startswith("  model version")] == [
        f"  model version digits/1: its source models:/{model.model_id} was deleted",
        "  model version digits/2: its source s3://another-bucket/model is not in the stack's artifact bucket",
    ]
    assert told.count("delete_model_version(") == 2
    assert team.engine.calls == ["preview", "preview"]
    with team.side(OLD).active() as client:
        for number in ("1", "2"):
            client.delete_model_version("digits", number)
    assert team.to().counts["model versions"] == 1


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
    refused = r"not what its config says:\n  update: Instance host-instance\n.*pulumi up .*mlteam recover"
    with pytest.raises(RefusedError, match=refused):
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


@pytest.mark.parametrize("step", [Step.MOVE, Step.RETIRE])
def test_a_new_side_that_somebody_s_up_took_away_is_made_again_before_anything_goes(team: Any, step: Step) -> None:
    """The flag is set in one working copy only; a CI's `pulumi up` knows nothing of it."""
    with team.killed_at(step):
        team.to()
    mine, team.engine.config = team.engine.config, {"tracking": OLD}
    team.engine.up()
    team.engine.config = mine
    assert team.to().outcome == "done"
    assert team.runs(NEW) == ["first"]
    assert team.engine.up_sides == {NEW}


@pytest.mark.parametrize("place", [Step.RETIRE, "remove retiring"], ids=["before", "in it"])
def test_what_was_logged_to_the_old_side_while_a_swap_lay_still_comes_along(team: Any, place: Any) -> None:
    with team.killed_at(place):
        team.to()
    team.log(OLD, "late")
    told = team.to()
    assert (told.outcome, told.counts["runs"]) == ("done", 2)
    assert team.runs(NEW) == ["first", "late"]


def test_what_was_logged_to_the_old_side_while_both_were_compared_comes_along(
    team: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compared_slowly(*sides: Any) -> Any:
        if not team.runs(OLD).count("late"):
            team.log(OLD, "late")
        return compare(*sides)

    monkeypatch.setattr("stacks.swapping.steps.compare", compared_slowly)
    assert team.to().counts["runs"] == 2
    assert team.runs(NEW) == ["first", "late"]
    assert team.engine.calls.count("remove retiring") == 1


def test_an_old_side_that_is_half_gone_does_not_hold_up_the_end(team: Any) -> None:
    with team.killed_at("remove retiring"):
        team.to()
    journals = team.swap().journals
    before = journals.read("tracking")
    assert before is not None
    assert before.source is not None
    journals.write(dataclasses.replace(before, source=dataclasses.replace(before.source, tracking_uri=NOWHERE)))
    assert team.to().outcome == "done"
    assert team.engine.up_sides == {NEW}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": 99}, "version 99, this mlteam writes 1"),
        ({"kind": "monitoring"}, "it is about monitoring"),
        ({"new": OLD}, "old and new are both oss"),
        ({"source": None}, "does not say where the old side is"),
    ],
)
def test_a_journal_that_no_swap_has_written_is_refused(team: Any, change: dict[str, Any], says: str) -> None:
    with team.killed_at(Step.MOVE):
        team.to()
    where = {"Bucket": "mlteam-dev-artifacts", "Key": "workflow/swaps/tracking.json"}
    body = json.loads(team.engine.client.get_object(**where)["Body"].read())
    team.engine.client.put_object(**where, Body=json.dumps(body | change).encode())
    with pytest.raises(DriftError, match=says):
        team.to()
    assert team.engine.up_sides == {OLD, NEW}


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
    team.engine.platform["tracking"]["tracking_uri"] = NOWHERE
    team.engine.uris = {**team.engine.uris, OLD: NOWHERE}
    team.engine.write(OLD)
    team.environment = {RETRIES: "0"}
    with pytest.raises(ResourceError, match="tracking/oss"):
        team.to()
    assert team.engine.up_sides == {OLD}
    assert team.engine.calls == ["preview", "preview"]
