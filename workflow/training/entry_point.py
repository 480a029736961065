"""A team's MLproject file: read as MLflow defines it, run without MLflow's own runner.

`mlflow run` makes its run on the server before anything else, so a server that is down would stop the training, and
it starts a shell. Here the declared command runs directly, with the worker's interpreter; the file stays one that
`mlflow run` takes (env_manager=local). Every entry point is given two more parameters, `data` and `model`: the folder
with the images, and the folder where it has to leave an MLflow model.
"""

import shlex
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from workflow.errors import UsageError

FILE_NAME: Final = "MLproject"
GIVEN: Final = ("data", "model")
MAIN: Final = "main"
CURE: Final = f"compare with templates/project/{FILE_NAME}"


@dataclass(frozen=True)
class EntryPoint:
    """`defaults` holds every declared parameter; None marks one that must be given."""

    command: str
    defaults: Mapping[str, str | None]


def load_entry_point(folder: Path) -> EntryPoint:
    path = folder / FILE_NAME
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        main = document["entry_points"][MAIN]
        declared = main.get("parameters") or {}
        entry = EntryPoint(str(main["command"]), {str(name): _default(value) for name, value in declared.items()})
    except FileNotFoundError:
        raise UsageError(f"{folder} has no {FILE_NAME}", cure=f"cp templates/project/{FILE_NAME} {folder}/") from None
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} has no entry point {MAIN!r} with a command ({error})", cure=CURE) from error
    missing = [name for name in GIVEN if name not in entry.defaults]
    if missing:
        raise UsageError(f"{path}: entry point {MAIN!r} must declare {' and '.join(missing)} (type: path)", cure=CURE)
    return entry


def parameters_of(entry: EntryPoint, given: Mapping[str, str]) -> dict[str, str]:
    """Every parameter but `data` and `model` with its value; UsageError for unknown and missing ones, all at once."""
    own = {name: default for name, default in entry.defaults.items() if name not in GIVEN}
    allowed = ", ".join(sorted(own)) or "none"
    faults = [f"unknown parameter {name!r}" for name in given if name not in own]
    values = {name: given.get(name, default) for name, default in own.items()}
    faults += [
        f"parameter {name!r} has no default and was not given" for name, value in values.items() if value is None
    ]
    if faults:
        raise UsageError(f"{'; '.join(faults)}; declared in {FILE_NAME}: {allowed}", cure="mlteam train -P name=value")
    return {name: value for name, value in values.items() if value is not None}


def command_of(entry: EntryPoint, values: Mapping[str, str]) -> list[str]:
    """The command's words; a value with spaces or quotes stays one word."""
    try:
        line = string.Formatter().vformat(
            entry.command, (), {name: shlex.quote(value) for name, value in values.items()}
        )
        return shlex.split(line)
    except (KeyError, ValueError, IndexError) as error:
        raise UsageError(
            f"the command of {FILE_NAME} cannot be filled in: {error}; it is {entry.command!r}", cure=CURE
        ) from error


def _default(value: Any) -> str | None:
    """MLproject allows `name: type` and `name: {type: ..., default: ...}`."""
    default = value.get("default") if isinstance(value, dict) else None
    return None if default is None else str(default)
