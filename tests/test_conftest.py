"""What all tests share: it leaves nothing in the checkout."""

from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow  # imports MLflow
def test_what_is_logged_to_a_new_store_stays_out_of_the_checkout(
    new_store: Callable[[Path], str], tmp_path: Path
) -> None:
    from mlflow import MlflowClient

    location = MlflowClient(new_store(tmp_path / "mlflow.db")).get_experiment("0").artifact_location
    assert not Path(location.removeprefix("file://")).is_relative_to(ROOT), location
