"""Carry the buffer's lines to the tracking server while training runs, and after it went and came back.

Promises never to stop the training, never to skip a line that the server would take, and to say when the server is
away and when it is back. A line that the server refuses for good is dropped with a warning.
"""

import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from workflow.training.tracker import Fact, RefusedFactError, Tracker, is_refusal

POLL_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 10.0
SHOWN_CHARACTERS: Final = 200
BATCH_FACTS: Final = 100
"""MLflow takes at most 100 params or tags a batch."""


class Shipper:
    """`start`, then `finish` once the script has ended. `say` takes a line for people."""

    def __init__(self, buffer: Path, tracker: Tracker, say: Callable[[str], None]) -> None:
        self._buffer = buffer
        self._tracker = tracker
        self._say = say
        self._offset = 0
        self._is_away = False
        self.error: Exception | None = None
        """Why the last attempt failed."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finish(self, patience_seconds: float) -> bool:
        """Ship what is left; False when the server was still away at the end of `patience_seconds`."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        deadline = time.monotonic() + patience_seconds
        wait = POLL_SECONDS
        while not self._ship():
            if time.monotonic() + wait > deadline:
                return False
            time.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)
        return True

    def _run(self) -> None:
        wait = POLL_SECONDS
        while not self._stop.wait(wait):
            wait = POLL_SECONDS if self._ship() else min(2 * wait, LONGEST_WAIT_SECONDS)

    def _ship(self) -> bool:
        """True when nothing is left to ship for now."""
        while True:
            facts, offset = self._next()
            try:
                self._tracker.ensure_run()
                self._send(facts)
            except Exception as error:  # whatever a client library raises while its server is away
                if not self._is_away:
                    what = "refuses" if is_refusal(error) else "is away"
                    self._say(f"warning: the tracking server {what}, buffering: {_first_line(error)}")
                self.error = error
                self._is_away = True
                return False
            if self._is_away:
                self._say("the tracking server is back, the buffer is being sent")
            self._is_away = False
            self._offset = offset
            if not facts:
                return True

    def _send(self, facts: Sequence[Fact]) -> None:
        if not facts:
            return
        try:
            self._tracker.log(facts)
        except RefusedFactError as error:
            if len(facts) == 1:
                self._say(
                    f"warning: the tracking server refuses {facts[0].kind} {facts[0].key!r}: {_first_line(error)}"
                )
                return
            for fact in facts:
                self._send([fact])

    def _next(self) -> tuple[list[Fact], int]:
        """The next whole lines, and where to go on after them."""
        facts: list[Fact] = []
        if not self._buffer.exists():
            return facts, self._offset
        with self._buffer.open("rb") as file:
            file.seek(self._offset)
            offset = self._offset
            for line in file:
                if not line.endswith(b"\n") or len(facts) == BATCH_FACTS:
                    break  # the script is in the middle of writing it
                offset += len(line)
                try:
                    facts.append(Fact(**json.loads(line)))
                except (TypeError, ValueError) as error:
                    self._say(f"warning: a line of the run's buffer cannot be read: {_first_line(error)}")
        return facts, offset


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0][:SHOWN_CHARACTERS] if lines else type(error).__name__
