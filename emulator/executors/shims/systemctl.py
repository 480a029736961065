"""`systemctl` on an emulated instance: verbs of the systemd manager over supervisors of our own.

Promises systemd's exit codes where scripts look at them (is-active 3, is-enabled 1, unit not found 5), and that a verb
or option which is not emulated is an error. `--init` and `--halt` are the boot and the end of the instance.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from emulator.executors.shims import host, journal, manager, record, units
from emulator.executors.shims.table import ShimError

FLAGS: Final = ("--now", "--quiet", "-q", "--no-block", "--no-pager", "--value", "--full", "-l", "--system",
                "--no-legend", "--plain", "--all", "-a", "--failed", "--force", "-f")  # fmt: skip


def main(_: str, arguments: list[str]) -> int:
    if arguments in (["--init"], ["--halt"]):
        return manager.init() if arguments == ["--init"] else manager.halt()
    words, flags, shown = _parse(arguments)
    verb, given = (words[0], words[1:]) if words else ("list-units", [])
    if verb == "show":
        return _show([_full(unit) for unit in given], shown, "--value" in flags)
    if verb not in VERBS:
        raise ShimError(f"verb {verb!r} is not emulated; allowed: {', '.join((*VERBS, 'show'))}")
    return VERBS[verb]([_full(unit) for unit in given], flags)


def _parse(arguments: list[str]) -> tuple[list[str], set[str], list[str]]:
    words: list[str] = []
    flags: set[str] = set()
    shown: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument in ("-p", "--property", "-n", "--type", "-t", "--state"):
            value = next(rest, "")
            shown += value.split(",") if argument in ("-p", "--property") else []
        elif argument.startswith(("--property=", "-p")):
            shown += argument.removeprefix("--property=").removeprefix("-p").split(",")
        elif argument.startswith(("--type=", "--state=", "--lines=")):
            continue
        elif argument in FLAGS:
            flags.add(argument)
        elif argument.startswith("-"):
            raise ShimError(f"option {argument!r} is not emulated; allowed: {', '.join(FLAGS)}, -p")
        else:
            words.append(argument)
    return words, flags, shown


def _full(unit: str) -> str:
    return unit if unit.endswith((".service", ".timer", ".target")) else f"{unit}.service"


# --- starting and stopping


def _start_all(given: list[str], flags: set[str]) -> int:
    for name in _some(given):
        manager.start(name, waits="--no-block" not in flags)
    return 0


def _stop_all(given: list[str], flags: set[str]) -> int:
    for name in _some(given):
        _require_known(name)
        manager.stop(name, waits="--no-block" not in flags)
    return 0


def _restart(given: list[str], flags: set[str]) -> int:
    for name in _some(given):
        units.load(name)
        manager.stop(name)
        manager.start(name, waits="--no-block" not in flags)
    return 0


def _try_restart(given: list[str], flags: set[str]) -> int:
    return _restart([name for name in given if record.read(name).active == "active"] or [], flags) if given else 0


def _require_known(name: str) -> None:
    if not (units.folder() / name).is_file() and record.read(name).active == "inactive":
        raise ShimError(f"Failed to stop {name}: Unit {name} not loaded.", 5)


def _some(given: list[str]) -> list[str]:
    if not given:
        raise ShimError("Too few arguments.")
    return given


# --- enabling


def _links(name: str) -> list[Path]:
    return [path for path in units.folder().glob(f"*.wants/{name}") if path.is_symlink()]


def _enable(given: list[str], flags: set[str]) -> int:
    for name in _some(given):
        unit = units.load(name)
        wanted = unit.words("Install", "WantedBy") + unit.words("Install", "RequiredBy")
        if not wanted:
            print(f"{name}: no [Install] section: nothing to enable", file=sys.stderr)  # noqa: T201
        for other in wanted:
            folder = units.folder() / f"{other}.wants"
            folder.mkdir(exist_ok=True)
            if not (folder / name).is_symlink():
                (folder / name).symlink_to(unit.path)
        if "--now" in flags:
            manager.start(name)
    return 0


def _disable(given: list[str], flags: set[str]) -> int:
    for name in _some(given):
        for link in _links(name):
            link.unlink()
        if "--now" in flags:
            manager.stop(name)
    return 0


# --- looking


def _is_active(given: list[str], flags: set[str]) -> int:
    return _tell([record.read(name).active for name in _some(given)], "active", 3, flags)


def _is_failed(given: list[str], flags: set[str]) -> int:
    return _tell([record.read(name).active for name in _some(given)], "failed", 1, flags)


def _is_enabled(given: list[str], flags: set[str]) -> int:
    for name in _some(given):
        if not (units.folder() / name).is_file():
            print(f"Failed to get unit file state for {name}: No such file or directory", file=sys.stderr)  # noqa: T201
            return 1
    return _tell(["enabled" if _links(name) else "disabled" for name in given], "enabled", 1, flags)


def _tell(found: list[str], wanted: str, code: int, flags: set[str]) -> int:
    if not flags & {"-q", "--quiet"}:
        print("\n".join(found))  # noqa: T201
    return 0 if wanted in found else code


def properties(name: str) -> dict[str, str]:
    state = record.read(name)
    exists = (units.folder() / name).is_file()
    return {
        "Id": name,
        "LoadState": "loaded" if exists else "not-found",
        "ActiveState": state.active,
        "SubState": state.sub,
        "Result": state.result,
        "MainPID": str(state.main_pid),
        "ExecMainStatus": str(state.exit_code),
        "NRestarts": str(state.restarts),
        "UnitFileState": ("enabled" if _links(name) else "disabled") if exists else "",
        "FragmentPath": str(units.folder() / name) if exists else "",
        "ActiveEnterTimestamp": time.strftime("%a %Y-%m-%d %H:%M:%S UTC", time.gmtime(state.since)),
    }


def _show(given: list[str], shown: list[str], values_only: bool) -> int:
    for name in given:
        known = properties(name)
        unknown = set(shown) - set(known)
        if unknown:
            raise ShimError(f"property {', '.join(unknown)} is not emulated; allowed: {', '.join(known)}")
        for key in shown or known:
            print(known[key] if values_only else f"{key}={known[key]}")  # noqa: T201
    return 0


def _status(given: list[str], _: set[str]) -> int:
    for name in given or units.names():
        known = properties(name)
        if known["LoadState"] == "not-found" and known["ActiveState"] == "inactive":
            raise ShimError(f"Unit {name} could not be found.", 4)
        print(f"{name}\n     Loaded: {known['LoadState']} ({known['FragmentPath']}; {known['UnitFileState']})")  # noqa: T201
        print(f"     Active: {known['ActiveState']} ({known['SubState']}), result {known['Result']}")  # noqa: T201
        print(f"   Main PID: {known['MainPID']}\n")  # noqa: T201
        journal.main("journalctl", ["-u", name, "-n", "10"])
    return 0 if all(record.read(name).active == "active" for name in given) else 3


def _list(_: list[str], __: set[str]) -> int:
    for name in units.names():
        known = properties(name)
        print(f"{name} {known['LoadState']} {known['ActiveState']} {known['SubState']}")  # noqa: T201
    return 0


def _cat(given: list[str], _: set[str]) -> int:
    for name in _some(given):
        unit = units.load(name)
        print(f"# {unit.path}\n{unit.path.read_text()}")  # noqa: T201
    return 0


def _reset_failed(given: list[str], _: set[str]) -> int:
    for name in given or [path.stem for path in (host.root() / "run/emulator/units").glob("*.json")]:
        if record.read(name).active == "failed":
            record.forget(name)
    return 0


def _daemon_reload(_: list[str], __: set[str]) -> int:
    """Units are read when they are started; a file that does not parse is told here, as the manager does."""
    for name in units.names():
        try:
            units.load(name)
        except ShimError as error:
            journal.note(name, str(error))
    return 0


Verb = Callable[[list[str], set[str]], int]
VERBS: Final[dict[str, Verb]] = {
    "start": _start_all,
    "stop": _stop_all,
    "restart": _restart,
    "reload-or-restart": _restart,
    "try-restart": _try_restart,
    "enable": _enable,
    "disable": _disable,
    "is-active": _is_active,
    "is-enabled": _is_enabled,
    "is-failed": _is_failed,
    "status": _status,
    "cat": _cat,
    "list-units": _list,
    "list-timers": _list,
    "reset-failed": _reset_failed,
    "daemon-reload": _daemon_reload,
    "daemon-reexec": _daemon_reload,
}
