"""Tracking swapped to AWS and back on stack dev, by one line of config and by one verb: what was there is found again.

The tests build on each other in their order, because every `up` takes a while.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from examples.digits import demo
from examples.digits.story import Role
from stacks.commands import env
from stacks.commands.host import run_on_host
from stacks.local import CHECKOUT
from workflow import s3
from workflow.aws import Aws
from workflow.context import Context

pytestmark = pytest.mark.engine

CONFIG = """\
  mlteam:amiId: ami-0123456789abcdef0
  aws:accessKey: emulated
  aws:secretKey: emulated
  aws:skipMetadataApiCheck: "true"
"""
PATIENCE_SECONDS = 300
APP = "aws:sagemaker/mlflowApp:MlflowApp"
LOG = (Path(__file__).parent / "log_a_run.py").read_text()
READ = """
import json, sys, mlflow
client, (name, run_id) = mlflow.MlflowClient(), sys.argv[1:]
run = client.get_run(run_id)
print(json.dumps({
    "experiment": client.get_experiment(run.info.experiment_id).name,
    "params": run.data.params,
    "loss": [[each.step, each.value] for each in client.get_metric_history(run_id, "loss")],
    "champion": client.get_model_version_by_alias(name, "champion").run_id,
    "model": mlflow.artifacts.load_text(f"runs:/{run_id}/model/MLmodel"),
}))
"""
CHAMPION = "import sys, mlflow; print(mlflow.MlflowClient().get_model_version_by_alias(sys.argv[1], 'champion').run_id)"
"""What a data scientist does, with nothing but the environment that `mlteam env` gives."""


def logged(name: str, run_id: str) -> dict[str, Any]:
    """What READ finds of what LOG has left."""
    return {
        "experiment": name,
        "params": {"kind": name},
        "loss": [[step, 1 / (step + 1)] for step in range(5)],
        "champion": run_id,
        "model": name,
    }


@dataclass
class Team:
    """A stack, and the ids of the runs that its team has logged, by the name of the experiment."""

    laptop: Any
    folder: Path
    runs: dict[str, str] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        known = self.laptop.platform.environment()
        aws = Aws(
            endpoint_url=known["AWS_ENDPOINT_URL"],
            region_name=known["AWS_REGION"],
            aws_access_key_id=known["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=known["AWS_SECRET_ACCESS_KEY"],
        )
        return Context(stack_name="dev", aws=aws)

    def python(self, code: str, *arguments: str, **settings: str) -> str:
        """In a shell of its own after `eval "$(mlteam env)"`; MLflow has nothing to complain about."""
        exports = dict(env.run(self.context, self.laptop.platform).exports)
        done = subprocess.run(
            ["python", "-c", code, *arguments],
            cwd=self.folder,
            env={**exports, "HOME": str(self.folder), **settings},
            text=True,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr
        assert "WARNING" not in done.stderr, done.stderr
        return done.stdout.splitlines()[-1]

    def log(self, name: str) -> None:
        self.runs[name] = self.python(LOG, name)

    def read(self, name: str, **settings: str) -> dict[str, Any]:
        return dict(json.loads(self.python(READ, name, self.runs[name], **settings)))

    @cached_property
    def roles(self) -> Mapping[Role, Mapping[str, str]]:
        return demo.take_roles(self.laptop.platform)

    def mlteam(self, role: Role, *words: str) -> dict[str, Any]:
        """The answer of a command, with the rights of its role."""
        record = self.folder / "record.json"
        command = ["mlteam", "--record", str(record), "--output", "json", *words]
        done = subprocess.run(command, cwd=CHECKOUT, env=dict(self.roles[role]), text=True, capture_output=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(json.loads(done.stdout))

    def swap(self, tracking: str) -> None:
        self.laptop.pulumi("config", "set", "tracking", tracking)
        self.laptop.change("up")

    def apps(self) -> list[dict[str, Any]]:
        return list(self.laptop.client("sagemaker").list_mlflow_apps()["Summaries"])

    def guided(self, *words: str) -> "subprocess.Popen[str]":
        """`mlteam swap`, as a person types it in the checkout."""
        command = ["mlteam", "--output", "json", "swap", "tracking", *words]
        checkout, shell = self.laptop.platform.checkout, self.laptop.platform.shell()
        return subprocess.Popen(
            command, cwd=checkout, env=shell, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0
        )

    def step(self) -> str:
        """Where a swap is, by its journal."""
        stored = s3.read(self.context.aws.client("s3"), s3.Address(self.bucket, "workflow/swaps/tracking.json"))
        return str(json.loads(stored.body)["step"]) if stored else ""

    @property
    def bucket(self) -> str:
        return self.context.platform.storage.artifact_bucket


@pytest.fixture(scope="module")
def team(laptop_of: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Team:
    laptop = laptop_of("dev")
    there = laptop.platform.checkout / "Pulumi.dev.yaml"
    there.write_text(there.read_text().replace("config:\n", f"config:\n{CONFIG}"))
    laptop.platform.start()
    laptop.platform.select()
    laptop.change("up")
    return Team(laptop, tmp_path_factory.mktemp("team"))


def settled(team: Team) -> None:
    team.laptop.change("up", "--expect-no-changes")
    team.laptop.change("refresh", "--expect-no-changes")


def test_a_plain_client_logs_on_the_hosts_server(team: Team) -> None:
    team.log("on-the-host")
    assert team.read("on-the-host") == logged("on-the-host", team.runs["on-the-host"])


def test_the_swap_to_aws_leaves_what_holds_data_alone(team: Team) -> None:
    before = team.laptop.holds_data()
    assert len(before) == 5
    team.swap("managed")
    assert team.laptop.holds_data() == before
    [app] = team.apps()
    assert [id_ for id_, _ in team.laptop.state(APP).values()] == [app["Arn"]]


def test_a_plain_client_logs_to_the_app_by_its_arn(team: Team) -> None:
    team.log("at-aws")
    assert team.read("at-aws") == logged("at-aws", team.runs["at-aws"])
    [app] = team.apps()
    assert team.context.platform.tracking.tracking_uri == app["Arn"]
    listed = team.laptop.client("s3").list_objects_v2(Bucket=team.bucket, Prefix="mlflow-app/")["Contents"]
    assert [each["Key"] for each in listed if team.runs["at-aws"] in each["Key"]]


def test_a_browser_finds_the_apps_page(team: Team, fetch: Callable[[str], bytes]) -> None:
    page, _, arn = demo.mlflow_page(team.laptop.platform).partition(" ")
    assert team.apps()[0]["Arn"] in arn
    assert b"<title>MLflow</title>" in fetch(page)


def test_the_workflow_trains_and_evaluates_with_the_app(team: Team) -> None:
    """On a machine of its own, with the rights of the trainer's role, for people with those of theirs."""
    demo.upload(demo.Demo(team.laptop.platform))
    project = ("--project", "examples/digits/project")
    team.mlteam(Role.SAMPLER, "sample", "--stratified")
    train = team.mlteam(Role.DEVELOPER, "train", "--candidate", "first", "--tier", "staging", *project)
    evaluated = team.mlteam(Role.DEVELOPER, "evaluate", *project)
    assert evaluated["digest"] == train["digest"]
    run = "import sys, mlflow; print(sorted(mlflow.MlflowClient().get_run(sys.argv[1]).data.metrics))"
    assert "auc" in team.python(run, train["run_id"])
    assert team.mlteam(Role.DEVELOPER, "status")["tracking_uri"] == team.apps()[0]["Arn"]


