"""Run a program that must come to its own end when people interrupt."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from stacks.recovery import plugins


def run_to_the_end(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    stdout: int | IO[Any] | None,
    stderr: int | IO[Any] | None,
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run`, but an interruption of ours is handed on, once each: the engine ends what it has begun and
    gives back its lock, and would do neither if it were killed. In a group of its own it does not hear the terminal's
    as well. KeyboardInterrupt once it has ended.

    An engine that fails early leaves its language host behind (3.250, where its state's folder is gone): that goes too.
    """
    interruptions = 0
    with subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        process_group=0,
    ) as process:
        while True:
            try:
                said, complained = process.communicate()
                break
            except KeyboardInterrupt:
                interruptions += 1
                process.send_signal(signal.SIGINT)
    if process.returncode:
        plugins.end(plugins.without_engine(folder))
    if interruptions:
        raise KeyboardInterrupt
    return subprocess.CompletedProcess(command, process.returncode, said or "", complained or "")
