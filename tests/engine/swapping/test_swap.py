"""Tracking swapped to AWS and back on stack dev, by one line of config and by one verb: what was there is found again.

The tests build on each other in their order, because every `up` takes a while.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator.access import usage
from emulator.processes import Process
from examples.digits import demo
from examples.digits.story import PROJECT, SAMPLE
from stacks.commands.host import run_on_host
from tests.engine import places
from tests.engine.places import CANARY

pytestmark = pytest.mark.engine

APP = "aws:sagemaker/mlflowApp:MlflowApp"
AWS_SIDE = "AWS's own server shows artifacts on its page; the emulated one leaves them to its clients"
UNNEEDED = {
    **dict.fromkeys(
        ("developer/TrackingStore s3:AbortMultipartUpload", "trainer/TrackingStore s3:AbortMultipartUpload"),
        "a large upload that fails is given up; none fails here",
    ),
    **dict.fromkeys(
        ("trainer/TrackingStore s3:GetObject", "trainer/TrackingStoreList"),
        "a training may go on from a model; this one begins anew",
    ),
    **dict.fromkeys(
        ("mlflow-app/MlflowBucket", "mlflow-app/MlflowStore", "mlflow-app/MlflowStoreList", "mlflow-app/trust/Service"),
        AWS_SIDE,
    ),
}
"""Rights with the app that no call here needs, and why they are there all the same."""
WITH_AN_UP = ("up", "retire")
"""Steps of a swap that run the engine."""


def settled(team: Any) -> None:
    team.laptop.change("up", "--expect-no-changes")
    team.laptop.change("refresh", "--expect-no-changes")


def test_a_plain_client_logs_on_the_hosts_server(team: Any) -> None:
    team.log("on-the-host")
    assert team.read("on-the-host") == team.logged("on-the-host")


def test_the_demo_puts_a_champion_into_service(team: Any) -> None:
    """Its weak candidate does not matter here, its strong one comes after the swap."""
    demo.upload(team.demo)
    team.tell(SAMPLE)
    baseline = team.tell("baseline")
    assert team.mlteam("status")["deployment"]["champion"]["digest"] == baseline["train"]["digest"]


def test_the_swap_to_aws_leaves_what_holds_data_alone(team: Any) -> None:
    before = team.laptop.holds_data()
    assert len(before) == 5
    team.allowed, _ = team.laptop.rights()
    team.swap("managed")
    assert team.laptop.holds_data() == before
    [app] = team.apps()
    assert [id_ for id_, _ in team.laptop.state(APP).values()] == [app["Arn"]]


def test_a_plain_client_logs_to_the_app_by_its_arn(team: Any) -> None:
    team.log("at-aws")
    assert team.read("at-aws") == team.logged("at-aws")
    [app] = team.apps()
    assert team.context.platform.tracking.tracking_uri == app["Arn"]
    listed = team.laptop.client("s3").list_objects_v2(Bucket=team.bucket, Prefix="mlflow-app/")["Contents"]
    assert [each["Key"] for each in listed if team.runs["at-aws"] in each["Key"]]


def test_a_browser_finds_the_apps_page(team: Any, fetch: Callable[[str], bytes]) -> None:
    page, _, arn = demo.mlflow_page(team.laptop.platform).partition(" ")
    assert team.apps()[0]["Arn"] in arn
    assert b"<title>MLflow</title>" in fetch(page)


def test_the_workflow_goes_on_with_the_app_to_a_promotion_and_a_rollback(team: Any) -> None:
    """A challenger that knows only the app, against the champion of before the swap."""
    strong = team.tell("strong")
    steps = ("train", "evaluate", "gate", "approve", "deploy", "abtest", "promote")
    assert len({strong[step]["digest"] for step in steps}) == 1
    assert strong["abtest"]["decision"] == "promote"
    run = "import sys, mlflow; print(sorted(mlflow.MlflowClient().get_run(sys.argv[1]).data.metrics))"
    assert "auc" in team.python(run, strong["train"]["run_id"])
    status = team.mlteam("status")
    assert status["tracking_uri"] == team.apps()[0]["Arn"]
    assert status["deployment"]["champion"]["digest"] == team.told("baseline")["train"]["digest"]


def test_every_right_that_came_with_the_app_was_needed(team: Any) -> None:
    """Those of before are the business of the story on the host (tests/engine/test_story.py)."""
    allowed, needed = team.laptop.rights()
    come = allowed - team.allowed
    assert {"developer/TrackingCalls", "trainer/TrackingCalls", "mlflow-app/MlflowStore"} <= come
    assert sorted(usage.unproven(come, needed)) == sorted(UNNEEDED)


def test_the_server_on_the_host_is_stopped_and_the_others_run_on(team: Any) -> None:
    asked = "systemctl is-active mlteam-mlflow.service mlteam-model-server.service || true"
    assert run_on_host(team.context, "AWS-RunShellScript", {"commands": asked}).split() == ["inactive", "active"]
    host = team.context.platform.host
    assert host is not None
    assert set(host.services) == {"model-server"}


def test_with_tracking_at_aws_nothing_is_left_to_do(team: Any) -> None:
    settled(team)


def test_the_swap_back_finds_everything_even_if_the_disk_is_empty(team: Any) -> None:
    """The home of the server's data is the bucket."""
    [database] = (team.laptop.platform.aws_directory / "volumes").rglob("mlflow.db")
    shutil.rmtree(database.parent)
    before = team.laptop.holds_data()
    team.swap("oss")
    assert team.laptop.holds_data() == before
    assert team.read("on-the-host") == team.logged("on-the-host")


