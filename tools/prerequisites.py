"""What only the user can bring. Each missing piece is one line: what, why, how to get it."""

import importlib.util
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

# .venv takes 1.5 GB; an engine built from source takes 3.5 GB while it is built and 0.2 GB after.
VENV_DISK_GIB: Final = 2.0
BUILD_DISK_GIB: Final = 5.0
_GIB: Final = 1024**3


class Machine(NamedTuple):
    """What set-up looks at before it starts."""

    system: str
    python: str
    missing_modules: tuple[str, ...]
    has_git: bool


def this_machine() -> Machine:
    """Look at the running interpreter and PATH. Its version was checked by tools/setup.sh, which has to start it."""
    missing = tuple(name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None)
    return Machine(sys.platform, sys.executable, missing, shutil.which("git") is not None)


def missing(machine: Machine) -> list[str]:
    """One line for each prerequisite that is not there."""
    lines: list[str] = []
    if not machine.system.startswith("linux"):
        lines.append(
            f"Linux is missing (this is {machine.system}): hosts are emulated with Linux tools; use a VM or WSL"
        )
    if machine.missing_modules:
        lines.append(
            f"{machine.python} has no {' and no '.join(machine.missing_modules)}: the virtualenv is made with them; "
            "on Debian and Ubuntu: sudo apt-get install python3-venv"
        )
    if not machine.has_git:
        lines.append("git is missing: models are traced to commits; get it with: sudo apt-get install git")
    return lines


def disk_fault(folder: Path, needed_gib: float, purpose: str) -> str:
    """Empty, or the line that says that the disk under `folder` is too full."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free_gib = shutil.disk_usage(existing).free / _GIB
    if free_gib >= needed_gib:
        return ""
    return (
        f"{free_gib:.1f} GiB are free at {existing}, {purpose} needs {needed_gib:g} GiB: "
        "free some, or point XDG_CACHE_HOME at a larger disk"
    )


def refuse(lines: Sequence[str]) -> None:
    """Exit 2 with the lines, if there are any."""
    if any(lines):
        for line in filter(None, lines):
            print(f"setup: {line}", file=sys.stderr)
        raise SystemExit(2)
