"""What an alarm says when its state changes: JSON for programs, text for mails, a line for telephones.

The form is that of CloudWatch's own messages; AWS shows them in examples, but promises none of it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from emulator.engine import shapes

_ACTIONS: Final = ("OKActions", "AlarmActions", "InsufficientDataActions")


@dataclass(frozen=True, kw_only=True)
class Change:
    """An alarm (members as DescribeAlarms tells them) on its way from `old` to its state."""

    alarm: Mapping[str, Any]
    old: str
    account_id: str
    region: str
    at: datetime

    @property
    def subject(self) -> str:
        return f'{self.alarm["StateValue"]}: "{self.alarm["AlarmName"]}" in {region_name(self.region)}'


@cache
def region_name(region: str) -> str:
    """As AWS calls it for people: US East (N. Virginia)."""
    regions = shapes.session().get_data("endpoints")["partitions"][0]["regions"]
    return str(regions.get(region, {}).get("description", region))


def structured(change: Change) -> str:
    """A message for SNS with MessageStructure json: each protocol gets its own."""
    return json.dumps({"default": _record(change), "email": _mail(change), "sms": change.subject})


def _moment(at: datetime) -> str:
    """UTC, whether the value says so or not."""
    return f"{at.replace(tzinfo=None).isoformat(timespec='milliseconds')}+0000"


def _record(change: Change) -> str:
    alarm = change.alarm
    return json.dumps(
        {
            "AlarmName": alarm["AlarmName"],
            "AlarmDescription": alarm["AlarmDescription"],
            "AWSAccountId": change.account_id,
            "AlarmConfigurationUpdatedTimestamp": _moment(alarm["AlarmConfigurationUpdatedTimestamp"]),
            "NewStateValue": alarm["StateValue"],
            "NewStateReason": alarm["StateReason"],
            "StateChangeTime": _moment(change.at),
            "Region": region_name(change.region),
            "AlarmArn": alarm["AlarmArn"],
            "OldStateValue": change.old,
            **{actions: alarm[actions] for actions in _ACTIONS},
            "Trigger": _trigger(alarm),
        }
    )


def _trigger(alarm: Mapping[str, Any]) -> dict[str, Any]:
    of_one = {"StatisticType": "Statistic", "Statistic": (alarm["Statistic"] or "").upper()}
    of_many = {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": alarm["ExtendedStatistic"]}
    copied = ("MetricName", "Namespace", "Unit", "Period", "EvaluationPeriods", "DatapointsToAlarm")
    return {
        **{name: alarm[name] for name in copied},
        **(of_one if alarm["Statistic"] else of_many),
        "Dimensions": [{"value": one["Value"], "name": one["Name"]} for one in alarm["Dimensions"]],
        "ComparisonOperator": alarm["ComparisonOperator"],
        "Threshold": alarm["Threshold"],
        "TreatMissingData": alarm["TreatMissingData"] or "missing",
        "EvaluateLowSampleCountPercentile": "",
    }


def _mail(change: Change) -> str:
    alarm = change.alarm
    dimensions = ", ".join(f"{one['Name']} = {one['Value']}" for one in alarm["Dimensions"])
    return (
        f'You are receiving this email because your Amazon CloudWatch Alarm "{alarm["AlarmName"]}" in the'
        f" {region_name(change.region)} region has entered the {alarm['StateValue']} state,"
        f' because "{alarm["StateReason"]}" at "{change.at:%A %d %B, %Y %H:%M:%S} UTC".\n\n'
        "Alarm Details:\n"
        f"- Name: {alarm['AlarmName']}\n"
        f"- Description: {alarm['AlarmDescription'] or ''}\n"
        f"- State Change: {change.old} -> {alarm['StateValue']}\n"
        f"- Reason for State Change: {alarm['StateReason']}\n"
        f"- AWS Account: {change.account_id}\n"
        f"- Alarm Arn: {alarm['AlarmArn']}\n\n"
        "Threshold:\n"
        f"- The alarm is in the ALARM state when the metric is {alarm['ComparisonOperator']} {alarm['Threshold']}"
        f" for at least {alarm['DatapointsToAlarm'] or alarm['EvaluationPeriods']} of the last"
        f" {alarm['EvaluationPeriods']} period(s) of {alarm['Period']} seconds.\n\n"
        "Monitored Metric:\n"
        f"- MetricNamespace: {alarm['Namespace']}\n"
        f"- MetricName: {alarm['MetricName']}\n"
        f"- Dimensions: [{dimensions}]"
    )
