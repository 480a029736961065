"""What an emulated instance is: a folder that stands for its disk, an environment, and the processes in it.

Promises: `boot` starts enabled units and runs the user data once per instance; `power_off` stops units in their own way
and leaves no process; `run` runs a script as root would. Knows nothing of moto: `executors/ec2.py` translates.
"""

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Final

from emulator import processes
from emulator.executors import bytecode, cloudinit, registries
from emulator.executors.shims import table
from emulator.processes import Process
from emulator.state import State

log = logging.getLogger(__name__)

FOLDERS: Final = (
    "dev", "etc/systemd/system", "home", "mnt", "opt", "root", "run/emulator/units", "tmp", "usr/local/bin",
    "var/lib/cloud/instance", "var/lib/amazon/ssm", "var/log/journal",
)  # fmt: skip
SYSTEM_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
UNIT_SECONDS: Final = 30.0
TERM_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Finished:
    """How a script ended; `code` -1 if it was killed for lasting too long."""

    code: int
    output: str
    errors: str


class Instance:
    """One instance's folder and processes; its methods may be called from several threads."""

    def __init__(self, state: State, instance_id: str, addresses: Mapping[str, str]) -> None:
        """`addresses`: AWS_ENDPOINT_URL, AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_DEFAULT_REGION."""
        self._state = state
        self.id = instance_id
        self.root = state.instances / instance_id
        self._addresses = dict(addresses)
        self._power = RLock()
        self.is_on = False

    def environment(self) -> dict[str, str]:
        """What every process of the instance gets; credentials are not in it, they come from IMDS."""
        caches = self._state.folder.parent / "cache"
        return {
            **registries.settings(caches),
            **bytecode.settings(self.root, registries.user_cache(caches)),
            **self._addresses,
            processes.MARKER: str(self.root),
            "INSTANCE_ROOT": str(self.root),
            "PATH": f"{self._state.programs}:{self.root}/usr/local/bin:{SYSTEM_PATH}",
            "HOME": f"{self.root}/root",
            "TMPDIR": f"{self.root}/tmp",  # noqa: S108
            "LANG": "C.UTF-8",
            "USER": "root",
            "LOGNAME": "root",
            "SHELL": "/bin/sh",
        }

    def boot(self, user_data: bytes, facts: Mapping[str, str], is_wanted: Callable[[], bool]) -> bool:
        """Start what is enabled, then the user data if this is the first boot; returns when both are under way.

        False, and nothing is done, for one that is not wanted by the time it would begin. `facts` as for `note`.
        """
        with self._power:
            if not is_wanted():
                return False
            for folder in FOLDERS:
                (self.root / folder).mkdir(parents=True, exist_ok=True)
            self.note(facts)
            self._write_facts()
            bytecode.share(self.environment(), self.root)
            self.is_on = True
            init = self._start(["systemctl", "--init"], "init")
            init.wait()
            if cloudinit.is_first_boot(self.root):
                command = cloudinit.prepare(self.root, user_data)
                self._start(command, "user-data") if command else cloudinit.finish(self.root, 0)
            return True

    def _write_facts(self) -> None:
        folder = self.root / "run" / "emulator"
        (folder / "environment.json").write_text(json.dumps(self.environment()))
        (folder / "environment.json").chmod(0o600)

    def note(self, facts: Mapping[str, str]) -> None:
        """Facts for `python -m emulator status`."""
        folder = self.root / "run" / "emulator"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "instance.json").write_text(json.dumps(dict(facts)))

    def _start(self, command: list[str], name: str) -> subprocess.Popen[bytes]:
        with (self.root / "run" / "emulator" / f"{name}.log").open("ab") as output:
            started = subprocess.Popen(
                [shutil.which(command[0], path=self.environment()["PATH"]) or command[0], *command[1:]],
                cwd=self.root,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        processes.record(self._state.sessions, started.pid)
        return started

    def run(self, command: list[str], folder: Path, timeout_seconds: float, extra: Mapping[str, str]) -> Finished:
        """Run to the end; killed with its whole session after `timeout_seconds` or when the instance goes."""
        with self._power:
            if not self.is_on:
                return Finished(-1, "", f"instance {self.id} is not running")
            started = subprocess.Popen(
                command,
                cwd=folder,
                env={**self.environment(), **extra},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        processes.record(self._state.sessions, started.pid)
        leader = processes.find(started.pid)
        return _collect(started, leader, timeout_seconds)

    def power_off(self) -> set[Process]:
        """Stop units (ExecStop, ExecStopPost), then everything else; gives back the processes that would not end."""
        with self._power:
            was_on, self.is_on = self.is_on, False
            if not was_on:
                return set()
            self._stop_units()
            left = processes.end(self._mine, TERM_SECONDS)
            shutil.rmtree(self.root / "run", ignore_errors=True)
            processes.forget_dead(self._state.sessions)
            return left

    def _stop_units(self) -> None:
        stopping = self._start(["systemctl", "--halt"], "halt")
        try:
            stopping.wait(timeout=UNIT_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("%s: its units do not stop within %s s", self.id, UNIT_SECONDS)

    def _mine(self) -> set[Process]:
        return processes.having(processes.MARKER, str(self.root))

    def remove(self) -> None:
        """The root volume dies with the instance; mounted volumes are links and stay."""
        shutil.rmtree(self.root, ignore_errors=True)


def _collect(started: subprocess.Popen[bytes], leader: Process | None, timeout_seconds: float) -> Finished:
    try:
        output, errors = started.communicate(timeout=timeout_seconds)
        return Finished(started.returncode, output.decode(errors="replace"), errors.decode(errors="replace"))
    except subprocess.TimeoutExpired:
        leaders = {leader} if leader else set()
        processes.end(lambda: processes.of_sessions(leaders), TERM_SECONDS)
        output, errors = started.communicate()
        return Finished(-1, output.decode(errors="replace"), errors.decode(errors="replace"))


def install_programs(folder: Path) -> None:
    """Write the launchers of the shims and the plain Python of the base installation into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    for name in ("python3", "python"):
        (folder / name).symlink_to(python)
    runner = Path(table.__file__).with_name("run.py")
    for name in table.PROGRAMS:
        launcher = folder / name
        launcher.write_text(f'#!/bin/sh\nexec "{python}" -S -E "{runner}" {name} "$@"\n')
        launcher.chmod(0o755)
