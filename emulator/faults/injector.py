"""The outermost hook: makes of each call what the plan says, and writes down what it did.

The plan is the file `faults.json` in the emulator's folder, put there by replace (`emulator.faults.control`) and looked
at before every call, so a plan is in force when the command that gave it has ended. A new plan begins to count anew.
What happened is a line of JSON in `faults.jsonl`: the number of the fault in the plan, its kind, the call. Parameters
are not written down, they may be secrets; a digest tells calls apart.
"""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from emulator.faults import replies
from emulator.faults.newcomers import Newcomers
from emulator.faults.plan import Deny, Fail, Hang, Lose, NewRole, OfOperation, Plan, Throttle
from emulator.gateway import Proceed
from emulator.wire import Asked, Reply

log = logging.getLogger(__name__)

TOKENS: Final = frozenset({"ClientToken", "ClientRequestToken"})


def digest(asked: Asked) -> str:
    """The same for the same call made again, with whatever client token and order of its lists."""
    told = {name: value for name, value in asked.parameters.items() if name not in TOKENS}
    text = _text([asked.name, asked.region, _unordered(told)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _unordered(value: Any) -> Any:
    """Tags and the like have no order, and an engine gives them a new one in each run."""
    if isinstance(value, Mapping):
        return {name: _unordered(item) for name, item in value.items()}
    return sorted((_unordered(item) for item in value), key=_text) if isinstance(value, list) else value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


class Planned:
    """One fault of a plan, and which of its calls it has seen."""

    def __init__(self, fault: OfOperation) -> None:
        self.fault = fault
        self._seen: set[str] = set()
        self._count = 0
        self._lock = threading.Lock()

    def is_due(self, asked: Asked) -> bool:
        """Counts the call."""
        if not self.fault.is_about(asked):
            return False
        if self.fault.when == "every":
            return True
        with self._lock:
            self._count += 1
            if self.fault.when != "each":
                return self._count == self.fault.when
            key = digest(asked)
            is_new = key not in self._seen
            self._seen.add(key)
            return is_new


class Injector:
    """`hook` goes into the gateway."""

    def __init__(self, plan_file: Path, record_file: Path) -> None:
        self._file, self._record_file = plan_file, record_file
        self._version: tuple[int, int] | None = None
        self._planned: list[Planned | Newcomers] = []
        self._lock = threading.Lock()

    def hook(self, asked: Asked, proceed: Proceed) -> Reply:
        planned = self._in_force()
        if not planned or not asked.operation:
            return proceed()
        for number, each in enumerate(planned):
            if isinstance(each, Newcomers):
                refusal = each.refusal(asked)
                if refusal:
                    self._write(number, each.fault, asked)
                    return replies.refused(asked, *refusal)
            elif each.is_due(asked):
                self._write(number, each.fault, asked)
                return self._after(asked, _happen(each.fault, asked, proceed), planned)
        return self._after(asked, proceed(), planned)

    def _after(self, asked: Asked, reply: Reply, planned: list[Planned | Newcomers]) -> Reply:
        for each in planned:
            if isinstance(each, Newcomers) and reply.code < 300:
                each.learn(asked)
        return reply

    def _in_force(self) -> list[Planned | Newcomers]:
        try:
            found = self._file.stat()
            version = (found.st_ino, found.st_mtime_ns)
        except FileNotFoundError:
            version = None
        with self._lock:
            if version != self._version:
                self._planned = [] if version is None else _read(self._file)
                self._version = version  # only now: a plan that cannot be read is told at each call
            return self._planned

    def _write(self, number: int, fault: OfOperation | NewRole, asked: Asked) -> None:
        line = json.dumps({"fault": number, "kind": fault.fault, "call": asked.name, "digest": digest(asked)})
        log.info("fault on purpose: %s", line)
        with self._lock, self._record_file.open("a", encoding="utf-8") as record:
            record.write(f"{line}\n")


def _read(path: Path) -> list[Planned | Newcomers]:
    plan = Plan.model_validate_json(path.read_text(encoding="utf-8"))
    return [Newcomers(fault) if isinstance(fault, NewRole) else Planned(fault) for fault in plan.faults]


def _happen(fault: OfOperation, asked: Asked, proceed: Proceed) -> Reply:
    match fault:
        case Throttle():
            return replies.throttled(asked)
        case Fail():
            return replies.broken(asked, fault.status)
        case Deny():
            return replies.denied(asked)
        case Lose():
            return replies.lost(asked, proceed())
        case Hang():
            time.sleep(fault.seconds)
            return proceed()
