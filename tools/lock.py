"""`make lock`: compile pyproject.toml into the hash-pinned requirements files.

Versions that still fit stay as they are: an unchanged pyproject.toml gives unchanged files. `--upgrade` takes new ones.
No file records a registry: whoever installs uses the one they have.
"""

import argparse
import subprocess
from pathlib import Path

from tools.locks import LOCK_FILES, LockFile, faults

_ROOT = Path(__file__).resolve().parent.parent


def command(lock_file: LockFile, *, upgrade: bool) -> list[str]:
    """The uv call that compiles one file, run in the checkout."""
    line = [str(_ROOT / ".venv" / "bin" / "uv"), "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    line += ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    line += ["--output-file", lock_file.path]
    line += [f"--extra={extra}" for extra in lock_file.extras]
    if lock_file.with_project:
        line.append("pyproject.toml")
    if lock_file.group:
        line += ["--group", lock_file.group]
    if lock_file.follows:
        line += ["--constraint", lock_file.follows]
    return [*line, "--upgrade"] if upgrade else line


def main() -> None:
    """Compile every file, widest first, and refuse what breaks the rules of tools/locks.py."""
    parser = argparse.ArgumentParser(prog="make lock", description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that pyproject.toml allows")
    upgrade: bool = parser.parse_args().upgrade
    for lock_file in LOCK_FILES:
        print(f"lock: {lock_file.path}", flush=True)
        done = subprocess.run(command(lock_file, upgrade=upgrade), cwd=_ROOT, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise SystemExit(f"lock: uv could not compile {lock_file.path}; its reason stands above")
        if found := faults((_ROOT / lock_file.path).read_text()):
            raise SystemExit(f"lock: {lock_file.path}: {'; '.join(found[:5])}")


if __name__ == "__main__":
    main()
