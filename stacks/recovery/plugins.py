"""Language hosts and providers that outlived their engine: it was killed, and they are in process groups of their own.

Promises to name only processes that work for an engine: in the program's folder, told an address to report to, where
nobody listens any more. Whichever stack that engine worked on, nobody hears them. Linux only (/proc): elsewhere none
is found. A provider that was attached (PULUMI_DEBUG_PROVIDERS) is nobody's plugin.
"""

import contextlib
import re
import socket
from pathlib import Path
from typing import Final

from emulator import processes
from emulator.processes import Process
from workflow.errors import RefusedError

PLUGINS: Final = ("pulumi-language-", "pulumi-resource-")
ADDRESS: Final = re.compile(r"127\.0\.0\.1:(\d+)")
GRACE_SECONDS: Final = 10.0


def without_engine(folder: Path) -> list[Process]:
    found = (_plugin(entry, folder.resolve()) for entry in processes.PROC.glob("[0-9]*"))
    return sorted(each for each in found if each is not None)


def end(plugins: list[Process]) -> None:
    """RefusedError names those that would not go."""
    left = processes.end(lambda: {each for each in plugins if each.is_alive()}, GRACE_SECONDS)
    if left:
        told = ", ".join(f"{each.pid} ({each.command()})" for each in sorted(left))
        raise RefusedError(f"processes of the dead engine do not end: {told}", cure="end them, then again")


def _plugin(entry: Path, folder: Path) -> Process | None:
    with contextlib.suppress(OSError):  # gone meanwhile, or somebody else's
        words = (entry / "cmdline").read_text(errors="replace").split("\0")
        is_plugin = any(Path(word).name.startswith(PLUGINS) for word in words[:2])  # the second: a script's name
        ports = [int(match[1]) for match in map(ADDRESS.fullmatch, words) if match]
        if is_plugin and ports and (entry / "cwd").resolve() == folder and not any(map(_is_heard, ports)):
            return processes.find(int(entry.name))
    return None


def _is_heard(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0
