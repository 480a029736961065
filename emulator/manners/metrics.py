"""What CloudWatch refuses of a metric's data beyond botocore's model; moto 5.2.5 takes any.

Source: PutMetricData and MetricDatum, CloudWatch API reference (read 2026-11).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Final

from emulator.manners.rules import Request, Rule
from emulator.seam import AwsError

OWN: Final = "AWS/"
"""Namespaces of AWS's services."""
PAST: Final = timedelta(weeks=2)
FUTURE: Final = timedelta(hours=2)
LARGEST: Final = 2.0**360
RESOLUTIONS: Final = (1, 60)
VALUES: Final = ("Value", "StatisticValues", "Values")
"""A datum has one of them."""


def faults(datum: Mapping[str, Any], now: datetime) -> Iterator[tuple[str, str]]:
    """(code, what is wrong with it, beginning with the member)."""
    given = [name for name in VALUES if datum.get(name) not in (None, [])]
    if not given:
        yield "MissingParameter", f"{VALUES[0]}: at least one of {', '.join(VALUES)} must be specified."
    elif len(given) > 1:
        yield "InvalidParameterCombination", f"{given[0]} and {given[1]} are mutually exclusive."
    at = datum.get("Timestamp")
    if at is not None:
        moment = at if at.tzinfo else at.replace(tzinfo=UTC)
        if not now - PAST <= moment <= now + FUTURE:
            limits = "within the past two weeks and not more than two hours ahead"
            yield "InvalidParameterValue", f"Timestamp must specify a time {limits}."
    if not all(isfinite(number) and abs(number) <= LARGEST for number in _numbers(datum)):
        yield "InvalidParameterValue", "Value is invalid: NaN, infinite or beyond 2^360."
    if datum.get("StorageResolution", 60) not in RESOLUTIONS:
        yield "InvalidParameterValue", f"StorageResolution is {datum['StorageResolution']}, allowed: 1, 60."
    if datum.get("Counts") and len(datum["Counts"]) != len(datum.get("Values") or ()):
        yield "InvalidParameterValue", "Values and Counts must have the same number of elements."


def _numbers(datum: Mapping[str, Any]) -> Iterator[float]:
    statistics = datum.get("StatisticValues") or {}
    found = (datum.get("Value"), *(datum.get("Values") or ()), *(datum.get("Counts") or ()), *statistics.values())
    return (float(number) for number in found if number is not None)


def _data(call: Request) -> None:
    namespace, data = str(call.parameters["Namespace"]), call.parameters.get("MetricData") or []
    if namespace.startswith(OWN):
        raise AwsError("InvalidParameterValue", f"The value {namespace} for parameter Namespace is invalid.")
    if not data and not call.parameters.get("EntityMetricData"):
        raise AwsError("MissingParameter", "The parameter MetricData is required.")
    now = datetime.now(UTC)
    for number, datum in enumerate(data, start=1):
        for code, wrong in faults(datum, now):
            raise AwsError(code, f"The parameter MetricData.member.{number}.{wrong}")


RULES: Final[tuple[Rule, ...]] = (("cloudwatch:PutMetricData", _data),)
