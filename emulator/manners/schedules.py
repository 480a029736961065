"""Schedules that EventBridge Scheduler refuses; moto 5.2.5 takes any, and fails at a group that is not there."""

from typing import Final

from moto.scheduler.models import scheduler_backends

from emulator import schedules
from emulator.manners.rules import Request, Rule
from emulator.seam import AwsError


def _schedule(call: Request) -> None:
    asked, window, target = call.parameters, call.parameters["FlexibleTimeWindow"], call.parameters["Target"]
    member, wrong = schedules.target_fault(target["Arn"], target.get("Input"))
    found = {
        "ScheduleExpression": schedules.expression_fault(asked["ScheduleExpression"]),
        "ScheduleExpressionTimezone": schedules.zone_fault(asked.get("ScheduleExpressionTimezone", "UTC")),
        "MaximumWindowInMinutes": schedules.window_fault(window["Mode"], window.get("MaximumWindowInMinutes")),
        f"Target {member}": wrong,
    }
    for name, reason in found.items():
        if reason:
            raise AwsError("ValidationException", f"Invalid Schedule: {name} {reason}")
    start, end = asked.get("StartDate"), asked.get("EndDate")
    if start and end and start >= end:
        raise AwsError("ValidationException", "Invalid Schedule: EndDate must be after StartDate")


def _group(call: Request) -> None:
    name = call.parameters.get("GroupName") or "default"
    if name not in scheduler_backends[call.account_id][call.region].schedule_groups:
        raise AwsError("ResourceNotFoundException", f"Schedule group {name} does not exist.")


RULES: Final[tuple[Rule, ...]] = tuple(
    (f"scheduler:{operation}", check)
    for operation in ("CreateSchedule", "UpdateSchedule")
    for check in (_schedule, _group)
)
