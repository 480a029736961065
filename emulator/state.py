"""The emulator's folder: what lies where, who may read it, which processes belong to it.

Promises that nobody else can read it (secrets of emulated hosts lie there), that `endpoints.json` is written by
replace, and that everything of a former emulator can be ended and removed.
"""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from emulator import processes
from emulator.processes import Process

VERSION: Final = 1
# What a boot leaves to TERM before KILL when the emulator itself goes: a service may want to save its data.
GRACE_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Endpoints:
    """What a client needs; `pid` and `started` name the server process."""

    pid: int
    started: int
    aws_endpoint_url: str
    provider_port: int
    account_id: str
    region: str
    version: int = VERSION

    def to_json(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class State:
    """Paths below the emulator's folder."""

    folder: Path

    @property
    def endpoints(self) -> Path:
        return self.folder / "endpoints.json"

    @property
    def log(self) -> Path:
        return self.folder / "emulator.log"

    @property
    def instances(self) -> Path:
        return self.folder / "instances"

    @property
    def volumes(self) -> Path:
        return self.folder / "volumes"

    @property
    def mailbox(self) -> Path:
        """What the emulated SNS sent to people."""
        return self.folder / "mailbox.jsonl"

    @property
    def apps(self) -> Path:
        return self.folder / "apps"

    @property
    def programs(self) -> Path:
        return self.folder / "bin"

    @property
    def sessions(self) -> Path:
        return self.folder / "processes"

    @property
    def fault_plan(self) -> Path:
        return self.folder / "faults.json"

    @property
    def fault_record(self) -> Path:
        return self.folder / "faults.jsonl"

    def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)

    def read(self) -> Endpoints | None:
        """The endpoints of a live server; a file that a dead one left says nothing."""
        try:
            found = Endpoints(**json.loads(self.endpoints.read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return found if Process(found.pid, found.started).is_alive() else None

    def write(self, endpoints: Endpoints) -> None:
        partial = self.endpoints.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(endpoints.to_json() + "\n")
        partial.replace(self.endpoints)

    def survivors(self) -> set[Process]:
        """Every process of an emulated instance or app of this folder, whoever its parent is now."""
        of_instances = processes.having(processes.MARKER, str(self.instances))
        left = of_instances | processes.of_sessions(processes.recorded(self.sessions))
        return {process for process in left if process.pid != os.getpid()}

    def clean(self) -> set[Process]:
        """End what is left of a former emulator and remove its state; gives back the processes that would not end."""
        left = processes.end(self.survivors, GRACE_SECONDS)
        if not left:
            for folder in (self.instances, self.volumes, self.apps, self.sessions, self.programs):
                shutil.rmtree(folder, ignore_errors=True)
            for file in (self.endpoints, self.mailbox, self.fault_plan, self.fault_record):
                file.unlink(missing_ok=True)
        return left
