"""A training script that a person runs, without mlteam: MLflow knows the run, and how it ended."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workflow.training.run_logger import DEFAULT_BUFFER, RunLogger

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, new_store: Callable[[Path], str]) -> str:
    return new_store(tmp_path_factory.mktemp("mlflow") / "mlflow.db")


@pytest.fixture
def client(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from mlflow import MlflowClient

    before = dict(os.environ)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", tmp_path.name)
    yield MlflowClient(store)
    os.environ.clear()
    os.environ.update(before)


def runs(client: Any, tmp_path: Path) -> list[Any]:
    experiment = client.get_experiment_by_name(tmp_path.name)
    return list(client.search_runs([experiment.experiment_id]))


def test_a_script_run_by_hand_leaves_a_finished_run_and_no_buffer(client: Any, tmp_path: Path) -> None:
    with RunLogger.from_environment() as run:
        run.log_params({"kind": "logistic"})
    (found,) = runs(client, tmp_path)
    assert (found.info.status, found.data.params) == ("FINISHED", {"kind": "logistic"})
    assert not (tmp_path / DEFAULT_BUFFER).exists()


def test_a_script_that_fails_leaves_a_failed_run(client: Any, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), RunLogger.from_environment():
        _ = 1 / 0
    assert [found.info.status for found in runs(client, tmp_path)] == ["FAILED"]


def test_a_run_that_mlflow_has_begun_is_mlflows_to_end(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = client.create_run(client.create_experiment(tmp_path.name))
    monkeypatch.setenv("MLFLOW_RUN_ID", begun.info.run_id)
    with RunLogger.from_environment() as run:
        run.log_metric("loss", 0.5)
    (found,) = runs(client, tmp_path)
    assert (found.info.run_id, found.info.status, found.data.metrics) == (begun.info.run_id, "RUNNING", {"loss": 0.5})
