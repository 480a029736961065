"""`make test`: the quick tier, then the tests with real processes and the engine; bounded in time.

Both run whatever the first says, because a second fault seen now saves a run. pytest's own lines are shown.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

_ROOT: Final = Path(__file__).resolve().parent.parent
_LIMIT_VARIABLE: Final = "MLTEAM_TEST_LIMIT_SECONDS"
_LIMIT_SECONDS: Final = 3600.0  # a run beyond it hangs: machines half as fast as that of docs/benchmarks.md were seen
_NO_TESTS: Final = 5  # pytest's exit code


class Tier(NamedTuple):
    """Some of the tests, how to run them, and in which parts: a process each, side by side."""

    title: str
    arguments: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...] = ((),)


# Half of the quick tests, by time, and all that record stacks: Pulumi is imported here only.
# Two processes that read half of the files each take two thirds of the time of two workers that read all of them.
_HALF: Final = (
    *("tests/components", "tests/costs", "tests/docs", "tests/stacks"),
    *("tests/emulator/provider", "tests/emulator/tokens", "tests/workflow/steps"),
)
# Engine tests wait for processes more than they work, so two cores hold three workers; tests/conftest.py puts the
# longest files first. A test that hangs prints where after 10 minutes.
TIERS: Final = (
    Tier(
        "quick tests",
        ("-q", "-m", "not slow and not engine"),
        parts=(_HALF, ("tests", *(f"--ignore={folder}" for folder in _HALF))),
    ),
    Tier(
        "slow and engine tests",
        (
            # Tests of one file share its fixtures, so a file stays on one worker.
            *("-v", "-m", "slow or engine", "-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"),
            *("--durations=10", "-o", "faulthandler_timeout=600"),
        ),
    ),
)


def limit_seconds(environment: Mapping[str, str]) -> float:
    """How long all tiers together may take."""
    given = environment.get(_LIMIT_VARIABLE, "")
    try:
        limit = float(given) if given else _LIMIT_SECONDS
    except ValueError:
        limit = 0.0
    if not 0 < limit < float("inf"):
        raise SystemExit(f"test: {_LIMIT_VARIABLE} is {given!r}, expected seconds above 0, like 600")
    return limit


def outcome(code: int | None) -> str:
    """pytest's exit code in words; None is the time limit."""
    words = {0: "passed", _NO_TESTS: "no tests", None: "TIMED OUT"}
    return words.get(code, f"FAILED (exit {code})")


def run_tier(tier: Tier, seconds: float) -> int | None:
    """pytest's exit code, or None if it had to be ended. The first part is seen as it goes, others when they end."""
    deadline = time.monotonic() + seconds
    with ExitStack() as stack:
        running = []
        for number, part in enumerate(tier.parts):
            shown_later = stack.enter_context(tempfile.TemporaryFile()) if number else None
            command = [sys.executable, "-m", "pytest", *tier.arguments, *part]
            process = subprocess.Popen(
                command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=shown_later, stderr=shown_later, process_group=0
            )
            stack.callback(end, process)
            running.append((process, shown_later))
        codes = []
        for process, shown_later in running:
            codes.append(_wait(process, deadline - time.monotonic()))
            if shown_later:
                shown_later.seek(0)
                sys.stdout.buffer.write(shown_later.read())
                sys.stdout.flush()
    return together(codes)


def _wait(process: "subprocess.Popen[bytes]", seconds: float) -> int | None:
    try:
        return process.wait(timeout=max(seconds, 0.1))
    except subprocess.TimeoutExpired:
        end(process)
        return None


def together(codes: Sequence[int | None]) -> int | None:
    """One exit code for all parts: a time limit before all, then the first failure; parts without tests count for 0."""
    if None in codes:
        return None
    told = [code for code in codes if code != _NO_TESTS]
    return next(filter(None, told), 0 if told else _NO_TESTS)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask first, so that fixtures end what they started (an emulator, an MLflow server); then insist."""
    for number, patience_seconds in ((signal.SIGINT, 30), (signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(timeout=patience_seconds)
        except subprocess.TimeoutExpired:
            continue


def main() -> None:
    """Exit 1 unless every tier passed."""
    limit, start = limit_seconds(os.environ), time.monotonic()
    results: list[tuple[str, int | None, float]] = []
    # Where this runs in the background, a shell has made it and all its children deaf to SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a cancelled CI job ends its tests as Ctrl-C does
    try:
        for tier in TIERS:
            print(f"test: {tier.title} …", flush=True)
            began = time.monotonic()
            results.append((tier.title, run_tier(tier, limit - (began - start)), time.monotonic() - began))
    except KeyboardInterrupt:
        raise SystemExit("test: interrupted") from None
    for title, code, seconds in results:
        print(f"test: {title}: {outcome(code)} in {seconds:.0f} s")
    if any(code is None for _, code, _ in results):
        print(
            f"test: the limit is {limit:g} s for all; a slower machine may raise it: {_LIMIT_VARIABLE}=7200 make test"
        )
    raise SystemExit(any(code not in {0, _NO_TESTS} for _, code, _ in results))


if __name__ == "__main__":
    main()
