"""What the steps after training want of MLflow: the model's files by their digest, and a note of what became of it.

Only `fetch_model` and `log_evaluation` must succeed; a tag or an alias that MLflow does not take is a warning, because
what is served is decided in S3, and a rollback must work while MLflow is down.
"""

import contextlib
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from workflow.context import Context
from workflow.deployment import ModelReference
from workflow.errors import CredentialsError, DriftError, ResourceError
from workflow.failures import translate
from workflow.migration.entries import ORIGIN_TAG
from workflow.migration.finding import run_here
from workflow.mlflow_client import RETRIES, become_client, client_environment, where_to_look
from workflow.models import model_digest
from workflow.sections import TrainRecord

CHAMPION_ALIAS: Final = "champion"
ABSENT: Final = "RESOURCE_DOES_NOT_EXIST"
ELSEWHERE: Final = (
    "mlteam swap tracking VARIANT brings along what was logged before; a change of the flag leaves it there"
)
OTHER: Final = f"mlteam train; a version that a swap gave another number has its own in the tag {ORIGIN_TAG}"
_RETRIES: Final = "3"
"""MLflow's own 7 retries block for 246 s a call when the server is down; 3 for 12 s."""


def fetch_model(context: Context, train: TrainRecord, folder: Path) -> Path:
    """Download the model and verify that it is the one that was trained; DriftError when it is not."""
    import skops.io  # noqa: F401 - before MLflow, as in predictor.py: who fetches a model loads it next

    with _mlflow(context) as mlflow:
        path = Path(mlflow.artifacts.download_artifacts(artifact_uri=train.model_uri, dst_path=str(folder)))
    found = model_digest(path)
    if found != train.digest:
        raise DriftError(f"{train.model_uri} has digest {found}, recorded {train.digest}", cure=OTHER)
    return path


def log_evaluation(context: Context, run_id: str, metrics: Mapping[str, float], predictions: Path) -> None:
    """Finite metrics to the run, and the predictions as its artifact evaluation/<name>."""
    with _mlflow(context) as mlflow:
        client = mlflow.MlflowClient()
        run_id = run_here(client, run_id)
        usable = {name: value for name, value in metrics.items() if math.isfinite(value)}
        client.log_batch(run_id, metrics=[mlflow.entities.Metric(name, value, 0, 0) for name, value in usable.items()])
        client.log_artifact(run_id, str(predictions), "evaluation")


def note(context: Context, run_id: str, tags: Mapping[str, str]) -> bool:
    """Tag the run; False, and a warning, when MLflow does not take it."""
    try:
        with _mlflow(context) as mlflow:
            client = mlflow.MlflowClient()
            run_id = run_here(client, run_id)
            for name, value in tags.items():
                client.set_tag(run_id, name, value)
    except Exception as error:
        context.progress.warn(f"MLflow was not told ({', '.join(tags)}): {error}")
        return False
    return True


def set_champion(context: Context, reference: ModelReference) -> bool:
    """Point the alias `champion` to the model's version; False, and a warning, when MLflow does not take it."""
    try:
        with _mlflow(context) as mlflow:
            client = mlflow.MlflowClient()
            versions = client.search_model_versions(f"run_id = '{run_here(client, reference.run_id)}'")
            client.set_registered_model_alias(versions[0].name, CHAMPION_ALIAS, versions[0].version)
    except Exception as error:
        context.progress.warn(f"MLflow's alias {CHAMPION_ALIAS!r} was not moved: {error}")
        return False
    return True


@contextlib.contextmanager
def _mlflow(context: Context) -> Iterator[Any]:
    """MLflow pointed to the stack's; its errors as CredentialsError where it refuses us, else ResourceError."""
    tracking = context.platform.tracking
    uri = tracking.tracking_uri
    settings = client_environment(context.aws, uri, tracking.username, tracking.password_parameter)
    become_client({**settings, RETRIES: _RETRIES})
    import mlflow

    mlflow.set_tracking_uri(uri)
    try:
        yield mlflow
    except (
        mlflow.exceptions.MlflowException,
        OSError,
    ) as error:  # what its artifacts' HTTP client raises is the latter
        if isinstance(refusal := translate(error), CredentialsError):
            raise refusal from error
        is_elsewhere = getattr(error, "error_code", "") == ABSENT
        raise ResourceError(
            f"MLflow at {uri}: {error}", cure=ELSEWHERE if is_elsewhere else where_to_look(uri)
        ) from error
