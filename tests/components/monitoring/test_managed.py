"""monitoring/managed: CloudWatch alarms that AWS takes, that somebody hears, and that sleep with the host."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from components.monitoring.alarms import CATALOGUE, Alarm
from components.monitoring.managed import METRICS, rendered
from components.naming import Naming
from emulator import validation
from emulator.access import policies, services
from emulator.cloudwatch import rules
from stacks.program import declare
from stacks.recording import ACCOUNT, REGION, Recording, Registered, record

Recorded = Callable[[str], Recording]
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
CONFIG = {"mlteam:amiId": "ami-0123456789abcdef0", "mlteam:alertEmails": "ops@example.com"}


@cache
def always_on() -> Recording:
    """A stack whose host never sleeps, with somebody who listens."""
    return record(declare, "prod", CONFIG)


def alarm_named(recording: Recording, name: str) -> Registered:
    return recording.named(f"monitoring-{name}")


def unheard(recording: Recording) -> Iterator[str]:
    """Alarms without an action, or whose action is a topic that nobody subscribed to."""
    topics = {item.inputs["topic"] for item in recording.of_type(SUBSCRIPTION)}
    for alarm in recording.of_type(ALARM):
        said = [alarm.inputs.get(actions) for actions in ("alarmActions", "okActions")]
        if (
            not all(actions and set(actions) <= topics for actions in said)
            or alarm.inputs.get("actionsEnabled") is False
        ):
            yield alarm.name


@pytest.mark.parametrize("alarm", CATALOGUE, ids=lambda alarm: alarm.name)
@pytest.mark.parametrize("sleeps", [False, True])
def test_every_row_is_an_alarm_that_cloudwatch_takes(alarm: Alarm, sleeps: bool) -> None:
    made = rendered(alarm, sleeps=sleeps)
    asked = {
        "AlarmName": Naming("mlteam", "dev").alarm(alarm.name),
        "AlarmDescription": made.alarm_description,
        "Namespace": made.namespace,
        "MetricName": made.metric_name,
        "Dimensions": [{"Name": made.dimension, "Value": "x"}],
        "Statistic": made.statistic,
        "ComparisonOperator": made.comparison_operator,
        "Threshold": made.threshold,
        "Period": made.period,
        "EvaluationPeriods": made.evaluation_periods,
        "TreatMissingData": made.treat_missing_data,
    }
    assert validation.faults("cloudwatch", "PutMetricAlarm", asked) == []
    assert list(rules.faults(asked)) == []


def test_every_measure_has_its_metric() -> None:
    assert {alarm.measure for alarm in CATALOGUE} == set(METRICS)


def test_ckv_aws_319_cloudwatch_15_every_alarm_speaks_to_somebody(recorded: Recorded) -> None:
    dev = recorded("dev")
    assert len(dev.of_type(ALARM)) == len(CATALOGUE)
    assert list(unheard(dev)) == []


@pytest.mark.parametrize("bad", [{"alarmActions": []}, {"okActions": ["arn:aws:sns:us-east-1:0:nobody"]}])
def test_the_control_sees_an_alarm_that_nobody_hears(recorded: Recorded, bad: dict[str, Any]) -> None:
    dev = recorded("dev")
    planted = [
        dataclasses.replace(item, inputs={**item.inputs, **bad}) if item.name == "monitoring-host-busy" else item
        for item in dev.resources
    ]
    assert list(unheard(dataclasses.replace(dev, resources=planted))) == ["monitoring-host-busy"]


def test_where_nobody_listens_there_is_no_alarm(recorded: Recorded) -> None:
    platform = json.loads(recorded("prod").exports["platform"])
    assert recorded("prod").of_type(ALARM) == []
    assert platform["monitoring"]["alarms"] == []


def test_the_record_names_the_alarms_that_there_are(recorded: Recorded) -> None:
    told = json.loads(recorded("dev").exports["platform"])["monitoring"]["alarms"]
    assert sorted(told) == sorted(alarm.inputs["name"] for alarm in recorded("dev").of_type(ALARM))


def test_a_host_that_sleeps_is_silent_without_alarm(recorded: Recorded) -> None:
    assert {alarm.inputs["treatMissingData"] for alarm in recorded("dev").of_type(ALARM)} == {"notBreaching"}
    assert not any(alarm.inputs.get("insufficientDataActions") for alarm in recorded("dev").of_type(ALARM))


def test_silence_of_a_host_that_never_sleeps_is_told_and_of_nothing_else() -> None:
    told = [item for item in always_on().of_type(ALARM) if item.inputs.get("insufficientDataActions")]
    assert [item.name for item in told] == ["monitoring-host-down"]
    assert told[0].inputs["treatMissingData"] == "missing", "as a breach a new host would alarm before its first value"
    assert told[0].inputs["insufficientDataActions"] == told[0].inputs["alarmActions"]


def test_an_alarm_watches_what_is_this_stacks(recorded: Recorded) -> None:
    dev = recorded("dev")
    [topic] = dev.of_type("aws:sns/topic:Topic")
    groups = {item.inputs["groupName"] for item in dev.of_type("aws:scheduler/schedule:Schedule")}
    [group] = dev.of_type("aws:scheduler/scheduleGroup:ScheduleGroup")
    assert groups == {group.inputs["name"]}
    assert alarm_named(dev, "host-down").inputs["dimensions"] == {"InstanceId": "host-instance-id"}
    assert alarm_named(dev, "messages-lost").inputs["dimensions"] == {"TopicName": topic.inputs["name"]}
    assert alarm_named(dev, "schedule-failed").inputs["dimensions"] == {"ScheduleGroup": group.inputs["name"]}


@pytest.mark.parametrize(
    ("service", "account", "alarm", "may"),
    [
        ("cloudwatch.amazonaws.com", ACCOUNT, "mlteam-dev-host-down", True),
        ("cloudwatch.amazonaws.com", ACCOUNT, "mlteam-prod-host-down", False),
        ("cloudwatch.amazonaws.com", "999999999999", "mlteam-dev-host-down", False),
        ("budgets.amazonaws.com", ACCOUNT, "", True),
        ("budgets.amazonaws.com", "999999999999", "", False),
        ("events.amazonaws.com", ACCOUNT, "mlteam-dev-host-down", False),
    ],
)
def test_sns_4_the_topic_lets_this_stacks_alarms_and_this_accounts_budgets_publish(
    recorded: Recorded, service: str, account: str, alarm: str, may: bool
) -> None:
    [policy] = recorded("dev").of_type("aws:sns/topicPolicy:TopicPolicy")
    keys = {"aws:sourceaccount": account}
    if alarm:
        keys["aws:sourcearn"] = f"arn:aws:cloudwatch:{REGION}:{account}:alarm:{alarm}"
    document = policies.parse("topic", policy.inputs["policy"])
    assert services.judge(document, service, "SNS:Publish", policy.inputs["arn"], keys).is_allowed is may
