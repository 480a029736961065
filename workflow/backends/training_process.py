"""Training in a plain process beside the command: for a laptop, or a CI machine that is big enough.

The job, its status and its log lie in S3 as ever, so everything after it cannot tell the difference.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from workflow.progress import Progress
from workflow.training.job import JOB_FILE, LOG_FILE, Job

GRACE_SECONDS: Final = 20
"""From SIGTERM to SIGKILL: enough to write a status."""


class ProcessPlace:
    """`environment` is the command's own: the process finds AWS the same way."""

    def __init__(self, client: Any, environment: Mapping[str, str], progress: Progress) -> None:
        self._client = client
        self._environment = environment
        self._progress = progress
        self._process: subprocess.Popen[bytes] | None = None
        self._job: Job | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the process

    def find(self, _: Job, /) -> bool:
        """Never: a process of another command is not ours to wait for."""
        return False

    def start(self, job: Job, _: int, /) -> None:
        root = str(Path(__file__).resolve().parents[2])
        python_path = os.pathsep.join(filter(None, [root, self._environment.get("PYTHONPATH")]))
        self._job = job
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workflow.training.worker", "--job", str(job.folder / JOB_FILE)],
            env={**self._environment, "PYTHONPATH": python_path, "AWS_DEFAULT_REGION": job.region},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C is for the command, which then stops the process in order
        )
        self._progress.say(f"job {job.id} starts as process {self._process.pid}")

    def gone_because(self) -> str:
        code = self._process.poll() if self._process else None
        if code is None:
            return ""
        self._upload_log()
        return f"the process ended with {f'exit code {code}' if code >= 0 else f'signal {-code}'}"

    def finish(self) -> None:
        if self._process:
            self._process.wait(GRACE_SECONDS)
        self._upload_log()

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._upload_log()

    def _upload_log(self) -> None:
        if self._job is None:
            return
        self._log.seek(0)
        address = self._job.folder / LOG_FILE
        self._client.put_object(Bucket=address.bucket, Key=address.key, Body=self._log.read())
        self._job = None
