"""What an alarm does when its state changes: publish to an SNS topic, if the topic lets CloudWatch."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from moto.cloudwatch.models import Alarm
from moto.sns.models import Topic, sns_backends

from emulator.access import services
from emulator.cloudwatch import notices
from emulator.cloudwatch.notices import Change

SERVICE: Final = "cloudwatch.amazonaws.com"
PUBLISH: Final = "SNS:Publish"
# Its key policy lets no service but SNS use it, and nobody can change that.
CLOSED_KEY: Final = "alias/aws/sns"


def carry_out(action: str, alarm: Alarm, old: str, account_id: str) -> str:
    """Why it failed; empty if it was done."""
    service, region, owner = action.split(":")[2:5]
    if service != "sns":
        return f"the emulated CloudWatch carries out actions of SNS only, not of {service}"
    topic = sns_backends[owner][region].topics.get(action)
    if topic is None:
        return f"Topic {action} does not exist"
    refusal = _refusal(topic, alarm, account_id)
    if not refusal:
        change = Change(alarm=_told(alarm), old=old, account_id=account_id, region=region, at=datetime.now(UTC))
        topic.publish(notices.structured(change), subject=change.subject, message_structure="json")
    return refusal


def _refusal(topic: Topic, alarm: Alarm, account_id: str) -> str:
    if topic.kms_master_key_id == CLOSED_KEY:
        return f"CloudWatch Alarms does not have authorization to access the SNS topic encryption key {CLOSED_KEY}"
    if services.may(SERVICE, PUBLISH, topic.arn, account_id, alarm.alarm_arn).is_allowed:
        return ""
    return f"Resource: {alarm.alarm_arn} is not authorized to perform: {PUBLISH} on resource: {topic.arn}"


def _told(alarm: Alarm) -> Mapping[str, Any]:
    """In the words of DescribeAlarms, as far as a message has them."""
    return {
        "AlarmName": alarm.name,
        "AlarmArn": alarm.alarm_arn,
        "AlarmDescription": alarm.description,
        "AlarmConfigurationUpdatedTimestamp": alarm.configuration_updated_timestamp,
        "StateValue": alarm.state_value,
        "StateReason": alarm.state_reason,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "Dimensions": [{"Name": one.name, "Value": one.value} for one in alarm.dimensions],
        "Statistic": alarm.statistic,
        "ExtendedStatistic": alarm.extended_statistic,
        "Unit": alarm.unit,
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data,
    }
