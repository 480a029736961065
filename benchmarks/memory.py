"""The memory that the emulated AWS takes: after its start, and with stack `local` on it."""

import tempfile
from pathlib import Path

import psutil

from stacks.local import LocalPlatform


def run() -> str:
    with tempfile.TemporaryDirectory() as folder:
        platform = LocalPlatform(directory=Path(folder))
        try:
            rows = {"after its start": _resident(platform)}
            platform.select()
            platform.pulumi("up", "--yes", "--skip-preview", "--stack", platform.stack, capture=True)
            rows["with stack local up"] = _resident(platform)
        finally:
            platform.stop()
    lines = ["### Memory of the emulator", "", "| when | resident MiB |", "|---|---:|"]
    return "\n".join(lines + [f"| {when} | {mib:.0f} |" for when, mib in rows.items()]) + "\n"


def _resident(platform: LocalPlatform) -> float:
    memory: int = psutil.Process(platform.start().pid).memory_info().rss
    return memory / 2**20
