"""The manager behind `systemctl`: starts and stops units, brings the instance up and down.

Promises that a unit has one supervisor at most, that a start which fails is told, and that enabled units start in the
order of their After=.
"""

import contextlib
import fcntl
import signal
import time
from collections.abc import Iterable, Iterator
from typing import Final

from emulator.executors.shims import host, journal, record, supervisor, timer, units, volumes
from emulator.executors.shims.table import ShimError
from emulator.processes import Process

START_SECONDS: Final = 90.0


def start(name: str, *, waits: bool = True) -> None:
    """Start a unit with what it requires; ShimError if it fails, as systemctl says it."""
    unit = units.load(name)
    for other in _needed(unit):
        start(other)
    if not supervisor.is_condition_met(unit):
        journal.note(unit.name, f"{unit.name}: skipped because of an unmet condition check")
        return
    if unit.name.endswith(".timer"):
        units.load(timer.target(unit))
        timer.next_start(unit, 0, 0, timer.LONG_AGO, 0)  # a calendar that is not emulated is refused here
    with _only_one(unit.name):
        if record.read(unit.name).active not in ("active", "activating"):
            record.forget(unit.name)
            kind = "watch-timer" if unit.name.endswith(".timer") else "supervise"
            _wait_until_known(unit.name, host.start_background(kind, [unit.name]))
    if waits:
        _wait_until_started(unit)


@contextlib.contextmanager
def _only_one(name: str) -> Iterator[None]:
    """Two starts at a time (a timer and a person) must not make two supervisors."""
    lock = record.path(name).with_suffix(".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _wait_until_known(name: str, supervising: Process | None) -> None:
    """Until the supervisor has written its first record, or died of a fault of ours."""
    while not record.path(name).exists():
        if supervising is None or not supervising.is_alive():
            if record.path(name).exists():
                return
            raise ShimError(f"the supervisor of {name} does not start")
        time.sleep(0.01)


def _needed(unit: units.Unit) -> Iterable[str]:
    """Units of ours that this one wants; the system's own targets are there already."""
    known = set(units.names())
    wanted = unit.words("Unit", "Requires") + unit.words("Unit", "Wants")
    return [name for name in dict.fromkeys(wanted) if name in known]


def _wait_until_started(unit: units.Unit) -> None:
    """Until it is active, or a oneshot ended; a failure is told as systemctl tells it."""
    deadline = time.monotonic() + unit.seconds("Service", "TimeoutStartSec", START_SECONDS)
    while time.monotonic() < deadline:
        state = record.read(unit.name)
        if state.active == "active" or (state.active == "inactive" and state.since):
            return
        if state.active == "failed" or state.sub == "auto-restart":
            raise ShimError(_failure(unit.name))
        time.sleep(0.02)
    stop(unit.name)
    raise ShimError(_failure(unit.name))


def _failure(name: str) -> str:
    return (
        f"Job for {name} failed because the control process exited with error code.\n"
        f'See "systemctl status {name}" and "journalctl -xeu {name}" for details.'
    )


def stop(name: str, *, waits: bool = True) -> None:
    """Stop a unit that may not exist any more (its file removed): what runs is what counts."""
    state = record.read(name)
    if state.supervisor is None:
        if state.active == "active":
            record.Record(name, since=time.time()).write()
        return
    state.supervisor.signal(signal.SIGTERM)
    while waits and state.supervisor is not None:
        time.sleep(0.02)


def init() -> int:
    """Mount what fstab lists, then start every enabled unit, the ones that others come after first."""
    volumes.mount("mount", ["-a"])
    enabled = {link.name for link in units.folder().glob("*.wants/*") if link.is_symlink()}
    for name in _ordered(enabled):
        try:
            start(name, waits=False)
        except ShimError as error:
            journal.note(name, str(error))
    return 0


def _ordered(names: set[str]) -> list[str]:
    """By After=; a circle is broken where it is found, as systemd does."""
    ordered: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in ordered or name in above or not (units.folder() / name).is_file():
            return
        for other in units.load(name).words("Unit", "After"):
            if other in names:
                visit(other, (*above, name))
        ordered.append(name)

    for name in sorted(names):
        try:
            visit(name, ())
        except ShimError as error:
            journal.note(name, str(error))
    return ordered


def halt() -> int:
    """Stop all units at once and wait for them: timers first, so that none starts anew."""
    running = [path.stem for path in (host.root() / "run/emulator/units").glob("*.json")]
    for name in sorted(running, key=lambda unit: not unit.endswith(".timer")):
        stop(name, waits=False)
    while any(record.read(name).supervisor for name in running):
        time.sleep(0.05)
    return 0
