"""Schedules that EventBridge Scheduler takes, and those that it does not."""

from typing import Any

import pytest

from emulator import schedules


@pytest.mark.parametrize(
    ("expression", "is_good"),
    [
        *((text, True) for text in ("rate(1 day)", "rate(90 minutes)", "at(2030-01-31T08:00:00)")),
        *((text, True) for text in ("cron(0 8 ? * MON-FRI *)", "cron(0/15 7,19 1 JAN ? 2030)", "cron(0 0 L * ? *)")),
        *((f"cron(0 8 ? * {day} *)", True) for day in ("2#1", "6L", "MON,WED", "1-7")),
        *((text, False) for text in ("junk", "rate(0 days)", "rate(2 fortnights)", "at(tomorrow)", "cron(0 7 * * *)")),
        *((f"cron({fields})", False) for fields in ("0 7 * * * *", "0 7 ? * ? *", "60 7 ? * 2 *", "0 24 ? * 2 *")),
        *((f"cron({fields})", False) for fields in ("0 7 ? * FOO *", "0 7 32 * ? *", "0 7 ? 13 2 *", "0 7 ? * 8 *")),
        *((f"cron({fields})", False) for fields in ("0 7 ? * 2 1969", "*/0 7 ? * 2 *", "? 7 ? * 2 *", "1- 7 ? * 2 *")),
    ],
)
def test_a_time_is_told_in_one_of_three_forms(expression: str, is_good: bool) -> None:
    assert (schedules.expression_fault(expression) == "") is is_good


@pytest.mark.parametrize(
    ("target", "text", "wrong"),
    [
        ("ec2:stopInstances", '{"InstanceIds": []}', ""),
        ("ec2:stopInstances", None, ""),
        ("ec2:stopInstances", "junk", "input"),
        ("ec2:stopInstance", "{}", "arn"),
        ("ec2:StopInstances", "{}", "arn"),
        ("named-otherwise-than-botocore:doIt", "{}", ""),
    ],
)
def test_a_universal_target_is_an_action_and_its_input_json(target: str, text: str | None, wrong: str) -> None:
    assert schedules.target_fault(f"arn:aws:scheduler:::aws-sdk:{target}", text)[0] == wrong
    assert schedules.target_fault("arn:aws:sqs:us-east-1:000000000000:q", text) == ("", "")


def test_a_window_goes_with_flexible_only_and_a_zone_is_one_of_iana_s() -> None:
    assert not schedules.window_fault("OFF", None)
    assert not schedules.window_fault("FLEXIBLE", 5)
    assert schedules.window_fault("OFF", 5)
    assert schedules.window_fault("FLEXIBLE", None)
    assert not schedules.zone_fault("Europe/Berlin")
    assert schedules.zone_fault("Mars/Phobos")


@pytest.mark.slow
def test_plain_calls_are_held_to_it_as_the_provider_is(cloud: Any) -> None:
    role = cloud.role("timed", trusted={"Service": "scheduler.amazonaws.com"})
    good: dict[str, Any] = {
        "Name": "timed",
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances", "RoleArn": role, "Input": "{}"},
    }
    scheduler = cloud.client("scheduler")
    scheduler.create_schedule(**good)
    for wrong in (
        {"ScheduleExpression": "cron(0 7 * * *)"},
        {"ScheduleExpressionTimezone": "Mars/Phobos"},
        {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
        {"Target": {**good["Target"], "Input": "junk"}},
        {"StartDate": 2, "EndDate": 1},
    ):
        for method in (scheduler.create_schedule, scheduler.update_schedule):
            assert cloud.refused(method, **{**good, **wrong})[0] == "ValidationException"
    assert cloud.refused(scheduler.create_schedule, **good, GroupName="none")[0] == "ResourceNotFoundException"
    scheduler.delete_schedule(Name="timed")
