"""Working hours: EventBridge Scheduler starts the host before them and stops it after. Needs no Lambda."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.base import Context, PlatformComponent
from components.shared import policies
from components.shared.roles import create_role
from components.shared.statements import Statement

TARGETS: Final = {"start": "startInstances", "stop": "stopInstances"}


@dataclass(frozen=True, kw_only=True)
class ScheduleArgs:
    """`days` as in a cron expression of EventBridge (MON-FRI); `start` and `stop` are HH:MM of `time_zone` (IANA)."""

    context: Context
    instance_id: Output[str]
    days: str
    start: str
    stop: str
    time_zone: str


@dataclass(frozen=True, kw_only=True)
class ScheduleOutputs:
    days: str
    start: str
    stop: str


def cron(time: str, days: str) -> str:
    """EventBridge's six fields; `time` is HH:MM."""
    hour, minute = time.split(":")
    return f"cron({int(minute)} {int(hour)} ? * {days} *)"


def power_statements(region: str, account_id: str, instance_id: str) -> tuple[Statement, ...]:
    machine = f"arn:aws:ec2:{region}:{account_id}:instance/{instance_id}"
    return (Statement(sid="Power", actions=("ec2:StartInstances", "ec2:StopInstances"), resources=(machine,)),)


class HostSchedule(PlatformComponent[ScheduleOutputs]):
    """Creates a role and two schedules in a group of their own, by which AWS counts their failures. Costs nothing;
    saves about 70 % of the host's hours."""

    def __init__(self, name: str, args: ScheduleArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts)
        context = args.context
        role = create_role(
            self,
            "schedule",
            context.account_id.apply(lambda account: policies.trust_service("scheduler.amazonaws.com", account)),
            Output.all(context.account_id, args.instance_id).apply(
                lambda known: power_statements(context.region, known[0], known[1])
            ),
        )
        group = aws.scheduler.ScheduleGroup(
            f"{name}-group", name=context.naming.schedule_group(), tags=self.tags(), opts=self.child
        )
        for action, time in (("start", args.start), ("stop", args.stop)):
            self._create_schedule(args, action, cron(time, args.days), role, group)
        self.publish(ScheduleOutputs(days=args.days, start=args.start, stop=args.stop))

    def _create_schedule(
        self, args: ScheduleArgs, action: str, expression: str, role: aws.iam.Role, group: aws.scheduler.ScheduleGroup
    ) -> None:
        aws.scheduler.Schedule(
            f"{self.component_name}-{action}",
            name=args.context.naming.schedule(f"host-{action}"),
            group_name=group.name,
            description=f"{action} the host of {args.context.naming.prefix}",
            schedule_expression=expression,
            schedule_expression_timezone=args.time_zone,
            flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
            target=aws.scheduler.ScheduleTargetArgs(
                arn=f"arn:aws:scheduler:::aws-sdk:ec2:{TARGETS[action]}",
                role_arn=role.arn,
                input=args.instance_id.apply(lambda instance_id: json.dumps({"InstanceIds": [instance_id]})),
            ),
            opts=ResourceOptions(parent=self),
        )
