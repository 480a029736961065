"""cloud-init's part: user data that starts with `#!` runs once per instance, its output goes to a log.

Promises the paths that cloud-init has (`/var/log/cloud-init-output.log`, `/var/lib/cloud/instance/...`). Other forms of
user data (cloud-config, MIME parts) are refused in that log: an instance that ignores them in silence would mislead.
"""

import gzip
import shlex
import sys
from pathlib import Path
from typing import Final

INSTANCE: Final = "var/lib/cloud/instance"
LOG: Final = "var/log/cloud-init-output.log"
RESULT: Final = f"{INSTANCE}/boot-finished"
SCRIPT: Final = f"{INSTANCE}/scripts/part-001"


def is_first_boot(root: Path) -> bool:
    return not (root / INSTANCE / "sem").exists()


def prepare(root: Path, user_data: bytes) -> list[str]:
    """Write the script and give back the command that runs it; empty if there is nothing to run."""
    (root / INSTANCE / "sem").touch()
    text = gzip.decompress(user_data) if user_data.startswith(b"\x1f\x8b") else user_data
    (root / INSTANCE / "user-data.txt").write_bytes(text)
    if not text.strip():
        return []
    if not text.startswith(b"#!"):
        first = text.splitlines()[0].decode(errors="replace")
        _log(root, f"user data starts with {first!r}; only scripts that start with '#!' are emulated")
        return []
    script = root / SCRIPT
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_bytes(text)
    script.chmod(0o700)
    return _command(root, script)


def _command(root: Path, script: Path) -> list[str]:
    """A shell around the script that keeps its exit code where `cloud-init status` looks."""
    quoted = shlex.quote
    log, result = root / LOG, root / RESULT
    line = f"{quoted(str(script))} >>{quoted(str(log))} 2>&1; echo $? >{quoted(str(result))}"
    return ["/bin/sh", "-c", line]


def finish(root: Path, code: int) -> None:
    (root / RESULT).write_text(f"{code}\n")


def _log(root: Path, message: str) -> None:
    with (root / LOG).open("a") as log:
        log.write(f"cloud-init: {message}\n")
    print(f"{root.name}: {message}", file=sys.stderr)  # noqa: T201
