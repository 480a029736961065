"""A fault plan as people write it, checked as a whole: every mistake of a file is told in one message.

    version: 1
    faults:
      - {operation: "*", fault: throttle, when: each}          # each changing call fails once, whatever it is
      - {operation: "ec2:CreateVpc", fault: lose, when: 2}     # the second: done, but its answer never arrives
      - {operation: "s3:Put*", fault: fail, status: 503, when: every}
      - {operation: "ssm:PutParameter", fault: deny, when: 1, by: AKIA...}    # only calls with this access key
      - {operation: "ec2:RunInstances", fault: hang, seconds: 5, when: 1}
      - {fault: new-role, uses: 2}                             # or `seconds: 3`

A pattern (`*`, `?`) is about operations that change something; an operation's full name is about that one, whatever it
does. Two calls are the same for `each` if operation and parameters are, but for client tokens and the order of lists.
Of several faults of one call the first that is due happens, and those below it do not see the call.
"""

import difflib
from collections.abc import Hashable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from emulator.engine import shapes
from emulator.wire import READING, Asked

VERSION: Final = 1
WILD: Final = frozenset("*?[")
When = Literal["each", "every"] | Annotated[int, Field(ge=1)]


class PlanError(ValueError):
    """The plan cannot be used; one line per mistake."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _OfOperation(_Strict):
    operation: str
    when: When
    by: str = ""
    """The id of an access key; empty for whoever calls."""

    def is_about(self, asked: Asked) -> bool:
        is_named = asked.name == self.operation or (asked.is_mutating and fnmatchcase(asked.name, self.operation))
        return is_named and self.by in ("", asked.access_key)


class Throttle(_OfOperation):
    """Refused as too many, by the service's own code."""

    fault: Literal["throttle"]


class Fail(_OfOperation):
    """Refused as AWS's own fault; nothing was done."""

    fault: Literal["fail"]
    status: Literal[500, 503] = 500


class Lose(_OfOperation):
    """Done; then the connection is closed without an answer."""

    fault: Literal["lose"]


class Deny(_OfOperation):
    """Refused as not allowed."""

    fault: Literal["deny"]


class Hang(_OfOperation):
    """Answered late."""

    fault: Literal["hang"]
    seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class NewRole(_Strict):
    """What every service says of a role or instance profile that it does not know yet: IAM is eventually consistent."""

    fault: Literal["new-role"]
    uses: Annotated[int, Field(ge=1)] | None = None
    seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> "NewRole":
        if (self.uses is None) == (self.seconds is None):
            raise ValueError("give either uses or seconds")
        return self


OfOperation = Throttle | Fail | Lose | Deny | Hang
Fault = Annotated[OfOperation | NewRole, Field(discriminator="fault")]


class Plan(_Strict):
    """What goes wrong, in order."""

    version: Literal[1]
    faults: Annotated[list[Fault], Field(min_length=1)]


class _Loader(yaml.SafeLoader):
    """YAML lets a key stand twice and takes the last: then a fault would happen otherwise than it reads."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise PlanError(f"line {key.start_mark.line + 1}: {key.value!r} is there twice")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read(path: Path) -> Plan:
    """PlanError with every mistake in the file."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  it is a safe one
    except PlanError as error:
        raise PlanError(f"{path}: {error}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PlanError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    try:
        plan = Plan.model_validate(document)
    except ValidationError as error:
        raise PlanError("\n".join(f"{path}: {line}" for line in _invalid(error))) from error
    wrong = list(_unknown(plan))
    if wrong:
        raise PlanError("\n".join(f"{path}: {line}" for line in wrong))
    return plan


def _invalid(error: ValidationError) -> Iterator[str]:
    """A line per place; what a place may be instead of what it is stands in one."""
    wrong: dict[str, list[str]] = {}
    given: dict[str, object] = {}
    for item in error.errors(include_url=False):
        where = _place(item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        wrong.setdefault(where, []).append(f"{message[:1].lower()}{message[1:]}")
        given[where] = item["input"]
    for where, messages in wrong.items():
        yield f"{where or 'the plan'}: {' or '.join(messages)}, not {given[where]!r}"


def _place(steps: tuple[int | str, ...]) -> str:
    """As people write it, without the steps that pydantic adds for a kind of fault and for the types of `when`."""
    place = ""
    for before, step in zip(("", *steps), steps, strict=False):
        if isinstance(before, int) or before == "when":
            continue
        place += f"[{step}]" if isinstance(step, int) else f".{step}"
    return place.lstrip(".")


def _unknown(plan: Plan) -> Iterator[str]:
    """Patterns that no operation of AWS's matches."""
    for index, fault in enumerate(plan.faults):
        if isinstance(fault, NewRole) or fault.operation == "*":
            continue
        service, colon, operation = fault.operation.partition(":")
        where = f"faults[{index}].operation: {fault.operation!r}"
        services = shapes.session().get_available_services()
        if not colon or not (WILD & set(service) or service in services):
            yield f"{where}: must be * or service:Operation; nearest service: {_nearest(service, services)}"
        elif not WILD & set(service):
            names = shapes.service_model(service).operation_names
            found = [name for name in names if fnmatchcase(name, operation)]
            if not found:
                yield f"{where}: {service} has no such operation; nearest: {_nearest(operation, names)}"
            elif WILD & set(operation) and all(name.startswith(READING) for name in found):
                yield f"{where}: a pattern is about operations that change something; name in full one that reads"


def _nearest(word: str, words: list[str]) -> str:
    return next(iter(difflib.get_close_matches(word, words, n=1, cutoff=0.0)), "none")
