"""Data volumes: an attached volume is a folder behind a link in /dev; to mount it is to put a link at the mount point.

Promises that a volume without a filesystem does not mount, that `blkid` tells the two apart (so that a script's "format
only if empty" is really tried), that what was written is there after the instance is gone, and that mounts listed in
/etc/fstab come back at boot. Only ext4 and xfs, only whole volumes.
"""

import argparse
import json
import uuid
from pathlib import Path
from typing import Final

from emulator.executors.shims import host
from emulator.executors.shims.table import ShimError

FACTS: Final = "filesystem.json"


def nothing(_: str, __: list[str]) -> int:
    return 0


def _volume(text: str) -> Path:
    """The folder behind a device; also by UUID= and LABEL=."""
    for key in ("UUID=", "LABEL="):
        if text.startswith(key):
            for device in _devices().values():
                if _facts(device).get(key.strip("=")) == text.removeprefix(key):
                    return device
            raise ShimError(f"{text}: no such device", 32)
    device = host.path(text)
    if not device.is_symlink() or not device.is_dir():
        raise ShimError(f"{text}: special device does not exist", 32)
    return device.resolve()


def _devices() -> dict[str, Path]:
    """Device names and the folders behind them."""
    return {f"/dev/{link.name}": link.resolve() for link in sorted(host.path("/dev").iterdir()) if link.is_symlink()}


def _facts(volume: Path) -> dict[str, str]:
    try:
        known: dict[str, str] = json.loads((volume / FACTS).read_text())
    except OSError:
        return {}
    return known


def _mounts() -> dict[str, str]:
    """Mount point -> device, as mounted now."""
    path = host.path("/run/emulator/mounts.json")
    found: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}
    return found


def _write_mounts(mounts: dict[str, str]) -> None:
    host.path("/run/emulator/mounts.json").write_text(json.dumps(mounts))


def _inside(text: str) -> str:
    """A path as the instance names it, without the root."""
    path = Path(text)
    return f"/{path.relative_to(host.root())}" if path.is_relative_to(host.root()) else text.rstrip("/") or "/"


def make_filesystem(name: str, arguments: list[str]) -> int:
    kind = name.partition(".")[2]
    words, label, rest = [], "", iter(arguments)
    for argument in rest:
        if argument == "-L":
            label = next(rest, "")
        elif argument in ("-t", "-m", "-E", "-O", "-b", "-i", "-N", "-U"):
            value = next(rest, "")
            kind = value if argument == "-t" else kind
        elif not argument.startswith("-"):
            words.append(argument)
    if len(words) != 1 or kind not in ("ext4", "xfs"):
        raise ShimError(f"one device and ext4 or xfs are allowed, got {' '.join(words)!r} and {kind!r}")
    volume = _volume(words[0])
    if _facts(volume) and not {"-F", "-f", "-FF"} & set(arguments):
        raise ShimError(f"{words[0]} contains a {_facts(volume)['TYPE']} file system (use -F to overwrite it)")
    if str(volume) in {str(_volume(device)) for device in _mounts().values()}:
        raise ShimError(f"{words[0]} is mounted; will not make a filesystem here!")
    (volume / FACTS).write_text(json.dumps({"UUID": str(uuid.uuid4()), "TYPE": kind, "LABEL": label}))
    (volume / "data").mkdir(exist_ok=True)
    return 0


def mount(_: str, arguments: list[str]) -> int:
    words, rest = [], iter(arguments)
    for argument in rest:
        if argument in ("-o", "--options", "-t", "--types"):
            if "bind" in next(rest, ""):
                raise ShimError("bind mounts are not emulated")
        elif argument in ("-a", "--all"):
            return _mount_all()
        elif not argument.startswith("-"):
            words.append(argument)
    if not words:
        for point, device in _mounts().items():
            print(f"{device} on {point} type {_facts(_volume(device)).get('TYPE', '')}")  # noqa: T201
        return 0
    device, point = (words[0], _inside(words[1])) if len(words) == 2 else _from_table(words[0])
    _mount(device, point)
    return 0


