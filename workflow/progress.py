"""Progress for people, on stderr: a spinner on a terminal, plain lines elsewhere.

Promises a sign of life at least every `HEARTBEAT_SECONDS` while something is waited for.
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TextIO

HEARTBEAT_SECONDS: Final = 5.0


class Progress:
    """`stream` is stderr unless a test wants to read along."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        with self._lock:
            self._stream.write(text + "\n")
            self._stream.flush()

    def warn(self, text: str) -> None:
        self.say(f"warning: {text}")

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Say what is waited for, and that it is alive, until the block ends."""
        if self._stream.isatty():
            from rich.console import Console

            with Console(file=self._stream).status(what):
                yield
            return
        self.say(what)
        done = threading.Event()
        beat = threading.Thread(target=self._beat, args=(what, done), daemon=True)
        beat.start()
        try:
            yield
        finally:
            done.set()
            beat.join()

    def _beat(self, what: str, done: threading.Event) -> None:
        started = time.monotonic()
        while not done.wait(HEARTBEAT_SECONDS):
            self.say(f"{what} ... {time.monotonic() - started:.0f} s")
