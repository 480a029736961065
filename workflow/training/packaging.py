"""A team's project folder as one archive: what is in it decides its digest, and nothing else does.

Leaves out what tools leave behind and what the folder's .gitignore names (its common forms: names, `*`, a leading
slash, a trailing slash; no negation). Refuses links and folders too big to be code.
"""

import subprocess
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from workflow.errors import UsageError
from workflow.models import listing_digest, pack_files

LEFT_OUT: Final = (
    ".git/", ".venv/", "venv/", "__pycache__/", "*.pyc", ".pytest_cache/", ".mypy_cache/", ".ruff_cache/",
    ".ipynb_checkpoints/", "mlruns/", ".mlteam/", ".DS_Store", "mlteam-run.jsonl",
)  # fmt: skip
MAX_BYTES: Final = 50 << 20
"""Code, not data: images belong in landing/."""


def pack_project(folder: Path, archive: Path) -> str:
    """Write the archive and answer the project's digest."""
    files = project_files(folder)
    size = sum(path.stat().st_size for path in files)
    if size > MAX_BYTES:
        largest = max(files, key=lambda path: path.stat().st_size).relative_to(folder)
        raise UsageError(
            f"project {folder} has {size >> 20} MiB, allowed: {MAX_BYTES >> 20}; its largest file is {largest}",
            cure=f"name what is no code in {folder / '.gitignore'}",
        )
    pack_files(folder, files, archive)
    return listing_digest(folder, files)


def project_files(folder: Path) -> list[Path]:
    patterns = (*LEFT_OUT, *_ignored(folder / ".gitignore"))
    return sorted(_walk(folder, folder, patterns), key=lambda path: path.as_posix())


def git_commit(folder: Path) -> str:
    """The commit that the folder is at, `-dirty` when it has changes, empty where there is no git."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--", ".")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{commit}-dirty" if changed else commit


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout.strip()


def _ignored(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith(("#", "!")))


def _walk(root: Path, folder: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    for path in folder.iterdir():
        name = path.relative_to(root).as_posix()
        if any(_matches(pattern, name, path.is_dir()) for pattern in patterns):
            continue
        if path.is_symlink():
            raise UsageError(f"project {root} has a symbolic link: {name}", cure="put the file itself there")
        if path.is_dir():
            yield from _walk(root, path, patterns)
        elif path.is_file():
            yield path


def _matches(pattern: str, name: str, is_folder: bool) -> bool:
    if pattern.endswith("/") and not is_folder:
        return False
    bare = pattern.strip("/")
    anchored = "/" in pattern.rstrip("/")
    return fnmatchcase(name if anchored else name.rpartition("/")[2], bare)