def _table() -> list[tuple[str, str, str]]:
    """Lines of fstab: device, mount point, options."""
    path = host.path("/etc/fstab")
    lines = path.read_text().splitlines() if path.is_file() else []
    fields = [line.split() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return [(f[0], _inside(f[1]), f[3] if len(f) > 3 else "defaults") for f in fields if len(f) > 2]


def _from_table(word: str) -> tuple[str, str]:
    for device, point, _ in _table():
        if word == device or _inside(word) == point:
            return device, point
    raise ShimError(f"can't find {word} in /etc/fstab")


def _mount_all() -> int:
    code = 0
    for device, point, options in _table():
        if point in _mounts() or point in ("/", "none", "swap") or "noauto" in options:
            continue
        try:
            _mount(device, point)
        except ShimError as error:
            print(f"mount: {point}: {error}")  # noqa: T201
            code = code if "nofail" in options else 32
    return code


def _mount(device: str, point: str) -> None:
    volume = _volume(device)
    place = host.path(point)
    if point not in _mounts() and place.is_symlink():  # of the boot before: a mount ends with its boot
        place.unlink()
        place.mkdir()
    if point in _mounts():
        raise ShimError(f"{point}: {device} already mounted", 32)
    if not _facts(volume):
        raise ShimError(f"{point}: wrong fs type, bad option, bad superblock on {device}: no filesystem on it", 32)
    if not place.is_dir():
        raise ShimError(f"{point}: mount point does not exist", 32)
    if any(place.iterdir()):
        raise ShimError(f"{point}: not empty; to hide what is in it is not emulated", 32)
    place.rmdir()
    place.symlink_to(volume / "data")
    _write_mounts({**_mounts(), point: next(name for name, folder in _devices().items() if folder == volume)})


def umount(_: str, arguments: list[str]) -> int:
    for word in (argument for argument in arguments if not argument.startswith("-")):
        mounts = _mounts()
        point = next((p for p, device in mounts.items() if _inside(word) in (p, device)), "")
        if not point:
            raise ShimError(f"{word}: not mounted.", 32)
        host.path(point).unlink()
        host.path(point).mkdir()
        _write_mounts({known: device for known, device in mounts.items() if known != point})
    return 0


def mountpoint(_: str, arguments: list[str]) -> int:
    point = _inside(arguments[-1])
    is_mounted = point in _mounts() or point == "/"
    if not {"-q", "--quiet"} & set(arguments):
        print(f"{arguments[-1]} is {'' if is_mounted else 'not '}a mountpoint")  # noqa: T201
    return 0 if is_mounted else 32


def findmnt(_: str, arguments: list[str]) -> int:
    wanted = [_inside(argument) for argument in arguments if not argument.startswith("-")]
    found = {point: device for point, device in _mounts().items() if not wanted or point in wanted or device in wanted}
    for point, device in found.items():
        print(f"{point} {device}")  # noqa: T201
    return 0 if found else 1


def blkid(_: str, arguments: list[str]) -> int:
    """`blkid [-s TAG] [-o value] DEVICE`: exit 2 where there is no filesystem, which scripts take for "format it"."""
    parser = _parser("blkid")
    parser.add_argument("-s", "--match-tag", default="")
    parser.add_argument("-o", "--output", default="full", choices=("full", "value"))
    parser.add_argument("-p", "--probe", action="store_true")
    parser.add_argument("devices", nargs="*")
    options = parser.parse_args(arguments)
    code = 2
    for device in options.devices or _devices():
        try:
            known = _facts(_volume(device))
        except ShimError:
            continue
        facts = {key: value for key, value in known.items() if value and options.match_tag in ("", key)}
        if facts:
            code = 0
            pairs = " ".join(f'{key}="{value}"' for key, value in facts.items())
            print("\n".join(facts.values()) if options.output == "value" else f"{device}: {pairs}")  # noqa: T201
    return code


def lsblk(_: str, arguments: list[str]) -> int:
    """Data volumes only: the root disk is the machine's."""
    parser = _parser("lsblk")
    for short, long in (("-d", "--nodeps"), ("-n", "--noheadings"), ("-r", "--raw"), ("-p", "--paths"), ("-f", "--fs")):
        parser.add_argument(short, long, action="store_true")
    parser.add_argument("-o", "--output", default="NAME,TYPE,FSTYPE,MOUNTPOINT")
    parser.add_argument("devices", nargs="*")
    options = parser.parse_args(arguments)
    columns = options.output.upper().split(",")
    if not options.noheadings:
        print(" ".join(columns))  # noqa: T201
    wanted = {_volume(device) for device in options.devices}
    for device, volume in _devices().items():
        if not wanted or volume in wanted:
            print(" ".join(_row(device, volume, options.paths).get(column, "") for column in columns))  # noqa: T201
    return 0


def _row(device: str, volume: Path, shows_paths: bool) -> dict[str, str]:
    facts = _facts(volume)
    points = {mounted: point for point, mounted in _mounts().items()}
    return {
        "NAME": device if shows_paths else device.removeprefix("/dev/"),
        "KNAME": device.removeprefix("/dev/"),
        "PATH": device,
        "TYPE": "disk",
        "FSTYPE": facts.get("TYPE", ""),
        "UUID": facts.get("UUID", ""),
        "LABEL": facts.get("LABEL", ""),
        "SERIAL": volume.name.replace("-", ""),
        "MOUNTPOINT": points.get(device, ""),
    }


def _parser(name: str) -> argparse.ArgumentParser:
    """An option that is not emulated ends with exit code 2 and its name, as argparse does."""
    return argparse.ArgumentParser(prog=name, allow_abbrev=False)
