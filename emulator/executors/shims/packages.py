"""`apt-get`: packages are the machine's own. It says which are there and refuses one that nothing provides.

A package counts as installed if the machine's dpkg has it, if it names a program on PATH, or if it is in `PROVIDED`:
what it brings is there in another form. Nothing is ever downloaded or installed on the machine.
"""

import shutil
import subprocess
import sys
from typing import Final

from emulator.executors.shims import host
from emulator.executors.shims.table import ShimError

VERBS: Final = ("update", "upgrade", "dist-upgrade", "install", "remove", "purge", "autoremove", "clean", "autoclean")
# Package -> how it is there: a Python module of the base installation, a program, or nothing to do.
PROVIDED: Final = {
    "python3": "module sys",
    "python3-venv": "module venv",
    "python3-pip": "module pip",
    "python3.12-venv": "module venv",
    "ca-certificates": "",
    "gnupg": "",
    "e2fsprogs": "program mkfs.ext4",
    "xfsprogs": "program mkfs.xfs",
    "coreutils": "program ls",
    "util-linux": "program mount",
    "systemd": "program systemctl",
    "apt-transport-https": "",
    "lsb-release": "",
    "unattended-upgrades": "",
}


def apt_get(_: str, arguments: list[str]) -> int:
    words, value_follows = [], False
    for argument in arguments:
        if value_follows or argument.startswith("-"):
            value_follows = argument in ("-o", "-c", "-t")
        else:
            words.append(argument)
    if not words or words[0] not in VERBS:
        raise ShimError(f"E: Invalid operation {words[0] if words else ''}; emulated: {', '.join(VERBS)}", 100)
    for package in words[1:] if words[0] == "install" else ():
        _install(package.partition("=")[0])
    return 0


def _install(package: str) -> None:
    how = _provider(package)
    if how is None:
        raise ShimError(
            f"E: Unable to locate package {package} (emulated: only what the machine has; "
            f"install it there, or add it to PROVIDED in {__name__})",
            100,
        )
    listing = host.path("/var/lib/dpkg/emulated")
    listing.parent.mkdir(parents=True, exist_ok=True)
    with listing.open("a") as file:
        file.write(f"{package}\n")
    print(f"{package} is already there ({how or 'nothing to do'})")  # noqa: T201


def _provider(package: str) -> str | None:
    if package in PROVIDED:
        return PROVIDED[package] if _is_there(PROVIDED[package]) else None
    if shutil.which(package):
        return f"program {package}"
    return "the machine's own" if _is_on_machine(package) else None


def _is_there(how: str) -> bool:
    kind, _, what = how.partition(" ")
    if kind == "module":
        return _has_module(what)
    return kind != "program" or shutil.which(what) is not None


def _has_module(module: str) -> bool:
    return subprocess.run([sys.executable, "-c", f"import {module}"], check=False, capture_output=True).returncode == 0


def _is_on_machine(package: str) -> bool:
    real = shutil.which("dpkg-query", path="/usr/bin:/bin")
    if not real:
        return False
    query = [real, "-W", "-f", "${db:Status-Abbrev}", package]
    return subprocess.run(query, check=False, capture_output=True, text=True).stdout.startswith("ii")


def dpkg_query(_: str, arguments: list[str]) -> int:
    real = shutil.which("dpkg-query", path="/usr/bin:/bin")
    if not real:
        raise ShimError("not on this machine")
    return subprocess.run([real, *arguments], check=False).returncode
