"""What CloudWatch does not take of a metric."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator.manners.metrics import faults

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
INVALID, SET = "InvalidParameterValue", {"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}


@pytest.mark.parametrize(
    ("datum", "code"),
    [
        ({"Value": 0}, ""),
        ({"Values": [1.0, 2.0], "Counts": [1.0, 1.0]}, ""),
        ({"StatisticValues": SET, "Values": []}, ""),
        ({}, "MissingParameter"),
        ({"Value": 1, "StatisticValues": SET}, "InvalidParameterCombination"),
        ({"Values": [1.0, 2.0], "Counts": [1.0]}, INVALID),
        *(({"Value": value}, INVALID) for value in (float("nan"), float("inf"), 2.0**361, -(2.0**361))),
        ({"Value": 2.0**360}, ""),
        ({"Value": 1, "Timestamp": NOW - timedelta(days=14)}, ""),
        ({"Value": 1, "Timestamp": NOW - timedelta(days=14, seconds=1)}, INVALID),
        ({"Value": 1, "Timestamp": NOW + timedelta(hours=2)}, ""),
        ({"Value": 1, "Timestamp": NOW + timedelta(hours=2, seconds=1)}, INVALID),
        ({"Value": 1, "Timestamp": (NOW - timedelta(days=15)).replace(tzinfo=None)}, INVALID),
        ({"Value": 1, "StorageResolution": 1}, ""),
        ({"Value": 1, "StorageResolution": 7}, INVALID),
    ],
)
def test_a_datum_is_one_finite_number_of_these_days(datum: dict[str, Any], code: str) -> None:
    assert [found for found, _ in faults(datum, NOW)][:1] == ([code] if code else [])


@pytest.mark.slow
def test_nobody_puts_data_into_a_namespace_of_aws_s_or_of_last_month(cloud: Any) -> None:
    cloudwatch = cloud.client("cloudwatch")
    datum = {"MetricName": "m", "Value": 1}
    cloudwatch.put_metric_data(Namespace="AWSome", MetricData=[datum])
    old = {**datum, "Timestamp": datetime.now(UTC) - timedelta(days=30)}
    for namespace, data in (("AWS/EC2", datum), ("n", old)):
        code, _ = cloud.refused(cloudwatch.put_metric_data, Namespace=namespace, MetricData=[data])
        assert code == INVALID
    assert cloud.refused(cloudwatch.put_metric_data, Namespace="n")[0] == "MissingParameter"
