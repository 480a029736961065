"""The step `train`: what it refuses, when it trains again, how it waits. The machine is a place of the test's own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.variants import Tier
from workflow import s3
from workflow.errors import ResourceError, StepTimeoutError, UsageError
from workflow.record import write_section
from workflow.sections import ManifestRecord, SampleRecord
from workflow.steps import train
from workflow.steps.train import TrainOptions, run
from workflow.training.job import Job, State, Status, write_status

JOBS = "s3://mlteam-dev-artifacts/workflow/jobs"


class Place:
    """Says a status when it is asked how it is; remembers what was done to it."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.script: list[Status | str | BaseException] = []
        self.calls: list[str] = []
        self.job: Job | None = None
        self.is_there = False

    def find(self, job: Job, /) -> bool:
        self.job = job
        return self.is_there

    def start(self, job: Job, attempt: int, /) -> None:
        self.job = job
        self.calls.append(f"start {attempt}")

    def gone_because(self) -> str:
        assert self.job is not None
        now = self.script.pop(0) if self.script else ""
        if isinstance(now, BaseException):
            raise now
        if isinstance(now, Status):
            write_status(self.client, self.job.folder, now)
            return ""
        return now

    def finish(self) -> None:
        self.calls.append("finish")

    def stop(self) -> None:
        self.calls.append("stop")


DONE = Status(state=State.SUCCEEDED, run_id="r1", model_name="tiny", model_version="3", digest="d" * 64)


@pytest.fixture
def place(world: Any, monkeypatch: pytest.MonkeyPatch) -> Place:
    place = Place(world.client)
    monkeypatch.setattr(train, "_place", lambda *_: place)
    return place


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "mlteam.yaml").write_text('project: tiny\npositive_label: "1"\nthresholds: {auc: ">= 0.9"}\n')
    (folder / "MLproject").write_text(
        "entry_points: {main: {parameters: {data: path, model: path, C: {type: float, default: 1}},"
        ' command: "python t.py {data} {model} {C}"}}'
    )
    return folder


@pytest.fixture
def trained(world: Any, project: Path, place: Place) -> Callable[..., Any]:
    """Run the step after a sample, quickly."""
    tiers = {"dev": 10, "staging": 0}
    manifests = {
        tier: ManifestRecord(uri=f"s3://b/{tier}", digest=tier * 8, count=count, size_bytes=1, labels={})
        for tier, count in tiers.items()
    }
    write_section(
        world.context.record_path, "sample", SampleRecord(salt="s", mode="manifest", manifests=manifests), stack="dev"
    )

    def call(*script: Status | str | BaseException, **options: Any) -> Any:
        place.script = list(script)
        given: dict[str, Any] = {"candidate": "first", "project": project, "poll_seconds": 0.01} | options
        return run(world.context, TrainOptions(**given))

    return call


def test_a_trained_model_is_recorded_by_its_digest(world: Any, trained: Callable[..., Any], place: Place) -> None:
    result = trained(Status(state=State.RUNNING, message="training"), DONE)
    assert result.digest == "d" * 64
    assert result.model_uri == "models:/tiny/3"
    assert world.record()["train"]["author"].startswith("arn:aws:")
    assert place.calls == ["start 1", "finish"]
    assert "training" in world.said.getvalue()


def test_a_command_that_cannot_be_filled_in_costs_no_machine(
    trained: Callable[..., Any], project: Path, place: Place
) -> None:
    there = project / "MLproject"
    there.write_text(there.read_text().replace("{C}", "{depth}"))
    with pytest.raises(UsageError, match="the command of MLproject cannot be filled in: 'depth'"):
        trained(DONE)
    assert place.calls == []


def test_a_record_without_the_tiers_manifest_is_refused(trained: Callable[..., Any], place: Place) -> None:
    with pytest.raises(UsageError, match=r"no manifest 'prod'; it has: dev, staging\n  cure: mlteam sample"):
        trained(DONE, tier=Tier.PROD)
    assert place.calls == []


def test_the_job_lies_complete_in_s3_before_it_starts(world: Any, trained: Callable[..., Any]) -> None:
    result = trained(DONE)
    job = json.loads(world.read(f"{JOBS}/{result.job_id}/job.json"))
    assert job["manifest_digest"] == "dev" * 8
    assert job["parameters"] == {"C": "1"}
    assert world.read(f"{JOBS}/{result.job_id}/project.zip")
    assert "password" not in json.dumps({name: value for name, value in job.items() if name != "password_parameter"})


def test_the_same_job_is_not_trained_twice(trained: Callable[..., Any], place: Place) -> None:
    first = trained(DONE)
    place.calls.clear()
    assert trained() == first
    assert place.calls == []


def test_again_trains_the_same_anew(trained: Callable[..., Any], place: Place) -> None:
    first = trained(DONE)
    assert trained(DONE, again=True).job_id != first.job_id


