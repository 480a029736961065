"""The engine's lock, judged: is whoever took it still there?

Promises that a lock is stale only if it was taken on this machine by a process that is gone (a pid that was given out
again since does not count, unless to an engine), and that what cannot be known is not guessed. While it is held here,
no engine begins: what is found at AWS and not in the state is then nobody's.
Source: pkg/backend/diy/lock.go of engine 3.250; containers that share a name and a state are one machine to it.
"""

import contextlib
import getpass
import json
import os
import socket
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from emulator import processes
from stacks.recovery.store import Store
from workflow.errors import RefusedError

ORGANIZATION: Final = "organization"
"""What a backend without organizations calls its only one."""
CLOCK_SECONDS: Final = 2.0
"""What the kernel's start times and the clock may differ by."""
MOST_PIDS: Final = 2**22
"""proc(5), pid_max."""
ENGINE: Final = "pulumi"


class Verdict(StrEnum):
    """`held` by a living process, `stale`, `foreign` for another machine's, `broken` for what says nothing."""

    HELD = "held"
    STALE = "stale"
    FOREIGN = "foreign"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class Lock:
    """`name` is that of the object in the backend, `holder` for people."""

    name: str
    verdict: Verdict
    holder: str

    def text(self) -> str:
        return f"{self.verdict.value} lock of {self.holder}"


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The one that this runs on. `started` gives the time in seconds since the epoch at which a process began; None
    for a pid that is free. `program` is the name of what it runs."""

    host: str
    started: Callable[[int], float | None]
    program: Callable[[int], str] = lambda _: ""


def this_machine() -> Machine:
    return Machine(host=socket.gethostname(), started=_started, program=_program)


def _program(pid: int) -> str:
    process = processes.find(pid)
    words = process.command().split() if process else []
    return Path(words[0]).name if words else ""


def _started(pid: int) -> float | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:  # somebody else's, and alive
        pass
    process = processes.find(pid)
    if process is not None:
        return _booted() + process.started / os.sysconf("SC_CLK_TCK")
    is_zombie = (processes.PROC / str(pid) / "stat").is_file()
    return None if is_zombie else 0.0


def _booted() -> float:
    lines = (processes.PROC / "stat").read_text().splitlines()
    return float(next(line for line in lines if line.startswith("btime ")).split()[1])


def folder(project: str, stack: str) -> str:
    return f".pulumi/locks/{ORGANIZATION}/{project}/{stack}/"


def judge(name: str, body: bytes, machine: Machine) -> Lock:
    try:
        said: dict[str, Any] = json.loads(body)
        pid, host, since = int(said["pid"]), str(said["hostname"]), datetime.fromisoformat(said["timestamp"])
        if not 0 < pid < MOST_PIDS:
            raise ValueError(pid)
        holder = f"{said['username']}@{host}, process {pid}, since {since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, KeyError, TypeError, OverflowError):
        return Lock(name=name, verdict=Verdict.BROKEN, holder=f"nobody knows whom: {Path(name).name} is no lock")
    if host != machine.host:
        return Lock(name=name, verdict=Verdict.FOREIGN, holder=holder)
    started = machine.started(pid)
    began_before = started is not None and started <= since.timestamp() + CLOCK_SECONDS
    # A clock that was set since makes a living engine younger than its lock.
    is_alive = began_before or (started is not None and machine.program(pid) == ENGINE)
    return Lock(name=name, verdict=Verdict.HELD if is_alive else Verdict.STALE, holder=holder)


def read(store: Store, place: str, machine: Machine) -> list[Lock]:
    found = ((name, store.read(name)) for name in store.names(place))
    return [judge(name, body, machine) for name, body in found if body is not None]


def refuse(found: list[Lock], store: Store, *, break_lock: bool) -> None:
    """RefusedError for a lock that is held, or, unless `break_lock`, whose holder is not known to be gone."""
    for lock in found:
        if lock.verdict is Verdict.HELD:
            raise RefusedError(f"the stack is at work: {lock.text()}", cure="wait for it; Ctrl-C ends it in good order")
        if lock.verdict is not Verdict.STALE and not break_lock:
            raise RefusedError(
                f"{lock.text()} ({store.url}/{lock.name}); from here nobody can tell whether it is still at work",
                cure="look there; if it is gone: mlteam recover --break-lock",
            )


@contextlib.contextmanager
def hold(store: Store, place: str) -> Iterator[None]:
    """Keep every engine out for the block; RefusedError if one was faster. Taken as the engine takes it: write, then
    look for others."""
    mine = f"{place}{uuid.uuid4()}.json"
    told = {"pid": os.getpid(), "username": _user(), "hostname": socket.gethostname()}
    store.write(mine, json.dumps({**told, "timestamp": datetime.now(UTC).isoformat()}).encode())
    try:
        others = [name for name in store.names(place) if name != mine]
        if others:
            raise RefusedError(
                f"somebody else began to work on the stack just now: {store.url}/{others[0]}", cure="again, later"
            )
        yield
    finally:
        store.remove(mine)


def _user() -> str:
    """In a container a user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
