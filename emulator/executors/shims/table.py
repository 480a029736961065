"""Which shim stands for which program of the instance."""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Final

PACKAGE: Final = "emulator.executors.shims"
# Program -> (module, function); a function takes (name, arguments) and gives the exit code.
PROGRAMS: Final = {
    "systemctl": ("systemctl", "main"),
    "journalctl": ("journal", "main"),
    "apt-get": ("packages", "apt_get"),
    "apt": ("packages", "apt_get"),
    "dpkg-query": ("packages", "dpkg_query"),
    "useradd": ("users", "useradd"),
    "adduser": ("users", "useradd"),
    "userdel": ("users", "userdel"),
    "usermod": ("users", "usermod"),
    "groupadd": ("users", "groupadd"),
    "id": ("users", "identify"),
    "chown": ("users", "chown"),
    "chgrp": ("users", "chown"),
    "install": ("users", "install"),
    "runuser": ("users", "run_as"),
    "sudo": ("users", "run_as"),
    "shutdown": ("power", "main"),
    "poweroff": ("power", "main"),
    "halt": ("power", "main"),
    "reboot": ("power", "main"),
    "cloud-init": ("power", "cloud_init"),
    "mkfs.ext4": ("volumes", "make_filesystem"),
    "mkfs.xfs": ("volumes", "make_filesystem"),
    "mkfs": ("volumes", "make_filesystem"),
    "mount": ("volumes", "mount"),
    "umount": ("volumes", "umount"),
    "mountpoint": ("volumes", "mountpoint"),
    "findmnt": ("volumes", "findmnt"),
    "blkid": ("volumes", "blkid"),
    "lsblk": ("volumes", "lsblk"),
    "blockdev": ("volumes", "nothing"),
    "resize2fs": ("volumes", "nothing"),
    "udevadm": ("volumes", "nothing"),
    "sysctl": ("volumes", "nothing"),
}
# Not on PATH: what `systemctl` starts in the background.
INTERNAL: Final = {"supervise": ("supervisor", "main"), "watch-timer": ("timer", "main")}


def run(name: str, arguments: list[str]) -> int:
    module, function = {**PROGRAMS, **INTERNAL}[name]
    target: Callable[[str, list[str]], int] = getattr(import_module(f"{PACKAGE}.{module}"), function)
    try:
        return target(name, arguments)
    except ShimError as error:
        print(f"{name}: {error}", file=sys.stderr)  # noqa: T201
        return error.code
    except BrokenPipeError:
        return 141


class ShimError(Exception):
    """What the program would have said on stderr, or that the emulator does not know what was asked."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code
