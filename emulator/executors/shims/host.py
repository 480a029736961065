"""The instance that a shim runs on: its root, its environment, its emulator. Standard library only."""

import json
import os
import subprocess
import sys
import urllib.request
from functools import cache
from pathlib import Path

from emulator import processes
from emulator.executors.shims.table import ShimError


@cache
def root() -> Path:
    value = os.environ.get(processes.MARKER)
    if not value:
        raise ShimError(f"{processes.MARKER} is not set: this program works on an emulated instance only")
    return Path(value)


def path(text: str) -> Path:
    """Where a path of the instance lies: below the root, unless it is there already."""
    wanted = Path(text)
    if not wanted.is_absolute() or wanted.is_relative_to(root()):
        return wanted
    return root() / text.lstrip("/")


def existing(text: str) -> str:
    """The instance's own file if it has one at this path, else the machine's (its programs are the instance's too)."""
    mine = path(text)
    return str(mine) if mine.exists() else text


def environment() -> dict[str, str]:
    """What a service gets, whatever the caller's environment holds."""
    known: dict[str, str] = json.loads((root() / "run" / "emulator" / "environment.json").read_text())
    return known


def sessions() -> Path:
    """Where the emulator looks for sessions to end."""
    return root().parent.parent / "processes"


def start_background(name: str, arguments: list[str]) -> processes.Process | None:
    """Start an internal shim in a session of its own, with the instance's environment, and record it."""
    runner = Path(__file__).with_name("run.py")
    started = subprocess.Popen(
        [sys.executable, "-S", "-E", str(runner), name, *arguments],
        cwd=root(),
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    processes.record(sessions(), started.pid)
    return processes.find(started.pid)


def tell_emulator(what: str) -> None:
    url = f"{os.environ['AWS_EC2_METADATA_SERVICE_ENDPOINT']}/emulator/{what}"
    request = urllib.request.Request(url, method="POST", data=b"")  # noqa: S310 - a loopback URL that the emulator gave
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310
        pass
