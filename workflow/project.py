"""`mlteam.yaml`: what a team demands of its models. Strict: an unknown key or a wrong type is refused, all at once."""

import math
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from workflow.errors import UsageError
from workflow.statistics.bootstrap import MAX_CONFIDENCE
from workflow.statistics.metrics import HIGHER_IS_BETTER, METRIC_RANGES

FILE_NAME: Final = "mlteam.yaml"
NO_PROJECT_CURE: Final = "--project examples/digits/project, or a new one: cp -r templates/project DIR"
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


def _metric(name: str) -> str:
    if name not in METRIC_RANGES:
        raise ValueError(f"no metric of this name is measured; allowed: {', '.join(METRIC_RANGES)}")
    return name


def _sensible(thresholds: dict[str, Threshold]) -> dict[str, Threshold]:
    """A threshold from the wrong side lets the worst pass; one out of the metric's range lets all or none."""
    for name, threshold in thresholds.items():
        operator, (low, high) = ">=" if HIGHER_IS_BETTER[name] else "<=", METRIC_RANGES[name]
        if threshold.operator != operator or not low <= threshold.value <= high:
            raise ValueError(f'{name} "{threshold}" makes no sense; allowed: "{operator} {low:g}" to {high:.4g}')
    return thresholds


_Metric = Annotated[str, AfterValidator(_metric)]
_Thresholds = dict[_Metric, Annotated[Threshold, BeforeValidator(_threshold)]]


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
    thresholds: Annotated[_Thresholds, AfterValidator(_sensible)] = Field(min_length=1)
    not_worse_than_champion: dict[_Metric, Annotated[float, Field(ge=0, lt=1)]] = {}
    confidence: float = Field(default=0.95, gt=0.5, le=MAX_CONFIDENCE)
    abtest: AbTest = AbTest()
    max_broken_fraction: float = Field(default=0.01, ge=0, lt=1)


class _Loader(yaml.SafeLoader):
    """YAML lets a key stand twice and takes the last: of a gate's thresholds that must not be."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key) for key, _ in node.value]
        doubled = [key for key in keys if keys.count(key) > 1]
        if doubled:
            raise yaml.constructor.ConstructorError(None, None, f"{doubled[0]!r} is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


def load_project(folder: Path) -> Project:
    path = folder / FILE_NAME
    cure = f"edit {path}; templates/project/{FILE_NAME} shows every key"
    try:
        value: Any = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  it is a safe one
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(f"{folder} is no project: it has no {FILE_NAME}", cure=NO_PROJECT_CURE) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no YAML: {error}", cure=cure) from error
    try:
        return Project.model_validate(value)
    except ValidationError as error:
        raise UsageError(f"{path}: {_faults(error)}", cure=cure) from None


def _faults(error: ValidationError) -> str:
    return "; ".join(f"{_place(fault['loc'])}: {_message(fault)}" for fault in error.errors())


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location if part != "[key]") or "document"


def _message(fault: Any) -> str:
    given = fault["input"]
    shown = "" if fault["type"] == "missing" or isinstance(given, dict) else f" ({given!r} given)"
    nan = " (not a number given)" if isinstance(given, float) and math.isnan(given) else shown
    return f"{str(fault['msg']).removeprefix('Value error, ')}{nan}"