def test_the_server_on_the_host_is_stopped_and_the_others_run_on(team: Team) -> None:
    asked = "systemctl is-active mlteam-mlflow.service mlteam-model-server.service || true"
    assert run_on_host(team.context, "AWS-RunShellScript", {"commands": asked}).split() == ["inactive", "active"]
    host = team.context.platform.host
    assert host is not None
    assert set(host.services) == {"model-server"}


def test_with_tracking_at_aws_nothing_is_left_to_do(team: Team) -> None:
    settled(team)


def test_the_swap_back_finds_everything_even_if_the_disk_is_empty(team: Team) -> None:
    """The home of the server's data is the bucket."""
    [database] = (team.laptop.platform.aws_directory / "volumes").rglob("mlflow.db")
    shutil.rmtree(database.parent)
    before = team.laptop.holds_data()
    team.swap("oss")
    assert team.laptop.holds_data() == before
    assert team.read("on-the-host") == logged("on-the-host", team.runs["on-the-host"])


def test_the_app_is_left_at_aws_with_what_it_holds(team: Team) -> None:
    [app] = team.apps()
    assert app["Status"] == "Created"
    assert team.laptop.state(APP) == {}
    found = team.read("at-aws", MLFLOW_TRACKING_URI=app["Arn"])
    assert found == logged("at-aws", team.runs["at-aws"])


