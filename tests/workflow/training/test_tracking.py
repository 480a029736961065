"""How a run ends when its job does not end well, and what is said of a server that does not want the model."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workflow.training import tracking
from workflow.training.shipper import Shipper
from workflow.training.tracking import Untracked


class Tracker:
    """Remembers how the run ended; may hang, or raise what it is told to."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.run_id = ""
        self.register_error: Exception | None = None
        self.run_error: Exception | None = None
        self.finish_error: Exception | None = None
        self.hang = threading.Event()
        self.hang.set()

    def ensure_run(self) -> str:
        if self.run_error:
            raise self.run_error
        return "r1"

    def log(self, facts: Any) -> None: ...

    def register(self, *_: Any) -> str:
        if self.register_error:
            raise self.register_error
        return "1"

    def finish(self, status: str) -> None:
        self.hang.wait(5)
        if self.finish_error:
            raise self.finish_error
        self.ended.append(status)


@pytest.fixture
def tracker() -> Tracker:
    return Tracker()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def end(tracker: Tracker, said: list[str], tmp_path: Path) -> Callable[..., None]:
    def call(error: BaseException, seconds: float | None = None) -> None:
        shipper: Any = Shipper(tmp_path / "buffer.jsonl", tracker, said.append)
        tracking.end(tracker, shipper, error, said.append, seconds)  # type: ignore[arg-type]

    return call


@pytest.fixture
def deliver(tracker: Tracker, said: list[str], tmp_path: Path) -> Callable[[], Any]:
    def call() -> Any:
        shipper = Shipper(tmp_path / "buffer.jsonl", tracker, said.append)
        return tracking.deliver(
            tracker,  # type: ignore[arg-type]
            shipper,
            tmp_path,
            name="tiny",
            digest="d",
            patience_seconds=0,
        )

    return call


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt(), "KILLED"), (RuntimeError("no memory"), "FAILED")])
def test_a_run_that_was_stopped_is_killed_and_any_other_failed(
    end: Callable[..., None], tracker: Tracker, error: BaseException, status: str
) -> None:
    end(error)
    assert tracker.ended == [status]


def test_a_server_that_goes_away_while_the_run_is_marked_is_said_and_raises_nothing(
    end: Callable[..., None], tracker: Tracker, said: list[str]
) -> None:
    tracker.finish_error = ConnectionError("connection refused")
    end(RuntimeError("no memory"))
    assert said == ["warning: the run is not marked FAILED: connection refused"]


def test_a_server_that_does_not_answer_is_not_waited_for_long(
    end: Callable[..., None], tracker: Tracker, said: list[str]
) -> None:
    tracker.hang.clear()
    started = time.monotonic()
    end(KeyboardInterrupt(), 0.1)
    assert time.monotonic() - started < 2
    assert said == ["warning: the run is not marked KILLED: MLflow did not answer within 0 s"]
    tracker.hang.set()


AWS_SAYS_NO = "Request is not authorized"


def answer(code: str) -> Exception:
    """What MLflow's client raises for an answer with this code; without one, for no answer at all."""
    from mlflow.exceptions import MlflowException, RestException

    if not code:
        return MlflowException("API request failed: connection refused")
    if code == AWS_SAYS_NO:  # in place of a managed MLflow, and without a code
        return RestException({"message": AWS_SAYS_NO})  # type: ignore[no-untyped-call]
    return RestException({"error_code": code, "message": "no"})  # type: ignore[no-untyped-call]


@pytest.mark.slow  # imports MLflow
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("INVALID_PARAMETER_VALUE", "refuses: INVALID_PARAMETER_VALUE: no"),
        ("PERMISSION_DENIED", "refuses: PERMISSION_DENIED: no"),
        ("TEMPORARILY_UNAVAILABLE", "is away"),
        ("", "is away"),
        (AWS_SAYS_NO, f"refuses: INTERNAL_ERROR: {AWS_SAYS_NO}"),
    ],
)
@pytest.mark.parametrize("where", ["run_error", "register_error"])
def test_a_refusal_is_not_taken_for_an_absence(
    deliver: Callable[[], Any], tracker: Tracker, where: str, code: str, reason: str
) -> None:
    setattr(tracker, where, answer(code))
    assert deliver() == Untracked(reason)