def test_the_app_is_left_at_aws_with_what_it_holds(team: Any) -> None:
    [app] = team.apps()
    assert app["Status"] == "Created"
    assert team.laptop.state(APP) == {}
    found = team.read("at-aws", MLFLOW_TRACKING_URI=app["Arn"])
    assert found == team.logged("at-aws")


def test_with_tracking_on_the_host_again_nothing_is_left_to_do(team: Any) -> None:
    settled(team)


def answer(team: Any, swap: "subprocess.Popen[str]") -> dict[str, Any]:
    said, shown = team.end_of(swap)
    assert swap.returncode == 0, shown
    return dict(json.loads(said))


def engine_of(swap: "subprocess.Popen[str]") -> int | None:
    """The process id of the `pulumi up` that a swap waits for."""
    for pid in Path(f"/proc/{swap.pid}/task/{swap.pid}/children").read_text().split():
        if Process(int(pid), 0).command().startswith("pulumi up "):
            return int(pid)
    return None


def interrupted(team: Any, number: signal.Signals, variant: str, at: str, ends: tuple[str, ...]) -> None:
    """Once it has come to a step; and to the step's `pulumi up`, if it has one. It ends there or, late, a step on."""
    swap = team.guided(variant, "--yes")
    while team.step() != at or (at in WITH_AN_UP and engine_of(swap) is None):
        assert swap.poll() is None, swap.communicate()
        time.sleep(0.2)
    os.killpg(swap.pid, number)
    _, shown = team.end_of(swap)
    assert "interrupted" in shown, shown
    assert "the same command goes on from here" in shown, shown
    assert team.step() in ends


def test_a_guided_swap_that_is_undone_brings_back_what_was_logged_meanwhile(team: Any) -> None:
    interrupted(team, signal.SIGTERM, "managed", at="move", ends=("move", "retire"))
    before = team.laptop.holds_data()
    team.log("between")
    assert answer(team, team.guided("--undo"))["outcome"] == "undone"
    assert team.laptop.holds_data() == before
    assert team.context.platform.tracking.variant == "oss"
    assert team.read("on-the-host") == team.logged("on-the-host")
    copy = team.champion("between")
    assert team.read("between", copy) == team.logged("between", copy)


