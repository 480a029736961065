"""The worker against a real MLflow server, which is really killed in the middle of training."""

import dataclasses
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from workflow.aws import Aws
from workflow.models import model_digest
from workflow.training.delivery import deliver_kept
from workflow.training.job import Job, State, Status, read_status
from workflow.training.tracker import MLFLOW_SETTINGS
from workflow.training.worker import work

pytestmark = pytest.mark.slow


class MlflowServer:
    """A real server on loopback, with its state in a folder; may be killed and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.uri = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "components.shared.files.mlflow_server", "--workers", "1"]
        command += ["--host", "127.0.0.1", "--port", str(self._port), "--serve-artifacts"]
        command += ["--backend-store-uri", f"sqlite:///{self._folder}/mlflow.db"]
        command += ["--artifacts-destination", str(self._folder / "artifacts")]
        environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
        log = (self._folder / "server.log").open("ab")
        self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        wait_until(self._is_healthy, 120)

    def kill(self) -> None:
        """At once, with whatever it has started."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, 9)
            self._process.wait()

    def _is_healthy(self) -> bool:
        try:
            return bool(urllib.request.urlopen(f"{self.uri}/health", timeout=1).status == 200)
        except OSError:
            return False


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    server = MlflowServer(tmp_path_factory.mktemp("mlflow"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def job_of(
    put_job: Callable[..., Job], server: MlflowServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Job]:
    import mlflow

    monkeypatch.chdir(tmp_path)  # MLflow makes a folder where it stands when it knows no server

    # What another test of this process has set would win over the environment, which the worker sets.
    mlflow.set_tracking_uri(None)  # type: ignore[arg-type]
    mlflow.set_registry_uri(None)  # type: ignore[arg-type]
    for name, value in {**MLFLOW_SETTINGS, "MLFLOW_TRACKING_URI": "", "MLFLOW_EXPERIMENT_NAME": ""}.items():
        monkeypatch.setenv(name, value)  # the worker sets them; this puts them back
    return partial(put_job, tracking_uri=server.uri)


def history(server: MlflowServer, run_id: str, key: str) -> list[tuple[int, float]]:
    from mlflow import MlflowClient

    return sorted((each.step, each.value) for each in MlflowClient(server.uri).get_metric_history(run_id, key))


def test_a_job_leaves_a_run_with_everything_and_a_model_by_its_digest(
    world: Any, server: MlflowServer, job_of: Callable[..., Job], tmp_path: Path, pngs: dict[str, bytes]
) -> None:
    import mlflow

    job = job_of(pngs)
    status = work(f"{job.folder_uri}/job.json", Aws())
    assert status.state is State.SUCCEEDED, status.message
    run = mlflow.MlflowClient(server.uri).get_run(status.run_id)
    assert run.data.params == {"ending": "well", "beats": "3"}
    assert run.data.tags["mlteam.manifest"] == job.manifest_digest
    assert run.data.tags["mlteam.author"] == run.data.tags["mlflow.user"] == job.author
    assert run.info.status == "FINISHED"
    assert history(server, status.run_id, "beat") == [(0, 0.0), (1, 1.0), (2, 2.0)]
    assert str(run.data.metrics["broken"]) == "nan"
    assert run.data.metrics["endless"] > 1e300
    mlflow.set_tracking_uri(server.uri)
    folder = mlflow.artifacts.download_artifacts(f"models:/tiny/{status.model_version}", dst_path=str(tmp_path / "got"))
    assert model_digest(Path(folder)) == status.digest


def test_a_server_that_is_killed_stops_no_training_and_loses_nothing(
    world: Any, server: MlflowServer, job_of: Callable[..., Job], pngs: dict[str, bytes]
) -> None:
    """One outage, two jobs: one that outlives it, one that ends in the middle of it and is delivered later."""
    long = job_of(pngs, id="long", parameters={"beats": "60"}, project="interrupted")
    found: list[Status] = []
    worker = threading.Thread(target=lambda: found.append(work(f"{long.folder_uri}/job.json", Aws(), 200)))
    worker.start()
    wait_until(lambda: beats_arrived(server, "interrupted") > 0, 180)
    server.kill()
    late = job_of(pngs, id="late", project="late")
    untracked = work(f"{late.folder_uri}/job.json", Aws(), 1)
    assert untracked.state is State.UNTRACKED
    assert "MLflow" in untracked.message

    server.start()
    worker.join(200)
    assert found[0].state is State.SUCCEEDED, found[0].message
    assert history(server, found[0].run_id, "beat") == [(beat, float(beat)) for beat in range(60)]
    ((_, seconds),) = history(server, found[0].run_id, "seconds")
    assert seconds < 12, "60 beats take 6 s; more means that the script waited for the server"

    done = deliver_kept(Aws(), late, untracked, lambda _: None)
    assert done == read_status(world.client, late.folder)
    assert history(server, done.run_id, "beat") == [(0, 0.0), (1, 1.0), (2, 2.0)]
    again = deliver_kept(Aws(), late, dataclasses.replace(untracked, run_id=done.run_id), lambda _: None)
    assert again.model_version == done.model_version, "delivering twice must not make two versions"


def beats_arrived(server: MlflowServer, experiment: str) -> int:
    from mlflow import MlflowClient

    client = MlflowClient(server.uri)
    found = client.get_experiment_by_name(experiment)
    runs = client.search_runs([found.experiment_id]) if found else []
    return len(client.get_metric_history(runs[0].info.run_id, "beat")) if runs else 0
