"""Rows of EventBridge Scheduler: groups and the schedules in them."""

from collections.abc import Iterator, Mapping
from typing import Final

from emulator import schedules
from emulator.rows import Call, Json, Kind, Property, Row, Tags


def _schedule_faults(inputs: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """What the service answers with ValidationException."""
    window, target = inputs["flexibleTimeWindow"], inputs["target"]
    member, wrong = schedules.target_fault(target["arn"], target.get("input"))
    found = {
        "scheduleExpression": schedules.expression_fault(inputs["scheduleExpression"]),
        "scheduleExpressionTimezone": schedules.zone_fault(inputs.get("scheduleExpressionTimezone", "UTC")),
        "flexibleTimeWindow.maximumWindowInMinutes": schedules.window_fault(
            window["mode"], window.get("maximumWindowInMinutes")
        ),
        f"target.{member}": wrong,
    }
    yield from ((path, reason) for path, reason in found.items() if reason)


def _both(member: str) -> tuple[str, str]:
    return (f"CreateSchedule.{member}", f"UpdateSchedule.{member}")


_TARGET: Final = {
    "arn": Property("Arn", kind=Kind.ARN, required=True),
    "roleArn": Property("RoleArn", kind=Kind.ARN, required=True),
    "input": Property("Input"),
    "deadLetterConfig": Property("DeadLetterConfig", fields={"arn": Property("Arn", kind=Kind.ARN, required=True)}),
    "retryPolicy": Property(
        "RetryPolicy",
        fields={
            "maximumEventAgeInSeconds": Property("MaximumEventAgeInSeconds"),
            "maximumRetryAttempts": Property("MaximumRetryAttempts"),
        },
    ),
}

# IAM is eventually consistent: for some seconds nobody can assume a new role.
_NOT_YET_KNOWN: Final = (("ValidationException", "must allow AWS EventBridge Scheduler to assume the role"),)
_NAMED: Final = {"GroupName": "split('/', _.id)[0]", "Name": "split('/', _.id)[1]"}

SCHEDULE = Row(
    "aws:scheduler/schedule:Schedule",
    "scheduler",
    cloudformation="AWS::Scheduler::Schedule",
    properties={
        "name": Property(_both("Name"), replaces=True),
        "namePrefix": Property(type="string", replaces=True),
        "groupName": Property(_both("GroupName"), replaces=True, default="default"),
        "description": Property(_both("Description")),
        "scheduleExpression": Property(_both("ScheduleExpression"), required=True),
        "scheduleExpressionTimezone": Property(_both("ScheduleExpressionTimezone"), default="UTC"),
        "startDate": Property(_both("StartDate")),
        "endDate": Property(_both("EndDate")),
        "state": Property(_both("State"), default="ENABLED"),
        "kmsKeyArn": Property(_both("KmsKeyArn"), kind=Kind.ARN),
        "actionAfterCompletion": Property(_both("ActionAfterCompletion"), read=None),  # moto forgets it
        "flexibleTimeWindow": Property(
            _both("FlexibleTimeWindow"),
            required=True,
            fields={
                "mode": Property("Mode", required=True),
                "maximumWindowInMinutes": Property("MaximumWindowInMinutes"),
            },
        ),
        "target": Property(_both("Target"), required=True, fields=_TARGET),
    },
    id="format('{groupName}/{name}', _.in)",
    create=(Call("CreateSchedule", retry=_NOT_YET_KNOWN),),
    read=(Call("GetSchedule", _NAMED),),
    update=(Call("UpdateSchedule", retry=_NOT_YET_KNOWN),),
    delete=(Call("DeleteSchedule", _NAMED),),
    outputs={"arn": "Arn"},
    gone=("ResourceNotFoundException",),
    name="name",
    name_prefix="namePrefix",
    name_limit=64,
    check=_schedule_faults,
)

_GROUP_ARN: Final = "format('arn:{partition}:scheduler:{region}:{account}:schedule-group/{id}', _)"

GROUP = Row(
    "aws:scheduler/scheduleGroup:ScheduleGroup",
    "scheduler",
    cloudformation="AWS::Scheduler::ScheduleGroup",
    properties={
        "name": Property("CreateScheduleGroup.Name", replaces=True),
        "namePrefix": Property(type="string", replaces=True),
    },
    id="_.in.name",
    create=(Call("CreateScheduleGroup", {"Tags": "_.tag_list"}),),
    read=(
        Call("GetScheduleGroup", {"Name": "_.id"}),
        Call("ListTagsForResource", {"ResourceArn": "Arn"}, into="tagging"),
    ),
    delete=(Call("DeleteScheduleGroup", {"Name": "_.id"}),),
    outputs={"arn": "Arn", "state": "State"},
    gone=("ResourceNotFoundException",),
    name="name",
    name_prefix="namePrefix",
    name_limit=64,
    tags=Tags(
        read="tagging.Tags",
        set=Call("TagResource", {"ResourceArn": _GROUP_ARN, "Tags": "_.tags_set"}),
        unset=Call("UntagResource", {"ResourceArn": _GROUP_ARN, "TagKeys": "_.tags_gone"}),
    ),
)

ROWS = (SCHEDULE, GROUP)

# Where a row and CloudFormation differ (`emulator.agreement`).
DIFFERENCES = {
    SCHEDULE.token: {
        "replaces groupName": "a schedule cannot move to another group; CloudFormation moves it by a copy",
        "absent actionAfterCompletion": "newer than the schema",
        "required target.deadLetterConfig.arn": "pulumi-aws requires it: a dead-letter queue without ARN is none",
    },
}
