"""MLflow's server in one process: it protects itself as MLflow's own command does, and ends when it is told."""

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from components.shared.files import mlflow_server

ROOT = Path(__file__).parents[3]
SETTINGS = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
MODULE = ("-m", "components.shared.files.mlflow_server")
BODY = b'{"max_results": 1}'
KNOWN, FOREIGN = "mlflow.example.com", "elsewhere.example.com"
ASK_FLASK = f"""
import sys
from components.shared.files import mlflow_server

def ask(*_, **__):
    from mlflow.server import app
    for host in ({KNOWN!r}, {FOREIGN!r}):
        asked = dict(data={BODY!r}, content_type="application/json", headers=dict(Host=host))
        print(app.test_client().post("/api/2.0/mlflow/experiments/search", **asked).status_code)
    sys.exit()

mlflow_server.serve = ask
mlflow_server.main(sys.argv[1:])
"""


@pytest.mark.parametrize(("option", "variable"), mlflow_server.TOO_LATE.items())
def test_an_option_that_would_come_too_late_names_the_variable_for_it(option: str, variable: str) -> None:
    for arguments in ([option, "x"], [f"{option}=x"]):
        with pytest.raises(SystemExit, match=f"^{option} comes too late here: set {variable}$"):
            mlflow_server.main(arguments)


@pytest.mark.slow  # imports MLflow's server
def test_an_mlflow_that_starts_its_child_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
    monkeypatch.delattr(f"mlflow.server.{mlflow_server.CALLS}")
    monkeypatch.setattr("mlflow.cli.cli", pytest.fail)  # should it not be refused, it would serve
    with pytest.raises(SystemExit, match="start it with `mlflow server`"):
        mlflow_server.main(["--workers", "1"])


@pytest.mark.slow  # imports MLflow's server
def test_jobs_that_nobody_would_execute_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow's own command executes them by default, in a process beside the server's."""
    monkeypatch.delenv("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", raising=False)
    monkeypatch.delattr(f"mlflow.server.{mlflow_server.CALLS}")  # should it not be refused, it shall not start either
    with pytest.raises(SystemExit, match=r"set MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false$"):
        mlflow_server.main(["--workers", "1"])


@pytest.mark.slow
def test_the_app_within_refuses_foreign_hosts_too(tmp_path: Path) -> None:
    """Flask's, which FastAPI's holds: it protects itself only where it finds a server's package at its import."""
    command = [sys.executable, "-c", ASK_FLASK, "--backend-store-uri", f"sqlite:///{tmp_path}/mlflow.db"]
    settings = {**SETTINGS, "MLFLOW_SERVER_ALLOWED_HOSTS": KNOWN}
    done = subprocess.run(command, cwd=ROOT, env=settings, text=True, capture_output=True)
    assert done.stdout.splitlines()[-2:] == ["200", "403"], done.stdout + done.stderr


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    folder: Path = tmp_path_factory.mktemp("server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    options = ["--host", "127.0.0.1", "--port", address.partition(":")[2], "--workers", "1", "--serve-artifacts"]
    options += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder)]
    settings = {**SETTINGS, "MLFLOW_SERVER_ALLOWED_HOSTS": f"{address},{KNOWN}"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *MODULE, *options], env=settings, stdout=log, stderr=log)
    yield process, address
    process.kill()
    process.wait()


def status(address: str, host: str) -> int:
    request = urllib.request.Request(f"http://{address}/api/2.0/mlflow/experiments/search", BODY, {"Host": host})
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.slow
def test_one_process_answers_those_hosts_that_it_was_given_and_ends_when_told(
    server: tuple[subprocess.Popen[bytes], str],
) -> None:
    process, address = server
    deadline = time.monotonic() + 120
    while not _answers(address):
        assert process.poll() is None, "it ended"
        assert time.monotonic() < deadline, "it does not answer"
        time.sleep(0.1)
    assert [status(address, host) for host in (address, KNOWN, FOREIGN)] == [200, 200, 403]
    assert psutil.Process(process.pid).children(recursive=True) == []
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in (0, -signal.SIGTERM)


def _answers(address: str) -> bool:
    try:
        return status(address, address) == 200
    except OSError:
        return False
