"""Give a running emulator a fault plan, take it away, look what has happened."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.state import State

if TYPE_CHECKING:  # who starts or ends an emulator needs no plan, and its import takes most of a second
    from emulator.faults import plan


def give(state: State, checked: "plan.Plan") -> None:
    """In force for every call from now on; what an earlier plan did is forgotten."""
    state.fault_record.unlink(missing_ok=True)
    partial = state.fault_plan.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_text(checked.model_dump_json() + "\n", encoding="utf-8")
    partial.replace(state.fault_plan)


@dataclass(frozen=True)
class Fired:
    """A fault that has happened: its number in the plan, its kind, the call (`ec2:CreateVpc`) and which one it was."""

    fault: int
    kind: str
    call: str
    digest: str


def fired(state: State) -> list[Fired]:
    """In order; empty if nothing has happened since the last plan was given."""
    try:
        lines = state.fault_record.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [Fired(**json.loads(line)) for line in lines]


def clear(state: State) -> None:
    """The record of what happened stays."""
    state.fault_plan.unlink(missing_ok=True)
