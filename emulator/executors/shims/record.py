"""What is known of a unit while the instance is on: a small JSON file that its supervisor writes by replace."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from emulator.executors.shims import host
from emulator.processes import Process, find


@dataclass
class Record:
    """The state of a unit in systemd's words; pids with start times, so that a reused pid is not believed."""

    unit: str
    active: str = "inactive"  # inactive activating active deactivating failed
    sub: str = "dead"
    result: str = "success"
    exit_code: int = 0
    restarts: int = 0
    supervisor_pid: int = 0
    supervisor_started: int = 0
    main_pid: int = 0
    since: float = 0.0

    @property
    def supervisor(self) -> Process | None:
        """None if the supervisor is gone."""
        known = Process(self.supervisor_pid, self.supervisor_started)
        return known if self.supervisor_pid and known.is_alive() else None

    def write(self) -> None:
        target = path(self.unit)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self)))
        partial.replace(target)

    def own(self) -> None:
        """This process is the unit's supervisor."""
        me = find(os.getpid())
        self.supervisor_pid, self.supervisor_started = os.getpid(), me.started if me else 0


def path(unit: str) -> Path:
    return host.root() / "run" / "emulator" / "units" / f"{unit}.json"


def read(unit: str) -> Record:
    """The unit's state; a state that needs a supervisor, without one, is `failed` (it was killed)."""
    try:
        known = Record(**json.loads(path(unit).read_text()))
    except (OSError, ValueError, TypeError):
        return Record(unit)
    needs = known.active in ("activating", "deactivating") or (known.active == "active" and known.sub != "exited")
    if needs and known.supervisor is None:
        known.active, known.sub, known.result, known.main_pid = "failed", "failed", "signal", 0
    return known


def forget(unit: str) -> None:
    path(unit).unlink(missing_ok=True)
