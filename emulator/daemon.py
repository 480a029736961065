"""Start, stop and look at an emulator that runs in the background.

Promises: `start` is idempotent and begins clean after a crash; `stop` ends every process that the emulator started,
also if the emulator itself was killed, and says what is left. Leaves the serving to `emulator.server`.
"""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from emulator.faults import control
from emulator.processes import Process
from emulator.state import Endpoints, State

if TYPE_CHECKING:
    from emulator.faults.plan import Plan

READY_SECONDS: Final = 60.0
# A stop waits for each instance's services to end in their own way (saving state to S3 may take them a while).
STOP_SECONDS: Final = 90.0
QUIET_SECONDS: Final = 5.0


class DaemonError(RuntimeError):
    """The emulator did not start or not stop; the message says what to do."""


def start(state: State, port: int, faults: Path | None = None) -> Endpoints:
    """`faults` is a fault plan in force before anybody can call."""
    checked = _read(faults) if faults else None
    found = state.read() or _start(state, port)
    if checked:
        control.give(state, checked)
    return found


def fault(state: State, faults: Path | None) -> None:
    """Put a fault plan in force, or none."""
    if state.read() is None:
        raise DaemonError(f"no emulator runs in {state.folder}; start one first")
    if faults is None:
        control.clear(state)
    else:
        control.give(state, _read(faults))


def _read(faults: Path) -> "Plan":
    from emulator.faults import plan  # imports pydantic and a part of moto, which no other verb needs

    return plan.read(faults)


def _start(state: State, port: int) -> Endpoints:
    state.prepare()
    left = state.clean()
    if left:
        raise DaemonError(f"processes of a former emulator do not end: {_names(left)}; end them and start again")
    state.log.touch(mode=0o600)
    with state.log.open("ab") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "emulator", "serve", "--directory", str(state.folder), "--port", str(port)],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return _wait_until_ready(state, server)


def _wait_until_ready(state: State, server: subprocess.Popen[bytes]) -> Endpoints:
    began = time.monotonic()
    reported = began
    while time.monotonic() - began < READY_SECONDS:
        found = state.read()
        if found:
            return found
        if server.poll() is not None:
            raise DaemonError(f"the emulator did not start (exit code {server.returncode}): {_last_line(state.log)}")
        if time.monotonic() - reported > QUIET_SECONDS:
            reported = time.monotonic()
            print(f"starting the emulated AWS: {reported - began:.0f} s", file=sys.stderr, flush=True)  # noqa: T201
        time.sleep(0.05)
    server.terminate()
    raise DaemonError(f"the emulator is not ready after {READY_SECONDS:.0f} s; see {state.log}")


def stop(state: State) -> None:
    found = state.read()
    if found:
        _end_server(Process(found.pid, found.started))
    if not state.folder.is_dir():
        return
    left = state.clean()
    if left:
        raise DaemonError(f"left behind: {_names(left)}; they ignore KILL, look at them with ps")


def _end_server(server: Process) -> None:
    server.signal(signal.SIGTERM)
    began = time.monotonic()
    reported = began
    while server.is_alive() and time.monotonic() - began < STOP_SECONDS:
        if time.monotonic() - reported > QUIET_SECONDS:
            reported = time.monotonic()
            print(f"stopping emulated instances: {reported - began:.0f} s", file=sys.stderr, flush=True)  # noqa: T201
        time.sleep(0.05)
    server.signal(signal.SIGKILL)
    while server.is_alive() and time.monotonic() - began < STOP_SECONDS + QUIET_SECONDS:
        time.sleep(0.05)


def status(state: State) -> dict[str, object]:
    """What runs, as plain data; `running` is false where there is no live server."""
    found = state.read()
    report: dict[str, object] = {"version": 1, "running": found is not None, "directory": str(state.folder)}
    if found:
        report["endpoints"] = json.loads(found.to_json())
    report["instances"] = [_instance(path, state) for path in sorted(state.instances.glob("i-*"))]
    report["processes"] = len(state.survivors())
    return report


def _instance(root: Path, state: State) -> dict[str, object]:
    try:
        known = json.loads((root / "run" / "emulator" / "instance.json").read_text())
    except (OSError, ValueError):
        known = {}
    mine = [p for p in state.survivors() if _belongs(p, root)]
    running = [{"pid": process.pid, "command": process.command()} for process in sorted(mine)]
    return {"instance_id": root.name, **known, "root": str(root), "processes": running}


def _belongs(process: Process, root: Path) -> bool:
    try:
        return f"EMULATED_INSTANCE={root}\0".encode() in Path(f"/proc/{process.pid}/environ").read_bytes()
    except OSError:
        return False


def _names(left: set[Process]) -> str:
    return "; ".join(f"{process.pid} ({process.command()})" for process in sorted(left))


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return f"{lines[-1] if lines else 'no output'} (all of it: {log})"
