"""What a training script logs with: a line of JSON per fact, on disk first, so that nothing waits or is lost.

The script never talks to the tracking server. A shipper (`workflow.training.shipper`) reads the lines and sends them,
in the worker that started the script, or in a thread of this process when `mlflow run` or a person started it. While
the server is down the lines wait.

    with RunLogger.from_environment() as run:
        run.log_params({"kind": "logistic"})
        run.log_metric("loss", 0.3, step=1)
"""

import json
import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Final, Self

BUFFER_VARIABLE: Final = "MLTEAM_RUN_BUFFER"
"""Where the worker wants the lines; unset when a person runs the script."""
DEFAULT_BUFFER: Final = "mlteam-run.jsonl"
PATIENCE_SECONDS: Final = 30.0


class RunLogger:
    """Appends to a buffer file; threads may share it. NaN and infinities are recorded as they are, with a warning."""

    def __init__(self, buffer: Path) -> None:
        self.buffer = buffer
        self._file = buffer.open("a", encoding="utf-8")
        self._lock = Lock()
        self._warned: set[str] = set()
        self._deliver: Callable[[str], bool] | None = None

    @classmethod
    def from_environment(cls) -> Self:
        """For a training script, which is a program of its own and may read its environment."""
        if BUFFER_VARIABLE in os.environ:
            return cls(Path(os.environ[BUFFER_VARIABLE]))
        logger = cls(Path(DEFAULT_BUFFER))
        if os.environ.get("MLFLOW_TRACKING_URI"):
            logger._deliver = _delivery_by_hand(logger.buffer)
        return logger

    def log_param(self, key: str, value: object) -> None:
        self._append("param", key=key, value=str(value))

    def log_params(self, values: Mapping[str, object]) -> None:
        for key, value in values.items():
            self.log_param(key, value)

    def log_metric(self, key: str, value: float, step: int = 0) -> None:
        number = float(value)
        if not math.isfinite(number) and key not in self._warned:
            self._warned.add(key)
            sys.stderr.write(f"warning: metric {key!r} is {number} at step {step}; recorded as it is\n")
        self._append("metric", key=key, value=number, step=int(step))

    def log_metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        for key, value in values.items():
            self.log_metric(key, value, step)

    def set_tag(self, key: str, value: object) -> None:
        self._append("tag", key=key, value=str(value))

    def close(self, status: str = "FINISHED") -> None:
        """By hand, this is where the facts are sent; the buffer goes only when all of them have arrived."""
        self._file.close()
        if self._deliver is not None and self._deliver(status):
            self.buffer.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close("FINISHED" if error is None else "FAILED")

    def _append(self, kind: str, **fact: object) -> None:
        line = json.dumps({"kind": kind, **fact, "timestamp_ms": time.time_ns() // 1_000_000}, ensure_ascii=False)
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()  # a killed script has logged what it logged


def _delivery_by_hand(buffer: Path) -> Callable[[str], bool]:
    """Sends the buffer and ends the run with a status; False when the server was away."""
    from workflow.training.shipper import Shipper
    from workflow.training.tracker import MLFLOW_SETTINGS, MlflowTracker

    for name, value in MLFLOW_SETTINGS.items():
        os.environ.setdefault(name, value)
    given = os.environ.get("MLFLOW_RUN_ID", "")
    tracker = MlflowTracker(os.environ.get("MLFLOW_EXPERIMENT_NAME", "Default"), "by hand", {}, given)
    shipper = Shipper(buffer, tracker, lambda text: print(text, file=sys.stderr))  # noqa: T201

    def deliver(status: str) -> bool:
        if not shipper.finish(PATIENCE_SECONDS):
            return False
        if not given:  # a run that `mlflow run` has begun it also ends
            try:
                tracker.finish(status)
            except Exception as error:  # every fact has arrived, and the training is not to fail of this
                sys.stderr.write(f"warning: the run is not marked {status}: {error}\n")
        return True

    return deliver
