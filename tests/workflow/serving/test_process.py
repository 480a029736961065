"""The model server as a process: its address, its port, its end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workflow.backends.serving_oss import ModelServer
from workflow.errors import ResourceError, UsageError

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]


def start(port: int) -> "subprocess.Popen[bytes]":
    """A store that nobody listens at: the server has to live without it."""
    environment = {**os.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_DEFAULT_REGION": "us-east-1"}
    environment |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    uris = ["--deployment-uri", "s3://b/serving/deployment.json", "--models-uri", "s3://b/serving/models/"]
    command = [sys.executable, "-m", "workflow.serving", *uris, "--port", str(port)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def process(port: int) -> Iterator["subprocess.Popen[bytes]"]:
    process = start(port)
    yield process
    process.kill()
    process.communicate()


def status_of(port: int) -> object:
    server, deadline = ModelServer(f"http://127.0.0.1:{port}"), time.monotonic() + 60
    while True:
        try:
            return server.status()
        except ResourceError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_it_answers_while_its_store_is_away_and_ends_at_sigterm(process: "subprocess.Popen[bytes]", port: int) -> None:
    status = status_of(port)
    assert isinstance(status, dict)
    assert status["generation"] == 0
    assert ModelServer(f"http://127.0.0.1:{port}").predict(b'{"inputs": [[1]]}', "u").status == 503
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) in (0, -signal.SIGTERM)
    assert ModelServer(f"http://127.0.0.1:{port}").predict(b"", "u").status == 0


def test_a_port_that_is_taken_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        process = start(port)
        _, said = process.communicate(timeout=60)
    assert process.returncode == UsageError.exit_code
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in said.decode()
    assert "Traceback" not in said.decode()
