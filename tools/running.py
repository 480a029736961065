"""Run one step of set-up: quiet when it is quick, alive when it is long, and its last words when it fails."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

QUIET_SECONDS: Final = 5.0
HEARTBEAT_SECONDS: Final = 10.0
_TAIL_LINES: Final = 20
_DETAIL_WIDTH: Final = 70


class StepError(Exception):
    """A step ended badly; the message holds its last lines and where the log is."""


def say(message: str) -> None:
    """One line of progress, on stderr."""
    print(f"setup: {message}", file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    """Minutes and seconds: 75 gives `1:15`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def last_line(log: Path) -> str:
    """What the step is at: the end of its log, without reading all of it."""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 2048))
        lines = stream.read().decode(errors="replace").split("\n")
    words = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return words if len(words) <= _DETAIL_WIDTH else words[: _DETAIL_WIDTH - 1] + "…"


def tail(log: Path) -> str:
    """The last lines of a log, indented."""
    return "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])


@contextmanager
def heartbeat(title: str) -> Iterator["Beat"]:
    """Announce a step and give a beat to call while it lasts; say how long it took if that was long."""
    say(f"{title} …")
    title = title.split(" (", 1)[0]  # what is in brackets is told once
    beat = Beat(title)
    yield beat
    if beat.elapsed > QUIET_SECONDS:
        say(f"{title}: done in {clock(beat.elapsed)}")


class Beat:
    """Says every ten seconds that a step is alive."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._start = self._last = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self._start

    def __call__(self, detail: str) -> None:
        """Speak, unless it spoke within the last ten seconds."""
        if time.monotonic() - self._last >= HEARTBEAT_SECONDS:
            self._last = time.monotonic()
            say(f"  {clock(self.elapsed)} {self._title}: {detail or 'still at it'}")


def run_step(title: str, command: Sequence[str], *, log: Path, env: Mapping[str, str], cwd: Path) -> None:
    """Run a command with its output in `log`; raises StepError with the log's end if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with heartbeat(title) as beat, log.open("wb") as stream:
        try:
            # Its own group: what it starts must end with it when set-up is interrupted.
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, env=dict(env), cwd=cwd, process_group=0
            )
        except OSError as error:
            raise StepError(f"{title}: cannot start {command[0]}: {error.strerror}") from error
        try:
            while _running(process):
                beat(last_line(log))
        except BaseException:
            _end(process)
            raise
        if process.returncode:
            said = tail(log) or "    (it said nothing)"
            raise StepError(f"{title} failed (exit {process.returncode}); its last lines:\n{said}\n  whole log: {log}")


def _running(process: "subprocess.Popen[bytes]") -> bool:
    try:
        process.wait(timeout=0.5)
    except subprocess.TimeoutExpired:
        return True
    return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=5)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
        break
    process.wait()
