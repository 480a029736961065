"""What the worker makes of bad input, and of a tracking server that is never there. Starts real scripts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workflow.aws import Aws
from workflow.training import tracking, worker
from workflow.training.job import Job, State, Status, read_status
from workflow.training.tracker import MLFLOW_SETTINGS
from workflow.training.worker import work

pytestmark = pytest.mark.slow


@pytest.fixture
def outcome(world: Any, put_job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Status]:
    """Put a job and carry it out, without a tracking server."""
    for name, value in {**MLFLOW_SETTINGS, "MLFLOW_TRACKING_URI": "", "MLFLOW_EXPERIMENT_NAME": ""}.items():
        monkeypatch.setenv(name, value)  # the worker sets them; this puts them back

    def carry_out(images: dict[str, bytes], **changes: Any) -> Status:
        job = put_job(images, **changes)
        status = work(f"{job.folder_uri}/job.json", Aws(), 0)
        assert read_status(world.client, job.folder) == status, "the last word must lie in S3"
        return status

    return carry_out


def test_broken_images_are_set_aside_and_named(outcome: Callable[..., Status], pngs: dict[str, bytes]) -> None:
    status = outcome({**pngs, "torn.png": pngs["d.png"][:-20]})
    assert status.state is State.UNTRACKED
    assert [warning.split(":")[0] for warning in status.warnings] == ["'torn.png'"]


def test_too_many_broken_images_stop_the_job(outcome: Callable[..., Status], pngs: dict[str, bytes]) -> None:
    status = outcome({"a.png": pngs["d.png"], "text.png": b"no image", "empty.png": b""})
    assert status.state is State.FAILED
    assert "2 of 3 images cannot be used, allowed: 25.0%" in status.message
    assert "'text.png'" in status.message


def test_a_failing_script_says_its_last_lines(outcome: Callable[..., Status], pngs: dict[str, bytes]) -> None:
    status = outcome(pngs, parameters={"ending": "badly"})
    assert status.state is State.FAILED
    assert "exit code 1" in status.message
    assert "saw 4 images\nthe data was not to my liking" in status.message


def test_a_script_without_a_model_is_a_failure(outcome: Callable[..., Status], pngs: dict[str, bytes]) -> None:
    status = outcome(pngs, parameters={"ending": "nothing"})
    assert status.state is State.FAILED
    assert "left no MLflow model" in status.message


def test_a_manifest_that_was_changed_is_refused(outcome: Callable[..., Status], pngs: dict[str, bytes]) -> None:
    status = outcome(pngs, manifest_digest="0" * 64)
    assert status.state is State.FAILED
    assert "recorded: 000" in status.message


def test_a_project_that_was_changed_is_refused(outcome: Callable[..., Status], pngs: dict[str, bytes]) -> None:
    assert "recorded: 000" in outcome(pngs, project_digest="0" * 64).message


def test_without_a_server_model_and_log_stay_with_the_job(
    world: Any, outcome: Callable[..., Status], pngs: dict[str, bytes], tmp_path: Path
) -> None:
    from workflow.archives import unpack
    from workflow.models import model_digest

    status = outcome(pngs)
    assert status.state is State.UNTRACKED
    folder = "s3://mlteam-dev-artifacts/workflow/jobs/tiny-1"
    (tmp_path / "model.zip").write_bytes(world.read(f"{folder}/model.zip"))
    unpack(tmp_path / "model.zip", tmp_path / "model")
    assert model_digest(tmp_path / "model") == status.digest
    assert world.read(f"{folder}/buffer.jsonl").count(b'"beat"') == 3


class Tracker:
    """A server that takes everything but the end of a run, if it is told so."""

    run_id = "r1"

    def __init__(self, finish_error: Exception | None = None) -> None:
        self.ended: list[str] = []
        self._finish_error = finish_error

    def ensure_run(self) -> str:
        return self.run_id

    def log(self, facts: Any) -> None: ...

    def finish(self, status: str) -> None:
        self.ended.append(status)
        if self._finish_error:
            raise self._finish_error


def test_what_went_wrong_in_training_is_not_hidden_by_mlflow(
    outcome: Callable[..., Status],
    pngs: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(tracking, "tracker_of", lambda _: Tracker(ConnectionError("connection refused")))
    status = outcome(pngs, parameters={"ending": "badly"})
    assert "the data was not to my liking" in status.message
    assert "the run is not marked FAILED: connection refused" in capsys.readouterr().out


@pytest.mark.parametrize("moment", ["run_command", "model_digest"])
def test_a_worker_that_is_stopped_leaves_no_running_run(
    outcome: Callable[..., Status], pngs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    tracker = Tracker()
    monkeypatch.setattr(tracking, "tracker_of", lambda _: tracker)
    original = getattr(worker, moment)

    def stopped(*given: Any) -> Any:
        if moment == "model_digest" and given[0].name == "project":
            return original(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(worker, moment, stopped)
    status = outcome(pngs)
    assert (status.state, status.message) == (State.FAILED, "interrupted")
    assert tracker.ended == ["KILLED"]
