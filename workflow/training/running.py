"""Run a team's command: its output to the log as it comes, its last lines kept for whoever asks why it failed."""

import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from workflow.errors import ResourceError

TAIL_LINES: Final = 20


def run_command(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    """ResourceError with the last lines when the command ends badly or cannot be started."""
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise ResourceError(f"the project's command does not start: {error}; it is {' '.join(command)}") from error
    with process:
        assert process.stdout is not None  # noqa: S101  for the type checker: it was asked for above
        try:
            for line in process.stdout:
                sys.stdout.write(line)
                sys.stdout.flush()
                tail.append(line.rstrip("\n"))
        except BaseException:
            process.kill()  # whoever stops the worker means the training too
            raise
    if process.returncode:
        ending = f"exit code {process.returncode}" if process.returncode > 0 else f"signal {-process.returncode}"
        raise ResourceError(f"the project's command ended with {ending}; its last lines:\n" + "\n".join(tail))
