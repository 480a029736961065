"""What the model server's tests share: models without MLflow, and a client that calls an app in this process.

httpx, which FastAPI's own test client needs, is no dependency of the project.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pytest

from workflow.deployment import Deployment, ModelReference
from workflow.predictor import Predictor
from workflow.serving.app import create_app
from workflow.serving.loadout import LoadedModel, Loadout
from workflow.serving.telemetry import Telemetry
from workflow.serving.watcher import Watcher

CHAMPION = ModelReference(digest="a" * 64, run_id="run-a", name="champion-model")
CHALLENGER = ModelReference(digest="b" * 64, run_id="run-b", name="challenger-model")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def _request(
    app: Any,
    runner: asyncio.Runner,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    hangs_up: bool = False,
) -> Answer:
    """One request, its body in two chunks, so that the app cannot count on one; or half of it by who then goes away."""
    half = len(body) // 2
    incoming = [
        {"type": "http.request", "body": body[:half], "more_body": True},
        {"type": "http.request", "body": body[half:], "more_body": False},
    ][: 1 if hangs_up else 2]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    runner.run(app(_scope(method, path, headers or {}), receive, send))
    start = next(message for message in sent if message["type"] == "http.response.start")
    answered = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return Answer(start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, answered)


def _scope(method: str, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8080),
        "root_path": "",
    }


class Ask(Protocol):
    def __call__(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        hangs_up: bool = False,
    ) -> Answer: ...


def loaded(reference: ModelReference, score: float) -> LoadedModel:
    """A model of four features that gives every row the same score."""
    return LoadedModel(
        reference=reference, predictor=Predictor(scores=lambda rows: np.full(len(rows), score), features=4)
    )


@pytest.fixture
def watcher() -> Watcher:
    """Serves two arms, half the units each, without a store: nothing here polls."""
    deployment = Deployment(generation=3, salt="s", champion=CHAMPION, challenger=CHALLENGER, challenger_weight=0.5)
    models = {"champion": loaded(CHAMPION, 0.25), "challenger": loaded(CHALLENGER, 0.75)}
    return Watcher(
        client=None,
        deployment_uri="s3://b/d.json",
        models_uri="s3://b/m/",
        loadout=Loadout(deployment=deployment, models=models),
    )


@pytest.fixture
def ask(watcher: Watcher) -> Iterator[Ask]:
    app = create_app(watcher, Telemetry())

    def call(
        method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, hangs_up: bool = False
    ) -> Answer:
        return _request(app, runner, method, path, body, headers, hangs_up)

    with asyncio.Runner() as runner:
        yield call
