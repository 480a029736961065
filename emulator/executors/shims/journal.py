"""The journal: one file per unit below /var/log/journal; `journalctl -u UNIT` shows it."""

import argparse
import sys
import time
from collections import deque
from pathlib import Path

from emulator.executors.shims import host


def path(unit: str) -> Path:
    return host.path("/var/log/journal") / f"{unit}.log"


def note(unit: str, message: str) -> None:
    """A line of the manager itself, with the time."""
    with path(unit).open("a") as file:
        file.write(f"{time.strftime('%b %d %H:%M:%S')} systemd[1]: {message}\n")


def main(name: str, arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog=name, allow_abbrev=False)
    parser.add_argument("-u", "--unit", action="append", default=[])
    parser.add_argument("-n", "--lines", default="")
    parser.add_argument("-o", "--output", default="short", choices=("short", "short-iso", "cat"))
    for flag in ("--no-pager", "-q", "--quiet", "-e", "-x", "-b", "--boot", "--no-hostname", "-xe", "-eu"):
        parser.add_argument(flag, action="store_true")
    options = parser.parse_args(arguments)
    units = [unit if "." in unit else f"{unit}.service" for unit in options.unit]
    files = [path(unit) for unit in units] or sorted(host.path("/var/log/journal").glob("*.log"))
    lines = [line for file in files if file.is_file() for line in _tail(file, options.lines)]
    sys.stdout.writelines(lines or ["-- No entries --\n"])
    return 0


def _tail(file: Path, count: str) -> deque[str]:
    with file.open(errors="replace") as text:
        return deque(text, maxlen=int(count) if count.isdigit() else None)
