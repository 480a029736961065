"""An MLflow server of one app: the real one, on a loopback port, its database in a folder of the emulator's.

Artifacts do not pass through it: clients write to the artifact root with rights of their own, as on AWS.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from emulator import processes
from emulator.processes import Process

HOST: Final = "127.0.0.1"
START_SECONDS: Final = 180.0
STOP_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.1
PROGRAM: Final = Path(__file__).parents[2] / "components/shared/files/mlflow_server.py"
"""As hosts start theirs: in one process."""
SETTINGS: Final = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # An app has no disk of its own that a model could lie on.
    "MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX": "^(models:/|s3://)",
}


class MlflowServer:
    """One process at a time; `sessions` is where the emulator remembers what it has started."""

    def __init__(self, folder: Path, sessions: Path, credentials: Mapping[str, str]) -> None:
        """`credentials`: AWS_ACCESS_KEY_ID and what else the server needs to reach S3."""
        self._folder, self._sessions, self._credentials = folder, sessions, credentials
        self._started: subprocess.Popen[bytes] | None = None
        self._leader: Process | None = None
        self.address = ""  # host and port
        self.is_up = False

    def start(self, artifact_root: str) -> bool:
        """True once it answers, False if it ended or took too long; its words are in `server.log`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        port = _free_port()
        self.address = f"{HOST}:{port}"
        with (self._folder / "server.log").open("ab") as log:
            self._started = subprocess.Popen(
                self._command(port, artifact_root),
                cwd=self._folder,
                env=self._environment(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        processes.record(self._sessions, self._started.pid)
        self._leader = processes.find(self._started.pid)
        deadline = time.monotonic() + START_SECONDS
        while self._started.poll() is None and time.monotonic() < deadline:
            if self._answers():
                self.is_up = True
                return True
            time.sleep(POLL_SECONDS)
        self.stop()
        return False

    def _command(self, port: int, artifact_root: str) -> list[str]:
        return [
            *(sys.executable, "-P", str(PROGRAM), "--host", HOST, "--port", str(port), "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{self._folder}/mlflow.db"),
            *("--default-artifact-root", artifact_root, "--no-serve-artifacts"),
        ]

    def _environment(self, port: int) -> dict[str, str]:
        """Nothing of the machine's but where programs are: no proxy, no profile, no credentials of anybody else."""
        hosts = (f"{HOST}:{port}", f"localhost:{port}")
        return {
            "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(hosts),
            "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": ",".join(f"http://{host}" for host in hosts),
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._folder),
            "TMPDIR": str(self._folder),
            "LANG": "C.UTF-8",
            "AWS_EC2_METADATA_DISABLED": "true",
            **SETTINGS,
            **self._credentials,
        }

    def _answers(self) -> bool:
        connection = HTTPConnection(self.address, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self) -> set[Process]:
        """End it and whatever it started; gives back the processes that would not end."""
        self.is_up = False
        leaders = {self._leader} if self._leader else set()
        left = processes.end(lambda: processes.of_sessions(leaders), STOP_SECONDS)
        if self._started and not left:
            self._started.wait()
        processes.forget_dead(self._sessions)
        return left


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
