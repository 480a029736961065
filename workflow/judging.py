"""The gate's rules, as a pure function of what the team demands and what was measured.

A demand is met only by the bound on its unfavourable side, never by the point. What is missing, not a number, out of
its metric's range or measured on too few groups is not met.
"""

import math
from typing import Final

from workflow.project import Project, Threshold
from workflow.statistics.bootstrap import Bound
from workflow.statistics.metrics import HIGHER_IS_BETTER, METRIC_RANGES
from workflow.verdicts import Check, EvaluateRecord

MINIMUM_GROUPS_PER_CLASS: Final = 10
"""With fewer the bootstrap draws from too few different groups to know even the standard error."""


def judge(project: Project, evaluation: EvaluateRecord) -> tuple[Check, ...]:
    """Every demand, in the order of mlteam.yaml, and that there is enough to judge by."""
    checks = [_enough(evaluation)]
    checks += [_threshold(name, threshold, evaluation) for name, threshold in project.thresholds.items()]
    if evaluation.champion is not None:
        checks += [_not_worse(name, margin, evaluation) for name, margin in project.not_worse_than_champion.items()]
    return tuple(checks)


def _enough(evaluation: EvaluateRecord) -> Check:
    fewest = min(evaluation.negative_groups, evaluation.positive_groups)
    reason = f"groups of the rarer class: {fewest}, wanted at least {MINIMUM_GROUPS_PER_CLASS}"
    return Check(name="groups", passed=fewest >= MINIMUM_GROUPS_PER_CLASS, reason=reason)


def _threshold(name: str, threshold: Threshold, evaluation: EvaluateRecord) -> Check:
    check = f"{name} {threshold}"
    bound = evaluation.metrics.get(name)
    if bound is None:
        known = ", ".join(sorted(evaluation.metrics)) or "none"
        return Check(name=check, passed=False, reason=f"{name} was not measured (measured: {known})")
    fault = _unusable(name, bound, METRIC_RANGES[name])
    if fault:
        return Check(name=check, passed=False, reason=fault)
    side, value = ("lower", _lower(name, bound, evaluation)) if threshold.operator == ">=" else ("upper", bound.upper)
    passed = value >= threshold.value if threshold.operator == ">=" else value <= threshold.value
    reason = f"{name} {bound.point:.4f}, {side} {bound.confidence:.0%} bound {value:.4f}, wanted {threshold}"
    return Check(name=check, passed=passed, reason=reason)


def _lower(name: str, bound: Bound, evaluation: EvaluateRecord) -> float:
    """The bootstrap's, or DeLong's where that is known and lower: two methods that disagree are a reason for care."""
    delong = evaluation.delong
    if name == "auc" and delong is not None and math.isfinite(delong.lower):
        return min(bound.lower, delong.lower)
    return bound.lower


def _not_worse(name: str, margin: float, evaluation: EvaluateRecord) -> Check:
    check = f"{name} not worse than the champion by {margin:g}"
    bound = evaluation.champion.differences.get(name) if evaluation.champion else None
    if bound is None:
        return Check(name=check, passed=False, reason=f"{name} was not compared with the champion")
    low, high = METRIC_RANGES[name]
    fault = _unusable(f"{name} difference", bound, (low - high, high - low))
    if fault:
        return Check(name=check, passed=False, reason=fault)
    worst = bound.lower if HIGHER_IS_BETTER[name] else -bound.upper
    reason = (
        f"{name} against the champion {bound.point:+.4f}, at worst {worst:+.4f} at {bound.confidence:.0%}, "
        f"wanted at least {-margin:+g}"
    )
    return Check(name=check, passed=worst >= -margin, reason=reason)


def _unusable(name: str, bound: Bound, allowed: tuple[float, float]) -> str:
    """Why a measurement cannot be judged, or "": MLflow stores infinity as 1.797e308, so a range is needed too."""
    low, high = allowed
    values = (bound.point, bound.lower, bound.upper)
    if all(math.isfinite(value) and low <= value <= high for value in values):
        return ""
    shown = ", ".join(f"{value:g}" for value in values)
    return f"{name} is not usable: point and bounds are {shown}, allowed: finite, from {low:g} to {high:g}"
