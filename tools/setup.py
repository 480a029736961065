"""`make setup`: everything that `make demo` and `make test` need, and nothing outside `.venv` and the user's cache.

`--check` only says (by its exit code) whether there is anything to do; it is what every other target pays for.
"""

import fcntl
import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tools import engine, python_env
from tools.places import ENGINE_PATH_FILE, ROOT, STAMP_FILE, VENV, cache_directory
from tools.prerequisites import VENV_DISK_GIB, disk_fault, missing, refuse, this_machine
from tools.running import StepError, heartbeat, say


def inputs_digest() -> str:
    """Changes with anything that set-up depends on: pins of packages, tools and engine, and its own code."""
    files = [python_env.REQUIREMENTS, python_env.UV_REQUIREMENTS]
    files += [ROOT / "tools" / name for name in ("engine.py", "python_env.py", "setup.py")]
    files += [folder / name for folder in engine.MODULES.values() for name in ("go.mod", "go.sum")]
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def stamp(engine_directory: Path) -> dict[str, Any]:
    """What was set up, and where; an engine that is upgraded in place has another time or size."""
    status = (engine_directory / "pulumi").stat()
    return {
        "version": 1,
        "root": str(ROOT),
        "inputs": inputs_digest(),
        "engine": str(engine_directory),
        "engine_identity": [status.st_mtime_ns, status.st_size],
    }


def read_stamp() -> dict[str, Any]:
    """The last completed set-up, or nothing."""
    try:
        found = json.loads(STAMP_FILE.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_stamp(engine_directory: Path) -> None:
    """Say that set-up is complete; whole or not at all."""
    partial = STAMP_FILE.with_suffix(".partial")
    partial.write_text(json.dumps(stamp(engine_directory), indent=1))
    partial.replace(STAMP_FILE)


def up_to_date() -> bool:
    """Whether the last set-up still holds."""
    last = read_stamp()
    directory = Path(last.get("engine", ""))
    if not last or not engine.is_complete(directory) or not (VENV / "bin" / "mlteam").exists():
        return False
    return last == stamp(directory) and ENGINE_PATH_FILE.exists()


@contextmanager
def only_one(cache: Path) -> Iterator[None]:
    """Hold the set-up lock of this user; waits, and says so, while another set-up runs."""
    with (cache / "setup.lock").open("a") as lock:
        if not _locked(lock):
            with heartbeat("waiting for another set-up of yours") as beat:
                while not _locked(lock):
                    time.sleep(0.5)
                    beat(f"it holds {lock.name}")
        yield


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def set_up(cache: Path) -> None:
    """Bring .venv and the engine up to what this checkout asks for."""
    last = read_stamp()
    STAMP_FILE.unlink(missing_ok=True)  # from here to the end it is not set up
    if not (VENV / "bin" / "mlteam").exists():
        refuse([disk_fault(ROOT, VENV_DISK_GIB, "the virtualenv")])
    python_env.sync(cache, fresh=last.get("root", str(ROOT)) != str(ROOT))
    directory = engine.provide(cache)
    ENGINE_PATH_FILE.write_text(f"{directory}\n")
    write_stamp(directory)


def main() -> None:
    """Exit 0 when all is set up, 2 for what only the user can bring, 1 for a step that failed."""
    if "--check" in sys.argv[1:]:
        raise SystemExit(not up_to_date())
    refuse(missing(this_machine()))
    cache = cache_directory(os.environ)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a cancelled CI job ends its build as Ctrl-C does
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with only_one(cache):
            if not up_to_date():
                set_up(cache)
                say("done")
    except PermissionError as error:
        raise SystemExit(f"setup: cannot write {error.filename}: .venv and {cache} must be writable") from error
    except (StepError, OSError) as error:
        raise SystemExit(f"setup: {error}") from error
    except KeyboardInterrupt:
        raise SystemExit("setup: interrupted; the next one goes on from here") from None


if __name__ == "__main__":
    main()
