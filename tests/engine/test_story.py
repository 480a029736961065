"""The whole story on the real engine, MLflow and model server, as `make demo` and `make down` tell it.

Told once; the tests look at what it left, swap the tracking under it, and the last one ends it.
"""

import dataclasses
import json
import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from emulator.access import usage
from examples.digits import demo, down
from examples.digits.story import PROJECT, STORY, Role
from stacks.local import CHECKOUT
from tests.engine import forked
from workflow.deployment import Deployment, read_deployment
from workflow.errors import NoStackError, StepTimeoutError
from workflow.project import load_project

pytestmark = pytest.mark.engine

CANDIDATES = ("baseline", "weak", "strong")
MLFLOW = """
import json, mlflow
experiments = mlflow.search_experiments()
runs = mlflow.search_runs([each.experiment_id for each in experiments], output_format="list")
client = mlflow.MlflowClient()
print(json.dumps({
    "experiments": [each.name for each in experiments],
    "runs": {run.info.run_id: [run.info.status, run.data.params, run.data.metrics, run.data.tags] for run in runs},
    "versions": {f"{each.name}/{each.version}": each.run_id for each in client.search_model_versions()},
}))
"""
"""What a data scientist asks MLflow for, with nothing but the environment."""


@dataclass(frozen=True)
class Told:
    """A story that has been told, and where."""

    laptop: Any
    demo: demo.Demo
    environments: Mapping[Role, Mapping[str, str]]

    def record(self, candidate: str) -> dict[str, Any]:
        return dict(json.loads((self.demo.folder / f"{candidate}.json").read_text()))

    def mlteam(self, role: Role, *words: str, code: int = 0) -> str:
        """What a command prints on stdout, typed as in the demo; it must end with this exit code."""
        command, environment = ["mlteam", *words], dict(self.environments[role])
        done = subprocess.run(command, cwd=CHECKOUT, env=environment, text=True, capture_output=True)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def sh(self, script: str) -> str:
        """A newcomer's shell in the clone, after eval; it knows nothing of the platform before."""
        checkout = self.laptop.platform.checkout
        known = {name: os.environ[name] for name in ("HOME", "PATH", "PULUMI_HOME") if name in os.environ}
        # The installed mlteam is this checkout's, the platform is the clone's.
        env = f'eval "$(PYTHONPATH={shlex.quote(str(checkout))} .venv/bin/mlteam env)"'
        done = subprocess.run(
            ["sh", "-euc", f"{env}\n{script}"], cwd=checkout, env=known, text=True, capture_output=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @cached_property
    def deployment(self) -> Deployment:
        record = json.loads(self.laptop.platform.output("platform"))
        return read_deployment(self.laptop.client("s3"), record["serving"]["deployment_uri"]).deployment

    @cached_property
    def mlflow(self) -> dict[str, Any]:
        return self.ask_mlflow()

    def ask_mlflow(self) -> dict[str, Any]:
        return dict(json.loads(self.sh(f"python -c {shlex.quote(MLFLOW)}")))

    def models(self) -> dict[str, list[Any]]:
        """By name and version: how the run of the model ended, its parameters, its metrics and its tags."""
        known = self.ask_mlflow()
        return {version: known["runs"][run] for version, run in known["versions"].items()}

    def set_tracking(self, variant: str) -> None:
        self.laptop.pulumi("config", "set", "tracking", variant)
        self.laptop.change("up")

    def tell(self, candidate: str, anew: str) -> dict[str, Any]:
        """The acts of a candidate once more, under another name; its record."""
        acts = [act for scene in STORY for act in scene if act.record == candidate]
        for act in acts:
            words = tuple(anew if word == candidate else word for word in act.words)
            demo.play(self.demo, (dataclasses.replace(act, record=anew, words=words),), self.environments)
        return self.record(anew)


@pytest.fixture(scope="module")
def fresh(laptop_of: Callable[[str], Any]) -> Any:
    """An emulated AWS with nothing in it."""
    laptop = laptop_of("local")
    demo.begin_clean(laptop.platform)
    laptop.platform.start()
    laptop.platform.select()
    return laptop


@pytest.fixture(scope="module")
def up(fresh: Any) -> Any:
    fresh.change("up")
    return fresh


@pytest.fixture(scope="module")
def told(up: Any) -> Told:
    platform = up.platform
    story = demo.Demo(platform, forked.mlteam)
    assert demo.upload(story) > 0
    environments = demo.take_roles(platform)
    for scene in STORY:
        demo.play(story, scene, environments)
    return Told(up, story, environments)


def test_a_preview_makes_nothing(fresh: Any) -> None:
    assert "to create" in fresh.pulumi("preview")
    assert (fresh.buckets(), fresh.machines(), fresh.roles()) == ([], [], [])


def test_a_second_up_and_a_refresh_change_nothing(up: Any) -> None:
    up.change("up", "--expect-no-changes")
    up.change("refresh", "--expect-no-changes")


def test_every_act_of_the_story_was_played(told: Told) -> None:
    assert {part.title for part in told.demo.parts} == {act.title for scene in STORY for act in scene}


def test_the_gate_refused_a_candidate_whose_point_passes_and_whose_bound_does_not(told: Told) -> None:
    threshold = load_project(CHECKOUT / "examples/digits/project").thresholds["auc"].value
    weak = told.record("weak")
    auc = weak["evaluate"]["metrics"]["auc"]
    assert auc["point"] >= threshold > auc["lower"], auc
    assert weak["gate"]["passed"] is False
    assert next(check["name"] for check in weak["gate"]["checks"] if not check["passed"]) == f"auc >= {threshold}"
    assert not {"approve", "deploy"} & weak.keys(), "a refused candidate went on"


@pytest.mark.parametrize("candidate", ["baseline", "strong"])
def test_what_passed_the_gate_was_approved_by_somebody_else_and_is_the_same_model(told: Told, candidate: str) -> None:
    record = told.record(candidate)
    assert record["gate"]["passed"] is True
    assert record["approve"]["approver"] != record["approve"]["author"]
    digests = {record[section]["digest"] for section in ("train", "evaluate", "gate", "approve", "deploy")}
    assert len(digests) == 1


def test_the_ab_test_promotes_and_says_that_requests_were_drawn_with_replacement(told: Told) -> None:
    test = told.record("strong")["abtest"]
    assert test["decision"] == "promote"
    assert test["with_replacement"] is True
    assert min(test[arm]["requests"] for arm in ("champion", "challenger")) > 0
    assert test["champion"]["requests"] + test["challenger"]["requests"] == test["requests"]
    assert test["difference"]["lower"] > 0
    assert told.record("strong")["promote"]["digest"] == test["digest"]


def test_after_the_rollback_the_baseline_is_the_champion_again(told: Told, fetch: Callable[[str], bytes]) -> None:
    baseline = told.record("baseline")["train"]["digest"]
    assert told.deployment.champion is not None
    assert told.deployment.champion.digest == baseline
    assert told.deployment.challenger is None
    status = json.loads(fetch(f"{told.laptop.platform.output('servingUrl')}/status"))
    assert status["arms"]["champion"]["digest"] == baseline, status
    assert status["generation"] == told.deployment.generation > told.record("strong")["promote"]["generation"]


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_mlflow_knows_what_was_trained_on_what(told: Told, candidate: str) -> None:
    train = told.record(candidate)["train"]
    status, parameters, metrics, tags = told.mlflow["runs"][train["run_id"]]
    assert status == "FINISHED"
    assert parameters["kind"] == ("network" if candidate == "strong" else "logistic")
    assert metrics
    manifest = told.record("sample")["sample"]["manifests"][train["tier"]]["digest"]
    assert tags["mlteam.manifest"] == manifest == train["manifest_digest"]
    assert told.mlflow["versions"][f"{train['model_name']}/{train['model_version']}"] == train["run_id"]


def test_plain_pulumi_and_boto3_work_after_eval(told: Told) -> None:
    ask = "import boto3; print(*sorted(b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']))"
    said = told.sh(f"pulumi stack output landingUri\npython -c {shlex.quote(ask)}").splitlines()
    assert said[0] == told.laptop.platform.output("landingUri")
    assert said[1].split() == sorted(told.laptop.buckets())


def test_the_host_is_looked_after_by_a_developer(told: Told) -> None:
    assert "mlflow" in told.mlteam(Role.DEVELOPER, "logs", "mlflow").lower()
    assert "was awake" in told.mlteam(Role.DEVELOPER, "wake")
    status = json.loads(told.mlteam(Role.DEVELOPER, "--output", "json", "status"))
    assert (status["version"], status["problem"]) == (1, "")
    assert status["deployment"]["generation"] == told.deployment.generation


def test_a_training_that_is_given_up_ends_its_machine(told: Told) -> None:
    record = str(told.demo.folder / "weak.json")
    words = ("--record", record, "train", "--candidate", "given-up", "--tier", "staging", *PROJECT)
    told.mlteam(Role.DEVELOPER, *words, "--timeout-seconds", "1", code=StepTimeoutError.exit_code)
    assert [each["InstanceId"] for each in told.laptop.machines() if _job(each).startswith("given-up")] == []


def _job(machine: Mapping[str, Any]) -> str:
    return next((str(tag["Value"]) for tag in machine.get("Tags", ()) if tag["Key"] == "mlteam:job"), "")


def test_a_host_that_its_schedule_stopped_is_woken_by_a_developer(told: Told) -> None:
    host = json.loads(told.laptop.platform.output("platform"))["host"]["instance_id"]
    told.laptop.client("ec2").stop_instances(InstanceIds=[host])
    said = told.mlteam(Role.DEVELOPER, "wake")
    assert "is awake; answering: mlflow, model-server" in said


def test_no_call_of_a_role_was_denied(told: Told) -> None:
    assert told.laptop.refusals() == []


def test_every_right_of_every_role_was_needed(told: Told, unneeded: Mapping[str, str]) -> None:
    """Or the table says why it is there all the same, and nothing that it excuses was needed."""
    roles, (allowed, needed) = told.laptop.powers(), told.laptop.rights()
    excused = [name for name in unneeded if name.split("/")[0] in roles]
    assert len(roles) == 6
    assert sorted(usage.unproven(allowed, needed)) == sorted(excused)


def test_the_demo_leaves_the_checkout_as_it_was(told: Told) -> None:
    own = "Pulumi.local.yaml"
    assert (told.laptop.platform.checkout / own).read_bytes() == (CHECKOUT / own).read_bytes()


def test_the_story_goes_on_with_tracking_at_aws_and_back_by_one_line_of_config(told: Told) -> None:
    before, holding = told.models(), told.laptop.holds_data()
    assert len(before) == len(CANDIDATES)
    told.set_tracking("managed")
    record = told.tell("strong", "again")
    assert record["promote"]["digest"] == record["train"]["digest"] == record["abtest"]["digest"]
    assert told.models().keys() == {f"{record['train']['model_name']}/{record['train']['model_version']}"}
    told.set_tracking("oss")
    assert told.models() == before
    assert told.laptop.holds_data() == holding


def test_down_leaves_no_resource_and_no_process(told: Told) -> None:
    platform = told.laptop.platform
    config = platform.checkout / "Pulumi.local.yaml"
    before = config.read_bytes()
    down.run(platform)  # fails on any resource that is left
    assert told.laptop.processes() == []
    assert not platform.state_directory.exists()
    with pytest.raises(NoStackError):
        platform.endpoints()
    assert config.read_bytes() == before
