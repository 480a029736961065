"""The tracking server as training needs it: a run, batches of facts, a registered model version.

Promises calls that fail soon (MLflow's own 7 retries stand still for 246 s) and that may be repeated: the same fact
twice is one fact, the same model twice one version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from workflow.failures import UNAUTHORIZED
from workflow.mlflow_client import NO_TELEMETRY, RETRIES

MLFLOW_SETTINGS: Final = {
    RETRIES: "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    NO_TELEMETRY: "true",
    "MLFLOW_ENABLE_ASYNC_LOGGING": "false",
}
REFUSALS: Final = frozenset({"INVALID_PARAMETER_VALUE", "BAD_REQUEST", "INVALID_STATE", "RESOURCE_ALREADY_EXISTS"})
PERMANENT: Final = REFUSALS | {"PERMISSION_DENIED", "UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED"}
"""The server is there, and waiting does not help: somebody has to change something."""
GONE: Final = "RESOURCE_DOES_NOT_EXIST"
MODEL_FOLDER: Final = "model"


class RefusedFactError(Exception):
    """The server is there and does not take this; it never will."""


@dataclass(frozen=True)
class Fact:
    """One line of the buffer: `kind` is param, metric or tag."""

    kind: str
    key: str
    value: str | float
    timestamp_ms: int
    step: int = 0


class Tracker(Protocol):
    """What the shipper ships to. Any exception but RefusedFactError means: later."""

    def ensure_run(self) -> str: ...

    def log(self, facts: Sequence[Fact]) -> None: ...


class MlflowTracker:
    """One run of one experiment on an MLflow server; a run id that the server has lost is replaced by a new run."""

    def __init__(self, experiment: str, run_name: str, tags: Mapping[str, str], run_id: str = "") -> None:
        self._experiment = experiment
        self._run_name = run_name
        self._tags = dict(tags)
        self._known = run_id
        self._checked = False

    @property
    def run_id(self) -> str:
        """Empty until the server has answered once."""
        return self._known if self._checked else ""

    def ensure_run(self) -> str:
        if not self._checked:
            client = self._client()
            if not (self._known and self._is_there(client)):
                self._known = client.create_run(
                    self._experiment_id(client), tags=self._tags, run_name=self._run_name
                ).info.run_id
            self._checked = True
        return self._known

    def log(self, facts: Sequence[Fact]) -> None:
        from mlflow.entities import Metric, Param, RunTag

        metrics = [Metric(f.key, float(f.value), f.timestamp_ms, f.step) for f in facts if f.kind == "metric"]
        params = [Param(f.key, str(f.value)) for f in facts if f.kind == "param"]
        tags = [RunTag(f.key, str(f.value)) for f in facts if f.kind == "tag"]
        run_id = self.ensure_run()
        _refusing(lambda: self._client().log_batch(run_id, metrics, params, tags, synchronous=True))

    def finish(self, status: str) -> None:
        """`status` is FINISHED, FAILED or KILLED."""
        self._client().set_terminated(self.ensure_run(), status=status)

    def register(self, folder: Path, name: str, digest: str) -> str:
        """Upload the model's files as they are, and answer the version that they have got."""
        client, run_id = self._client(), self.ensure_run()
        for version in client.search_model_versions(f"run_id = '{run_id}'"):
            if version.tags.get("mlteam.digest") == digest:
                return str(version.version)
        client.log_artifacts(run_id, str(folder), MODEL_FOLDER)
        source = f"{client.get_run(run_id).info.artifact_uri}/{MODEL_FOLDER}"
        self._ensure_model(client, name)
        tags = {"mlteam.digest": digest, "mlteam.candidate": self._run_name}
        return str(client.create_model_version(name, source=source, run_id=run_id, tags=tags).version)

    def _experiment_id(self, client: Any) -> str:
        found = client.get_experiment_by_name(self._experiment)
        if found is not None:
            return str(found.experiment_id)
        try:
            return str(client.create_experiment(self._experiment))
        except Exception:
            if (found := client.get_experiment_by_name(self._experiment)) is None:  # two jobs at once: one of them won
                raise
            return str(found.experiment_id)

    def _is_there(self, client: Any) -> bool:
        from mlflow.exceptions import MlflowException

        try:
            client.get_run(self._known)
        except MlflowException as error:
            if error.error_code == GONE:
                return False
            raise
        return True

    @staticmethod
    def _ensure_model(client: Any, name: str) -> None:
        from mlflow.exceptions import MlflowException

        try:
            client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    @staticmethod
    def _client() -> Any:
        from mlflow import MlflowClient

        return MlflowClient()


def is_refusal(error: BaseException) -> bool:
    return getattr(error, "error_code", "") in PERMANENT or str(error).endswith(UNAUTHORIZED)


def _refusing(call: Any) -> None:
    from mlflow.exceptions import MlflowException

    try:
        call()
    except MlflowException as error:
        if error.error_code in REFUSALS:
            raise RefusedFactError(str(error)) from error
        raise