@pytest.mark.parametrize("change", [{"parameters": {"C": "2"}}, {"candidate": "second"}])
def test_another_parameter_or_candidate_is_another_job(
    trained: Callable[..., Any], place: Place, change: dict[str, Any]
) -> None:
    first = trained(DONE)
    assert trained(DONE, **change).job_id != first.job_id
    assert place.calls.count("start 1") == 2


def test_a_failed_job_says_why_and_may_be_tried_again(trained: Callable[..., Any], place: Place) -> None:
    with pytest.raises(ResourceError, match=r"no memory\n  cure: mlteam logs --job first-"):
        trained(Status(state=State.FAILED, message="no memory"))
    assert trained(DONE).run_id == "r1"
    assert place.calls == ["start 1", "finish", "start 2", "finish"]


def test_a_job_that_runs_already_is_joined(world: Any, trained: Callable[..., Any], place: Place) -> None:
    with pytest.raises(RuntimeError):
        trained(RuntimeError("the command died, the machine runs on"))
    place.calls.clear()
    place.is_there = True
    assert trained(DONE).run_id == "r1"
    assert place.calls == ["finish"]


def test_a_machine_that_went_away_is_said_with_the_last_lines(
    world: Any, trained: Callable[..., Any], place: Place
) -> None:
    original = place.start

    def start(job: Job, attempt: int, /) -> None:
        original(job, attempt)
        s3.write(world.client, job.folder / "log.txt", b"epoch 1\nepoch 2\n")

    place.start = start  # type: ignore[method-assign]
    with pytest.raises(ResourceError, match=r"(?s)Server.SpotInstanceTermination.*epoch 2"):
        trained("i-1 is terminated (Server.SpotInstanceTermination)")
    assert trained(DONE).run_id == "r1", "the same command again starts a new machine"


def test_a_status_written_in_the_last_moment_counts(trained: Callable[..., Any], place: Place) -> None:
    original = place.gone_because
    place.script = []

    def gone() -> str:
        original()
        assert place.job is not None
        write_status(place.client, place.job.folder, DONE)
        return "i-1 is terminated"

    place.gone_because = gone  # type: ignore[method-assign]
    assert trained().run_id == "r1"


def test_a_job_that_takes_too_long_is_ended(world: Any, trained: Callable[..., Any], place: Place) -> None:
    with pytest.raises(StepTimeoutError, match=r"not done after 0 s"):
        trained(timeout_seconds=0.05)
    assert place.calls[-1] == "stop"
    assert json.loads(world.read(f"{place.job.folder_uri}/status.json"))["state"] == "failed"  # type: ignore[union-attr]


def test_ctrl_c_ends_the_machine(trained: Callable[..., Any], place: Place) -> None:
    with pytest.raises(KeyboardInterrupt):
        trained(KeyboardInterrupt())
    assert place.calls == ["start 1", "stop"]


def test_a_model_that_mlflow_missed_names_the_command_that_delivers_it(trained: Callable[..., Any]) -> None:
    with pytest.raises(ResourceError, match=r"mlteam train --resume first-[0-9a-f]{12}"):
        trained(Status(state=State.UNTRACKED, message="MLflow is away"))


def test_resuming_an_unknown_job_says_so(trained: Callable[..., Any]) -> None:
    with pytest.raises(UsageError, match="no job 'nothing'"):
        trained(resume="nothing")


def test_broken_images_are_named_to_the_caller(world: Any, trained: Callable[..., Any]) -> None:
    trained(Status(**{**DONE.__dict__, "warnings": ("'torn.png': truncated",)}))
    assert "warning: image left out: 'torn.png': truncated" in world.said.getvalue()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"candidate": "My Model"}, r"allowed: a-z.*\n  cure: mlteam train --candidate"),
        ({"parameters": {"depth": "3"}}, "unknown parameter 'depth'"),
        ({"tier": "staging"}, "tier staging has no images"),
    ],
)
def test_a_bad_request_starts_nothing(
    trained: Callable[..., Any], place: Place, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        trained(**options)
    assert place.calls == []


def test_without_a_sample_the_command_to_run_first_is_named(world: Any, project: Path, place: Place) -> None:
    with pytest.raises(UsageError, match="mlteam sample"):
        run(world.context, TrainOptions(candidate="first", project=project))


def refuse_to_start(place: Place, error: BaseException) -> None:
    def start(job: Job, attempt: int, /) -> None:
        place.job = job
        place.calls.append(f"start {attempt}")
        raise error

    place.start = start  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("error", "message"),
    [(KeyboardInterrupt(), "cancelled"), (ResourceError("no machine for job x"), "not started: no machine for job x")],
)
def test_a_start_that_does_not_come_to_its_end_leaves_nothing_that_runs(
    world: Any, trained: Callable[..., Any], place: Place, error: BaseException, message: str
) -> None:
    refuse_to_start(place, error)
    with pytest.raises(type(error)):
        trained()
    assert place.calls == ["start 1", "stop"]
    status = json.loads(world.read(f"{place.job.folder_uri}/status.json"))  # type: ignore[union-attr]
    assert (status["state"], status["message"]) == ("failed", message)
