"""`make check`: format, lint, types and shell scripts, all of them even when the first finds something."""

import subprocess
import time
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parent.parent


def is_shell(first_line: bytes, name: str) -> bool:
    """Whether a file is a shell script by its name or its #! line."""
    words = first_line.removeprefix(b"#!").split() if first_line.startswith(b"#!") else []
    return name.endswith((".sh", ".bash")) or any(word.rsplit(b"/", 1)[-1] in {b"sh", b"bash"} for word in words[:2])


def shell_scripts() -> list[str]:
    """Every shell script that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=_ROOT,
        capture_output=True,
        check=True,
    )
    names = [name for name in listed.stdout.decode().split("\0") if name and (_ROOT / name).is_file()]
    return [name for name in names if is_shell(_first_line(_ROOT / name), name)]


def _first_line(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.readline(200)


def passes(title: str, command: list[str]) -> bool:
    """Run one check with its output shown."""
    print(f"check: {title} …", flush=True)
    start = time.monotonic()
    good = subprocess.run(command, cwd=_ROOT, check=False).returncode == 0
    print(f"check: {title}: {'ok' if good else 'FAILED'} ({time.monotonic() - start:.1f} s)", flush=True)
    return good


def main() -> None:
    """Exit 1 if any check found something; the cure of the first two is to run ruff without --check."""
    checks = {
        "format (cure: ruff format)": ["ruff", "format", "--check", "."],
        "lint (cure: ruff check --fix)": ["ruff", "check", "."],
        "types (minutes without its cache)": ["mypy", "."],
        "shell scripts": ["shellcheck", *shell_scripts()],
    }
    failed = [title for title, command in checks.items() if not passes(title, command)]
    raise SystemExit(f"check: failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
