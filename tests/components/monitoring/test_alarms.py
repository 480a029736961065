"""The alarm catalogue: rows that make sense, whoever renders them."""

import re

import pytest

from components.monitoring.alarms import CATALOGUE, Alarm, Applies, Measure, applying
from stacks.settings import keys
from workflow.cli import VERBS

BASIC_MONITORING_SECONDS = 300
"""How often EC2 measures without being paid for more."""
ALARMS = pytest.mark.parametrize("alarm", CATALOGUE, ids=lambda alarm: alarm.name)


def names(host_instance_type: str, *, sleeps: bool) -> set[str]:
    return {alarm.name for alarm in applying(host_instance_type=host_instance_type, sleeps=sleeps)}


def test_every_name_stands_once_and_every_measure_is_watched() -> None:
    assert len({alarm.name for alarm in CATALOGUE}) == len(CATALOGUE)
    assert {alarm.measure for alarm in CATALOGUE} == set(Measure)


@ALARMS
def test_an_alarm_says_what_it_means_and_what_to_do_with_words_that_exist(alarm: Alarm) -> None:
    text = f"{alarm.meaning} {alarm.runbook}"
    assert all(sentence.rstrip().endswith(".") for sentence in (alarm.meaning, alarm.runbook))
    assert set(re.findall(r"`mlteam (\w+)", text)) <= {verb.name for verb in VERBS}
    assert set(re.findall(r"mlteam:(\w+)", text)) <= set(keys())


@ALARMS
def test_a_number_of_ec2s_is_asked_for_no_oftener_than_it_is_measured_for_free(alarm: Alarm) -> None:
    """Status checks are free each minute, credits are told every five only."""
    of_the_processor = {Measure.HOST_CPU_PERCENT, Measure.HOST_CREDITS, Measure.HOST_CREDITS_CHARGED}
    assert alarm.measure not in of_the_processor or alarm.period_seconds % BASIC_MONITORING_SECONDS == 0


def test_only_a_host_with_credits_is_watched_for_them() -> None:
    credits = {alarm.name for alarm in CATALOGUE if alarm.applies is Applies.BURSTABLE}
    assert credits
    assert credits <= names("t4g.medium", sleeps=False)
    assert not credits & names("m7g.large", sleeps=False)
    assert not credits & names("trn1.2xlarge", sleeps=False), "not every type with a t has credits"


def test_only_a_host_with_working_hours_is_watched_for_them() -> None:
    assert names("t4g.medium", sleeps=True) - names("t4g.medium", sleeps=False) == {"schedule-failed"}
