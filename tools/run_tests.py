"""`make test`: the quick tier, then the tests with real processes and the engine; bounded in time.

Both run whatever the first says, because a second fault seen now saves a run. pytest's own lines are shown.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

_ROOT: Final = Path(__file__).resolve().parent.parent
_LIMIT_VARIABLE: Final = "MLTEAM_TEST_LIMIT_SECONDS"
_LIMIT_SECONDS: Final = 2400.0  # a run beyond it hangs; docs/benchmarks.md has what two cores need
_NO_TESTS: Final = 5  # pytest's exit code


class Tier(NamedTuple):
    """Some of the tests, and how to run them."""

    title: str
    arguments: tuple[str, ...]


# Tests of one file share its fixtures, so a file stays on one worker.
_BY_FILE: Final = ("--dist", "loadfile")
# Engine tests wait for processes more than they work, so two cores hold three workers; tests/conftest.py puts the
# longest files first. A test that hangs prints where after 10 minutes.
TIERS: Final = (
    Tier("quick tests", ("-q", "-m", "not slow and not engine", "-n", "2", *_BY_FILE)),
    Tier(
        "slow and engine tests",
        (
            *("-v", "-m", "slow or engine", "-n", "3", *_BY_FILE, "--no-loadscope-reorder"),
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
    """pytest's exit code, or None if it had to be ended."""
    command = [sys.executable, "-m", "pytest", *tier.arguments]
    process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.DEVNULL, process_group=0)
    try:
        return process.wait(timeout=max(seconds, 0.1))
    except subprocess.TimeoutExpired:
        return None
    finally:
        end(process)


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
            f"test: the limit is {limit:g} s for all; a slower machine may raise it: {_LIMIT_VARIABLE}=1200 make test"
        )
    raise SystemExit(any(code not in {0, _NO_TESTS} for _, code, _ in results))


if __name__ == "__main__":
    main()
