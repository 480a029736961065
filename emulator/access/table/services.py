"""The smaller services, a few rows each."""

from collections.abc import Iterator, Mapping
from typing import Final

from emulator.access.checks import Call, Check, Need, Rule, Table, anywhere, given, on, passed

SCHEDULER: Final = "scheduler.amazonaws.com"
DLM: Final = "dlm.amazonaws.com"


def _schedule_arn(call: Call) -> str:
    return call.arn("scheduler", f"schedule/{call.parameters.get('GroupName') or 'default'}/{call.parameters['Name']}")


def _schedule(action: str) -> Rule:
    """The role is the target's; AWS gives the schedule group as the source that the trust may name."""

    def rule(call: Call) -> Iterator[Need]:
        yield Check(action, _schedule_arn(call))
        group = call.arn("scheduler", f"schedule-group/{call.parameters.get('GroupName') or 'default'}")
        yield from passed(call.parameters["Target"]["RoleArn"], SCHEDULER, group)

    return rule


def _lifecycle_policy(action: str) -> Rule:
    def rule(call: Call) -> Iterator[Need]:
        policy_id = call.parameters.get("PolicyId")
        yield Check(action, call.arn("dlm", f"policy/{policy_id}") if policy_id else "*")
        if call.parameters.get("ExecutionRoleArn"):
            yield from passed(call.parameters["ExecutionRoleArn"], DLM)

    return rule


def _log_stream(call: Call) -> str:
    group, stream = call.parameters["logGroupName"], call.parameters["logStreamName"]
    return call.arn("logs", f"log-group:{group}:log-stream:{stream}")


def _publish(call: Call) -> Iterator[Check]:
    """A text message to a phone goes to no topic."""
    yield Check("sns:Publish", call.parameters.get("TopicArn") or call.parameters.get("TargetArn") or "*")


def _metric(call: Call) -> Iterator[Check]:
    yield Check("cloudwatch:PutMetricData", "*", given(call.parameters, {"Namespace": "cloudwatch:namespace"}))


TABLES: Final[Mapping[str, Table]] = {
    "scheduler": {
        "CreateSchedule": _schedule("scheduler:CreateSchedule"),
        "UpdateSchedule": _schedule("scheduler:UpdateSchedule"),
        "GetSchedule": on("scheduler:GetSchedule", _schedule_arn),
    },
    "dlm": {
        "CreateLifecyclePolicy": _lifecycle_policy("dlm:CreateLifecyclePolicy"),
        "UpdateLifecyclePolicy": _lifecycle_policy("dlm:UpdateLifecyclePolicy"),
    },
    "sns": {"Publish": _publish},
    "cloudwatch": {"PutMetricData": _metric, "DescribeAlarms": anywhere("cloudwatch:DescribeAlarms")},
    "logs": {
        "CreateLogStream": on("logs:CreateLogStream", _log_stream),
        "PutLogEvents": on("logs:PutLogEvents", _log_stream),
    },
}
