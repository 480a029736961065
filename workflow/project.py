"""`mlteam.yaml`: what a team demands of its models. Strict: an unknown key or a wrong type is refused, all at once."""

import math
import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from workflow.errors import UsageError

FILE_NAME: Final = "mlteam.yaml"
THRESHOLD: Final = re.compile(r"^\s*(>=|<=)\s*(-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)\s*$")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Threshold(_Strict):
    """`>= value`: the lower confidence bound must reach it; `<= value`: the upper one must stay below it."""

    operator: Literal[">=", "<="]
    value: float

    def __str__(self) -> str:
        return f"{self.operator} {self.value:g}"


def _threshold(value: object) -> object:
    match = THRESHOLD.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'{value!r} is no threshold; allowed: ">= 0.90" or "<= 0.05"')
    return {"operator": match[1], "value": float(match[2])}


class Guardrails(_Strict):
    """The challenger is stopped when it exceeds one of them."""

    error_rate: float = Field(default=0.01, ge=0, le=1)
    p95_latency_ms: float = Field(default=500.0, gt=0)


class AbTest(_Strict):
    metric: Literal["accuracy"] = "accuracy"
    minimum_effect: float = Field(default=0.02, gt=0, lt=1)
    max_requests: int = Field(default=5000, ge=100)
    challenger_weight: float = Field(default=0.5, gt=0, lt=1)
    guardrails: Guardrails = Guardrails()


class Project(_Strict):
    """`max_broken_fraction`: of a manifest's images, how many may fail to decode before training is refused."""

    project: str = Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")
    positive_label: str = Field(min_length=1)
    thresholds: dict[str, Annotated[Threshold, BeforeValidator(_threshold)]] = Field(min_length=1)
    not_worse_than_champion: dict[str, Annotated[float, Field(ge=0, lt=1)]] = {}
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    abtest: AbTest = AbTest()
    max_broken_fraction: float = Field(default=0.01, ge=0, lt=1)


def load_project(folder: Path) -> Project:
    path = folder / FILE_NAME
    cure = f"edit {path}; templates/project/{FILE_NAME} shows every key"
    try:
        value: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{folder} is no project: it has no {FILE_NAME}", cure="cp -r templates/project DIR") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no YAML: {error}", cure=cure) from error
    try:
        return Project.model_validate(value)
    except ValidationError as error:
        raise UsageError(f"{path}: {_faults(error)}", cure=cure) from None


def _faults(error: ValidationError) -> str:
    return "; ".join(f"{_place(fault['loc'])}: {_message(fault)}" for fault in error.errors())


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "document"


def _message(fault: Any) -> str:
    given = fault["input"]
    shown = "" if fault["type"] == "missing" or isinstance(given, dict) else f" ({given!r} given)"
    nan = " (not a number given)" if isinstance(given, float) and math.isnan(given) else shown
    return f"{str(fault['msg']).removeprefix('Value error, ')}{nan}"
