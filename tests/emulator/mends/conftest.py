"""A webhook on this machine, what the emulated SNS left in its mailbox, and a topic."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest


@dataclass
class Hook:
    """`answers` is the status of what it is sent from now on."""

    url: str
    taken: list[tuple[dict[str, str], str]] = field(default_factory=list)
    answers: int = 200

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [json.loads(body) for headers, body in self.taken if headers["x-amz-sns-message-type"] == kind]


@pytest.fixture
def hook() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(found.answers)
            self.send_header("Location", "http://192.0.2.1/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Hook(f"http://127.0.0.1:{server.server_port}/hook")
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@dataclass(frozen=True)
class Post:
    """What somebody has been sent, oldest first."""

    cloud: Any

    def to(self, endpoint: str) -> list[dict[str, str]]:
        lines = (self.cloud.directory / "mailbox.jsonl").read_text(encoding="utf-8").splitlines()
        return [message for message in map(json.loads, lines) if message["endpoint"] == endpoint]


@pytest.fixture
def post(cloud: Any) -> Post:
    return Post(cloud)


@pytest.fixture(scope="session")
def sns(cloud: Any) -> Any:
    """Making a client takes longer than a call."""
    return cloud.client("sns")


@pytest.fixture(scope="session")
def cloudwatch(cloud: Any) -> Any:
    return cloud.client("cloudwatch")


@pytest.fixture
def topic_arn(sns: Any) -> Iterator[str]:
    arn = sns.create_topic(Name=f"news-{uuid.uuid4().hex[:8]}")["TopicArn"]
    yield arn
    sns.delete_topic(TopicArn=arn)