def test_a_guided_swap_whose_engine_is_killed_says_so_and_recovery_cleans_up(team: Any) -> None:
    """While it makes the new side; the next test goes on from there."""
    swap = team.guided("managed", "--yes")
    while (engine := engine_of(swap)) is None:
        assert swap.poll() is None, swap.communicate()
        time.sleep(0.05)
    changes = team.laptop.changes()
    while next(changes) < 2:
        assert swap.poll() is None, swap.communicate()
        time.sleep(0.01)
    os.kill(engine, signal.SIGKILL)
    _, shown = team.end_of(swap)
    assert swap.returncode == 4, shown
    assert "pulumi up --yes failed" in shown, shown
    assert team.step() == "up"
    recovered = team.recover()
    assert len(recovered["locks"]) == 1
    assert all(each.startswith("MlflowApp") for each in recovered["left"]), recovered
    assert any("it holds experiments: " in each for each in recovered["left"]), "the apps of swaps before"
    assert team.context.platform.tracking.variant == "oss"
    assert team.read("on-the-host") == team.logged("on-the-host")


def test_a_guided_swap_that_is_interrupted_goes_on_where_it_stopped(team: Any) -> None:
    interrupted(team, signal.SIGINT, "managed", at="move", ends=("move", "retire"))
    told = answer(team, team.guided("managed", "--yes"))
    assert told["outcome"] == "done"
    assert told["usd_after"] == float(team.laptop.platform.output("monthlyCostUsd")) > 0
    counts = told["counts"]
    assert (counts["runs"], counts["registered models"], counts["aliases"]) == (3, 3, 3)
    assert counts["metric points"] > 10, "those of the plain client's runs, and the baseline's"


def test_what_was_moved_is_read_at_aws_by_the_same_names(team: Any) -> None:
    copy = team.champion("on-the-host")
    assert copy != team.runs["on-the-host"]
    assert team.context.platform.tracking.variant == "managed"
    assert team.read("on-the-host", copy) == team.logged("on-the-host", copy)


def test_a_model_that_was_moved_is_evaluated_at_aws(team: Any) -> None:
    known = team.told("baseline")
    evaluated = team.mlteam("--record", str(team.record("baseline")), "evaluate", *PROJECT)
    assert (evaluated["digest"], evaluated["metrics"]) == (known["train"]["digest"], known["evaluate"]["metrics"])


def test_the_guided_swap_back_goes_on_after_each_interruption_brings_what_is_new_and_doubles_nothing(team: Any) -> None:
    team.log("at-aws-again")
    before = team.laptop.holds_data()
    interrupted(team, signal.SIGINT, "oss", at="export", ends=("export", "up"))
    interrupted(team, signal.SIGTERM, "oss", at="up", ends=("up", "move"))
    interrupted(team, signal.SIGINT, "oss", at="retire", ends=("retire",))
    told = answer(team, team.guided("oss", "--yes"))
    assert (told["outcome"], told["counts"]["runs"], told["counts"]["model versions"]) == ("done", 4, 4)
    assert team.laptop.holds_data() == before
    assert team.read("on-the-host") == team.logged("on-the-host")
    copy = team.champion("at-aws-again")
    assert team.read("at-aws-again", copy) == team.logged("at-aws-again", copy)
    count = "import mlflow; print(len(mlflow.search_runs(search_all_experiments=True, output_format='list')))"
    assert team.python(count) == "4"


def test_after_the_guided_swaps_nothing_is_left_to_do(team: Any) -> None:
    settled(team)


def test_no_call_of_a_role_was_denied_on_either_side(team: Any) -> None:
    assert team.laptop.refusals() == []


def test_no_secret_lies_anywhere_in_plain_after_swaps_an_undo_and_a_recovery(team: Any, search: Any) -> None:
    """The config's own, and those that hosts made before and after: on the host alone root may read them."""
    said = {"swaps": "\n".join(team.heard), "history": team.laptop.pulumi("stack", "history", "--json")}
    searched, made = search(team.laptop, said), places.made_secrets(team.laptop)
    assert len(made) == 2
    assert any("mlflow_server" in text.decode() for name, text in searched.places.items() if name.startswith("argv"))
    assert searched.found(CANARY) == []
    for name, secret in made.items():
        files = searched.found(secret)
        assert {Path(each).name for each in files} == {"secrets.env"}, (name, files)
        assert all(Path(each).stat().st_mode & 0o077 == 0 for each in files), (name, files)