def test_with_tracking_on_the_host_again_nothing_is_left_to_do(team: Team) -> None:
    settled(team)


def answer(swap: "subprocess.Popen[str]") -> dict[str, Any]:
    said, shown = swap.communicate(timeout=PATIENCE_SECONDS)
    assert swap.returncode == 0, shown
    return dict(json.loads(said))


def interrupted(team: Team, number: signal.Signals) -> None:
    """Once both sides are up."""
    swap = team.guided("managed", "--yes")
    while team.step() != "move":
        assert swap.poll() is None, swap.communicate()
        time.sleep(0.2)
    os.killpg(swap.pid, number)
    _, shown = swap.communicate(timeout=PATIENCE_SECONDS)
    assert "interrupted" in shown, shown
    assert team.step() in ("move", "retire")


def test_a_guided_swap_that_is_undone_brings_back_what_was_logged_meanwhile(team: Team) -> None:
    interrupted(team, signal.SIGTERM)
    before = team.laptop.holds_data()
    team.log("between")
    assert answer(team.guided("--undo"))["outcome"] == "undone"
    assert team.laptop.holds_data() == before
    assert team.context.platform.tracking.variant == "oss"
    assert team.read("on-the-host") == logged("on-the-host", team.runs["on-the-host"])
    copy = team.python(CHAMPION, "between")
    assert json.loads(team.python(READ, "between", copy)) == logged("between", copy)


def test_a_guided_swap_that_is_interrupted_goes_on_where_it_stopped(team: Team) -> None:
    interrupted(team, signal.SIGINT)
    told = answer(team.guided("managed", "--yes"))
    assert told["outcome"] == "done"
    assert told["usd_after"] == float(team.laptop.platform.output("monthlyCostUsd")) > 0
    assert (told["counts"]["runs"], told["counts"]["metric points"], told["counts"]["aliases"]) == (2, 10, 2)


def test_what_was_moved_is_read_at_aws_by_the_same_names(team: Team) -> None:
    copy = team.python(CHAMPION, "on-the-host")
    assert copy != team.runs["on-the-host"]
    assert team.context.platform.tracking.variant == "managed"
    assert json.loads(team.python(READ, "on-the-host", copy)) == logged("on-the-host", copy)


def test_the_guided_swap_back_brings_what_is_new_and_doubles_nothing(team: Team) -> None:
    team.log("at-aws-again")
    before = team.laptop.holds_data()
    told = answer(team.guided("oss", "--yes"))
    assert (told["outcome"], told["counts"]["runs"], told["counts"]["model versions"]) == ("done", 3, 3)
    assert team.laptop.holds_data() == before
    assert team.read("on-the-host") == logged("on-the-host", team.runs["on-the-host"])
    copy = team.python(CHAMPION, "at-aws-again")
    assert json.loads(team.python(READ, "at-aws-again", copy)) == logged("at-aws-again", copy)
    count = "import mlflow; print(len(mlflow.search_runs(search_all_experiments=True, output_format='list')))"
    assert team.python(count) == "3"


def test_no_call_of_a_role_was_denied_on_either_side(team: Team) -> None:
    assert team.laptop.refusals() == []
