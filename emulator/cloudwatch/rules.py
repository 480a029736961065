"""What PutMetricAlarm refuses beyond botocore's model, for alarms on one metric.

Source: PutMetricAlarm, CloudWatch API reference (read 2026-11).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

HIGH_RESOLUTION_SECONDS: Final = (10, 20, 30)
MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
WEEK: Final = 604_800
MISSING: Final = ("breaching", "notBreaching", "ignore", "missing")
ANOMALY: Final = ("LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold")
NEEDED: Final = ("MetricName", "Namespace", "Period", "EvaluationPeriods", "ComparisonOperator", "Threshold")
ACTIONS: Final = ("AlarmActions", "OKActions", "InsufficientDataActions")
# p, tm, tc, ts, wm with a percentage; the same in capitals with a range; IQM and PR.
EXTENDED: Final = re.compile(r"(p|tm|tc|ts|wm)\d{1,2}(\.\d{1,10})?|p100|IQM|PR\(\S*:\S*\)|(TM|TC|TS|WM)\(\S*:\S*\)")
_ARN: Final = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[^:]*:[^:]*:.+")

Fault = tuple[str, str]
"""(member, what is wrong with it)."""


def faults(alarm: Mapping[str, Any], region: str = "") -> Iterator[Fault]:
    """Without a region, actions may be of any."""
    yield from _about_the_metric(alarm)
    yield from _about_time(alarm)
    missing = alarm.get("TreatMissingData")
    if missing is not None and missing not in MISSING:
        yield "TreatMissingData", f"is {missing!r}; allowed: {', '.join(MISSING)}"
    for member in ACTIONS:
        yield from ((member, wrong) for action in alarm.get(member) or () if (wrong := _about_action(action, region)))


def _about_the_metric(alarm: Mapping[str, Any]) -> Iterator[Fault]:
    yield from ((member, "is missing") for member in NEEDED if alarm.get(member) is None)
    statistic, extended = alarm.get("Statistic"), alarm.get("ExtendedStatistic")
    if (statistic is None) == (extended is None):
        yield "Statistic", "or ExtendedStatistic is needed, and only one of them"
    if extended is not None and not EXTENDED.fullmatch(extended):
        yield "ExtendedStatistic", f"is {extended!r}; allowed: like p99, tm90, IQM, PR(0:100), TM(10%:90%)"
    if alarm.get("ComparisonOperator") in ANOMALY:
        yield "ComparisonOperator", f"is {alarm['ComparisonOperator']!r}, for a band of ThresholdMetricId only"


def _about_time(alarm: Mapping[str, Any]) -> Iterator[Fault]:
    period, periods = alarm.get("Period"), alarm.get("EvaluationPeriods")
    if period is None or periods is None:
        return
    if period not in HIGH_RESOLUTION_SECONDS and period % MINUTE:
        yield "Period", f"is {period}; allowed: 10, 20, 30 and any multiple of 60"
    limit = DAY if period < HOUR else WEEK
    if period * periods > limit:
        yield "EvaluationPeriods", f"times Period is {period * periods} s; allowed: at most {limit} s"
    needed = alarm.get("DatapointsToAlarm")
    if needed is not None and needed > periods:
        yield "DatapointsToAlarm", f"is {needed}; allowed: at most EvaluationPeriods, {periods}"


def _about_action(action: str, region: str) -> str:
    if not _ARN.fullmatch(action):
        return f"has {action!r}: must be an ARN"
    of = action.split(":")[3]
    elsewhere = bool(region and of and of != region)
    return f"has {action!r}: Invalid region {of} specified. Only {region} is supported" if elsewhere else ""
