"""monitoring/managed: the alarm catalogue as CloudWatch alarms, which speak through the stack's SNS topic.

CloudWatch keeps and evaluates everything; nothing runs on the host. Its states are not ours to keep: an alarm that is
made anew begins without data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi_aws as aws
from pulumi import Input, Output, ResourceOptions

from components.base import PlatformComponent
from components.monitoring.alarms import Alarm, Comparison, Measure, Statistic, applying
from components.monitoring.contract import MonitoringArgs, MonitoringOutputs
from components.variants import Variant

INSTANCE: Final = "InstanceId"
TOPIC: Final = "TopicName"
SCHEDULE_GROUP: Final = "ScheduleGroup"

METRICS: Final[Mapping[Measure, tuple[str, str, str]]] = {
    Measure.HOST_FAULT: ("AWS/EC2", "StatusCheckFailed", INSTANCE),
    Measure.HOST_CPU_PERCENT: ("AWS/EC2", "CPUUtilization", INSTANCE),
    Measure.HOST_CREDITS: ("AWS/EC2", "CPUCreditBalance", INSTANCE),
    Measure.HOST_CREDITS_CHARGED: ("AWS/EC2", "CPUSurplusCreditsCharged", INSTANCE),
    Measure.MESSAGES_LOST: ("AWS/SNS", "NumberOfNotificationsFailed", TOPIC),
    Measure.SCHEDULE_FAILURES: ("AWS/Scheduler", "TargetErrorCount", SCHEDULE_GROUP),
}
"""Namespace, name and the one dimension of each."""
STATISTICS: Final = {Statistic.AVERAGE: "Average", Statistic.MAXIMUM: "Maximum", Statistic.SUM: "Sum"}
COMPARISONS: Final = {Comparison.ABOVE: "GreaterThanThreshold", Comparison.BELOW: "LessThanThreshold"}


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """An alarm in CloudWatch's words; `dimension` is named only, its value is known late."""

    namespace: str
    metric_name: str
    dimension: str
    statistic: str
    comparison_operator: str
    threshold: float
    period: int
    evaluation_periods: int
    treat_missing_data: str
    tells_of_silence: bool
    alarm_description: str


def rendered(alarm: Alarm, *, sleeps: bool) -> Rendered:
    """Silence is told by INSUFFICIENT_DATA, not as a breach: a new host would breach before its first value."""
    namespace, metric_name, dimension = METRICS[alarm.measure]
    tells_of_silence = alarm.silence_is_bad and not sleeps
    return Rendered(
        namespace=namespace,
        metric_name=metric_name,
        dimension=dimension,
        statistic=STATISTICS[alarm.statistic],
        comparison_operator=COMPARISONS[alarm.comparison],
        threshold=alarm.threshold,
        period=alarm.period_seconds,
        evaluation_periods=alarm.evaluation_periods,
        treat_missing_data="missing" if tells_of_silence else "notBreaching",
        tells_of_silence=tells_of_silence,
        alarm_description=f"{alarm.meaning} {alarm.runbook} (for the {alarm.concerns.value})",
    )


class ManagedMonitoring(PlatformComponent[MonitoringOutputs[Output[str]]]):
    """Creates an alarm for each row of the catalogue that fits, once somebody listens: 3 to 6 at 0.10 USD a month
    each; the first ten of an account are free."""

    def __init__(self, name: str, args: MonitoringArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts, variant=Variant.MANAGED)
        sleeps = args.schedule_group is not None
        fitting = applying(host_instance_type=args.host_instance_type, sleeps=sleeps) if args.is_heard else ()
        for alarm in fitting:
            self._create_alarm(args, alarm.name, rendered(alarm, sleeps=sleeps))
        self.publish(
            MonitoringOutputs(
                variant=Variant.MANAGED.value,
                topic_arn=args.topic_arn,
                alarms=tuple(args.context.naming.alarm(alarm.name) for alarm in fitting),
            )
        )

    def _create_alarm(self, args: MonitoringArgs, name: str, alarm: Rendered) -> None:
        watched: dict[str, Input[str]] = {
            INSTANCE: args.host_instance_id,
            TOPIC: args.topic_name,
            SCHEDULE_GROUP: args.schedule_group or "",
        }
        aws.cloudwatch.MetricAlarm(
            f"{self.component_name}-{name}",
            name=args.context.naming.alarm(name),
            alarm_description=alarm.alarm_description,
            namespace=alarm.namespace,
            metric_name=alarm.metric_name,
            dimensions={alarm.dimension: watched[alarm.dimension]},
            statistic=alarm.statistic,
            comparison_operator=alarm.comparison_operator,
            threshold=alarm.threshold,
            period=alarm.period,
            evaluation_periods=alarm.evaluation_periods,
            treat_missing_data=alarm.treat_missing_data,
            alarm_actions=[args.topic_arn],
            ok_actions=[args.topic_arn],
            insufficient_data_actions=[args.topic_arn] if alarm.tells_of_silence else None,
            tags=self.tags(),
            opts=self.child,
        )
