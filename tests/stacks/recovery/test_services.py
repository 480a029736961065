"""What a tracking app holds, asked of MLflow itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stacks.recovery.services import experiments

pytestmark = pytest.mark.slow


@pytest.fixture
def store(tmp_path: Path, new_store: Callable[[Path], str]) -> str:
    """What an app has before anybody has logged to it."""
    return new_store(tmp_path / "mlflow.db")


@pytest.fixture
def client(store: str) -> Any:
    import mlflow

    return mlflow.MlflowClient(tracking_uri=store, registry_uri=store)


def test_an_app_that_nobody_has_used_holds_nothing(scene: Any, store: str) -> None:
    assert experiments(scene.recovery.sight, store) == ""


@pytest.mark.parametrize(
    "make",
    [lambda client: client.create_run("0"), lambda client: client.create_logged_model("0")],
    ids=["run", "model"],
)
def test_an_app_holds_what_people_made_also_in_the_experiment_that_mlflow_made(
    scene: Any, store: str, client: Any, make: Callable[[Any], Any]
) -> None:
    client.create_experiment("digits")
    assert experiments(scene.recovery.sight, store) == "experiments: 1, registered models: 0"
    client.create_registered_model("digits")
    assert experiments(scene.recovery.sight, store) == "experiments: 1, registered models: 1", (
        "a model without versions"
    )
    make(client)
    assert experiments(scene.recovery.sight, store) == "experiments: 2, registered models: 1"


def test_an_app_that_does_not_answer_may_hold_something(scene: Any) -> None:
    assert experiments(scene.recovery.sight, "http://127.0.0.1:9") == "perhaps experiments: it does not answer"
