"""The alarm catalogue: what may go wrong, when people are told, and what they do then. One table for every variant.

Promises that each row stands on a number that AWS gives for free. How a variant gets at that number is its own
business. Left out on purpose: failures of Run Command, which AWS counts for the whole account, and of associations,
which it does not count at all (`pulumi up` waits for ours). Sources: list of CloudWatch metrics in the EC2 User Guide
and the SNS Developer Guide, EventBridge Scheduler User Guide, Systems Manager User Guide, 2026-11.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_BURSTABLE: Final = re.compile(r"t\d")


class Measure(StrEnum):
    """A number that is watched."""

    HOST_FAULT = "host-fault"  # 1 while AWS's check of the machine or its system fails, else 0
    HOST_CPU_PERCENT = "host-cpu-percent"
    HOST_CREDITS = "host-credits"  # CPU credits left: one is one vCPU for a minute
    HOST_CREDITS_CHARGED = "host-credits-charged"  # CPU credits used beyond the price of the machine
    MESSAGES_LOST = "messages-lost"  # deliveries from the topic that failed
    SCHEDULE_FAILURES = "schedule-failures"  # scheduled starts and stops of the host that failed


class Statistic(StrEnum):
    """What the numbers of one period are made into."""

    AVERAGE = "average"
    MAXIMUM = "maximum"
    SUM = "sum"


class Comparison(StrEnum):
    """On which side of the threshold it is bad."""

    ABOVE = "above"
    BELOW = "below"


class Audience(StrEnum):
    """Whom an alarm concerns first."""

    OPERATOR = "operator"  # keeps the host running
    PAYER = "payer"  # answers for the bill


class Applies(StrEnum):
    """Which stacks an alarm makes sense in."""

    ALWAYS = "always"
    BURSTABLE = "burstable"  # the host's type has CPU credits
    WORKING_HOURS = "working-hours"  # the host is started and stopped by schedule


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Speaks once each of the last `evaluation_periods` periods is on the bad side of `threshold`.

    `meaning` and `runbook` are sentences for the person who is woken. No data is no fault, unless `silence_is_bad`:
    then a host that should be awake and is not heard of is news as well.
    """

    name: str
    meaning: str
    runbook: str
    concerns: Audience
    measure: Measure
    statistic: Statistic
    comparison: Comparison
    threshold: float
    period_seconds: int
    evaluation_periods: int
    silence_is_bad: bool = False
    applies: Applies = Applies.ALWAYS


CATALOGUE: Final = (
    Alarm(
        name="host-down",
        meaning="The host fails AWS's status checks or, where it never sleeps, is not heard of.",
        runbook="Type `mlteam wake`; if it is awake, stop and start it, which moves it to other hardware. "
        "Its data is on the volume and in the artifact bucket.",
        concerns=Audience.OPERATOR,
        measure=Measure.HOST_FAULT,
        statistic=Statistic.MAXIMUM,
        comparison=Comparison.ABOVE,
        threshold=0,
        period_seconds=60,
        evaluation_periods=5,
        silence_is_bad=True,
    ),
    Alarm(
        name="host-busy",
        meaning="The host's CPU has been busy for an hour: services answer late.",
        runbook="Look for the reason with `mlteam logs SERVICE`; if it is honest work, choose a larger "
        "mlteam:hostInstanceType.",
        concerns=Audience.OPERATOR,
        measure=Measure.HOST_CPU_PERCENT,
        statistic=Statistic.AVERAGE,
        comparison=Comparison.ABOVE,
        threshold=90,
        period_seconds=300,
        evaluation_periods=12,
    ),
    Alarm(
        name="host-credits-low",
        meaning="The host has used more CPU than its type earns and has hardly a credit left; charges come next.",
        runbook="If this load is here to stay, choose the next larger mlteam:hostInstanceType, or one without credits "
        "(m7g).",
        concerns=Audience.OPERATOR,
        measure=Measure.HOST_CREDITS,
        statistic=Statistic.MAXIMUM,
        comparison=Comparison.BELOW,
        threshold=10,
        period_seconds=3600,
        evaluation_periods=4,  # a new host begins without credits, and its first hours are its busiest
        applies=Applies.BURSTABLE,
    ),
    Alarm(
        name="host-credits-charged",
        meaning="The host uses more CPU than its price includes; each vCPU-hour beyond costs 0.04 USD.",
        runbook="Compare with the next larger mlteam:hostInstanceType (`pulumi preview` shows its price), or find what "
        "keeps it busy with `mlteam logs SERVICE`.",
        concerns=Audience.PAYER,
        measure=Measure.HOST_CREDITS_CHARGED,
        statistic=Statistic.SUM,
        comparison=Comparison.ABOVE,
        threshold=0,
        period_seconds=3600,
        evaluation_periods=1,
        applies=Applies.BURSTABLE,
    ),
    Alarm(
        name="messages-lost",
        meaning="Alerts of this stack do not reach somebody who should get them.",
        runbook="Look at the topic's subscriptions: an address that bounces, a webhook that answers an error, or SMS "
        "beyond the account's monthly limit.",
        concerns=Audience.OPERATOR,
        measure=Measure.MESSAGES_LOST,
        statistic=Statistic.SUM,
        comparison=Comparison.ABOVE,
        threshold=0,
        period_seconds=300,
        evaluation_periods=1,
    ),
    Alarm(
        name="schedule-failed",
        meaning="The host was not started or stopped as its working hours say: people wait, or it costs money.",
        runbook="Start it with `mlteam wake`, or stop it by hand; then see whether the schedule's role and instance "
        "still exist (`pulumi refresh`).",
        concerns=Audience.PAYER,
        measure=Measure.SCHEDULE_FAILURES,
        statistic=Statistic.SUM,
        comparison=Comparison.ABOVE,
        threshold=0,
        period_seconds=300,
        evaluation_periods=1,
        applies=Applies.WORKING_HOURS,
    ),
)


def is_burstable(instance_type: str) -> bool:
    return _BURSTABLE.match(instance_type) is not None


def applying(*, host_instance_type: str, sleeps: bool) -> tuple[Alarm, ...]:
    """The rows of the catalogue that make sense for such a host, in the catalogue's order."""
    holds = {
        Applies.ALWAYS: True,
        Applies.BURSTABLE: is_burstable(host_instance_type),
        Applies.WORKING_HOURS: sleeps,
    }
    return tuple(alarm for alarm in CATALOGUE if holds[alarm.applies])
