"""Processes by identity: a pid together with its start time, so that a reused pid is never taken for ours.

Promises to find every process of an emulated instance, also after the emulator itself was killed: by the session that
was recorded when it was started, and by the variable `EMULATED_INSTANCE` that its descendants inherit (a daemon that
makes its own session still has it). Standard library only: the shims use it on the instance. Linux only (/proc).
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MARKER: Final = "EMULATED_INSTANCE"
PROC: Final = Path("/proc")
# Fields of /proc/<pid>/stat after the command name (proc(5), counted from `state`).
STATE, SESSION, START_TIME = 0, 3, 19


@dataclass(frozen=True, order=True)
class Process:
    """A process that can be told from a later one with the same pid; `started` in clock ticks since boot."""

    pid: int
    started: int

    def is_alive(self) -> bool:
        return find(self.pid) == self

    def signal(self, number: int) -> None:
        if self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def command(self) -> str:
        with contextlib.suppress(OSError):
            text = (PROC / str(self.pid) / "cmdline").read_bytes().replace(b"\0", b" ")
            return text.decode(errors="replace").strip()[:200]
        return ""


def find(pid: int) -> Process | None:
    """None for a pid that is free or only a zombie."""
    fields = _stat(pid)
    return Process(pid, int(fields[START_TIME])) if fields else None


def _stat(pid: int) -> list[str]:
    fields = _any_stat(pid)
    return [] if not fields or fields[STATE] in "ZX" else fields


def _any_stat(pid: int) -> list[str]:
    """Of a zombie as well; empty for a pid that is free."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return []
    return text[text.rindex(")") + 2 :].split()


def record(folder: Path, pid: int) -> None:
    """Remember a session leader, so that its session is found again by whoever comes later.

    A leader that has ended already is a zombie until its parent waits for it, and what it left runs on.
    """
    fields = _any_stat(pid)
    if fields:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{pid}-{fields[START_TIME]}").touch()


def recorded(folder: Path) -> set[Process]:
    if not folder.is_dir():
        return set()
    names = (path.name.partition("-") for path in folder.iterdir())
    return {Process(int(pid), int(started)) for pid, _, started in names if pid.isdigit() and started.isdigit()}


def forget_dead(folder: Path) -> None:
    for process in recorded(folder):
        if not process.is_alive() and not _members(process):
            (folder / f"{process.pid}-{process.started}").unlink(missing_ok=True)


def _members(leader: Process) -> set[Process]:
    """Every process of the session that `leader` made; a session's id is not reused while it has members."""
    return {
        Process(pid, int(fields[START_TIME]))
        for pid, fields in _all()
        if int(fields[SESSION]) == leader.pid and int(fields[START_TIME]) >= leader.started
    }


def _all() -> Iterator[tuple[int, list[str]]]:
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            yield int(entry.name), fields


def having(variable: str, value: str) -> set[Process]:
    """Processes whose environment holds `variable` with this value or, for a folder, with a path in it."""
    exact, below = f"{variable}={value}".encode(), f"{variable}={value}/".encode()
    found = set()
    for pid, fields in _all():
        with contextlib.suppress(OSError):
            entries = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
            if any(entry == exact or entry.startswith(below) for entry in entries):
                found.add(Process(pid, int(fields[START_TIME])))
    return found


def of_sessions(leaders: set[Process]) -> set[Process]:
    """All members of the sessions of these leaders, dead leaders included."""
    ids = {leader.pid: leader.started for leader in leaders}
    return {
        Process(pid, int(fields[START_TIME]))
        for pid, fields in _all()
        if int(fields[START_TIME]) >= ids.get(int(fields[SESSION]), 2**63)
    }


def end(survivors: Callable[[], set[Process]], grace_seconds: float, first: int = signal.SIGTERM) -> set[Process]:
    """TERM (or `first`), then KILL after the grace, until nobody is left; gives back who would not go.

    `survivors` is asked again each time, because a dying process may start others.
    """
    for number, seconds in ((first, grace_seconds), (signal.SIGKILL, 5.0)):
        told: set[Process] = set()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            left = survivors()
            if not left:
                return set()
            for process in left - told:
                process.signal(number)
            told |= left
            time.sleep(0.05)
    return survivors()
