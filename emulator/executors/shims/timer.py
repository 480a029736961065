"""A timer unit: a process that starts its service when the time has come.

OnBootSec, OnActiveSec, OnStartupSec, OnUnitActiveSec, OnUnitInactiveSec, and of OnCalendar the words minutely, hourly,
daily, weekly and `*:0/N` (every N minutes).
"""

import re
import signal
import time
from typing import Final

from emulator.executors.shims import host, journal, record, units
from emulator.executors.shims.table import ShimError

CALENDAR: Final = {"minutely": 60.0, "hourly": 3600.0, "daily": 86400.0, "weekly": 604800.0}
LONG_AGO: Final = -1.0


def target(unit: units.Unit) -> str:
    return unit.value("Timer", "Unit") or unit.name.replace(".timer", ".service")


def calendar_seconds(text: str) -> float:
    """The period of a calendar expression; ShimError for one that is not emulated."""
    every = re.fullmatch(r"\*:0/(\d+)", text.strip())
    if every:
        return float(every[1]) * 60
    if text.strip() in CALENDAR:
        return CALENDAR[text.strip()]
    raise ShimError(f"OnCalendar={text} is not emulated; allowed: {', '.join(CALENDAR)}, *:0/N")


def next_start(unit: units.Unit, booted: float, began: float, last: float, now: float) -> float | None:
    """When the service is due, by the clock of `now`; `last` is its last start, LONG_AGO for none; None for never."""
    due: list[float] = []
    for directive, base in (("OnBootSec", booted), ("OnStartupSec", booted), ("OnActiveSec", began)):
        due += [base + units.span(v) for v in unit.values("Timer", directive) if last < base + units.span(v)]
    if last != LONG_AGO:
        for directive in ("OnUnitActiveSec", "OnUnitInactiveSec"):
            due += [last + units.span(v) for v in unit.values("Timer", directive)]
    for value in unit.values("Timer", "OnCalendar"):
        period = calendar_seconds(value)
        due.append((max(last, began) // period + 1) * period)
    return max(min(due), now) if due else None


def main(_: str, arguments: list[str]) -> int:
    unit = units.load(arguments[0])
    state = record.Record(unit.name)
    state.own()
    for message in unit.notes:
        journal.note(unit.name, message)
    state.active, state.sub, state.since = "active", "waiting", time.time()
    state.write()
    signal.signal(signal.SIGTERM, lambda *_: _end(state))
    booted = (host.root() / "run" / "emulator" / "environment.json").stat().st_mtime
    began, last = time.time(), LONG_AGO
    while (due := next_start(unit, booted, began, last, time.time())) is not None:
        time.sleep(max(due - time.time(), 0.05))
        last = time.time()
        _start(target(unit))
    _end(state)
    return 0


def _start(name: str) -> None:
    from emulator.executors.shims import manager  # which imports this module

    try:
        manager.start(name)
    except ShimError as error:
        journal.note(name, str(error))


def _end(state: record.Record) -> None:
    state.active, state.sub = "inactive", "dead"
    state.write()
    raise SystemExit(0)
