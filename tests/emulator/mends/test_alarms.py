"""Alarms of the emulated CloudWatch: what they are judged by, and whom they reach."""

import json
import re
import urllib.request
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

WaitFor = Callable[..., Any]
QUEUE = [{"Name": "Queue", "Value": "a"}]


@pytest.fixture
def phone(sns: Any, topic_arn: str) -> str:
    """Somebody who is subscribed without being asked."""
    number = f"+1202{uuid.uuid4().int % 10**7:07}"
    sns.subscribe(TopicArn=topic_arn, Protocol="sms", Endpoint=number)
    return number


def put(cloudwatch: Any, topic_arn: str, **more: Any) -> str:
    """An alarm on a metric of its own, unless it is said otherwise."""
    name = f"alarm-{uuid.uuid4().hex[:8]}"
    cloudwatch.put_metric_alarm(
        **{
            "AlarmName": name,
            "Namespace": "Ours",
            "MetricName": name,
            "Dimensions": QUEUE,
            "Statistic": "Maximum",
            "Period": 60,
            "EvaluationPeriods": 2,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 5.0,
            "AlarmActions": [topic_arn],
            "OKActions": [topic_arn],
            "InsufficientDataActions": [],
            **more,
        }
    )
    return name


def measure(cloudwatch: Any, name: str, value: float, minutes_ago: int = 0, **more: Any) -> None:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    datum = {"MetricName": name, "Value": value, "Timestamp": at, "Dimensions": QUEUE, **more}
    cloudwatch.put_metric_data(Namespace="Ours", MetricData=[datum])


def state(cloudwatch: Any, name: str) -> str:
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(alarm["StateValue"])


def said(post: Any, number: str) -> list[str]:
    return [message["message"].split(":")[0] for message in post.to(number)]


def actions(cloudwatch: Any, name: str) -> list[str]:
    told = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="Action")
    return [item["HistorySummary"] for item in told["AlarmHistoryItems"]]


def allow_only(sns: Any, topic_arn: str, alarms: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{alarms}"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sns.set_topic_attributes(TopicArn=topic_arn, AttributeName="Policy", AttributeValue=policy)


def test_values_alarm_once_enough_of_them_breach_and_calm_it_again(
    cloudwatch: Any, post: Any, topic_arn: str, phone: str
) -> None:
    name = put(cloudwatch, topic_arn)
    assert state(cloudwatch, name) == "INSUFFICIENT_DATA"
    measure(cloudwatch, name, 9, minutes_ago=1, Dimensions=[])
    measure(cloudwatch, name, 1, minutes_ago=1)
    assert state(cloudwatch, name) == "OK"
    measure(cloudwatch, name, 9, minutes_ago=1)
    measure(cloudwatch, name, 9)
    assert state(cloudwatch, name) == "ALARM"
    measure(cloudwatch, name, 9)
    assert said(post, phone) == ["OK", "ALARM"], "a state that stays says nothing"


def test_missing_data_count_as_the_alarm_says(cloudwatch: Any, topic_arn: str) -> None:
    bad = put(cloudwatch, topic_arn, TreatMissingData="breaching")
    fine = put(cloudwatch, topic_arn, TreatMissingData="notBreaching")
    for name in (bad, fine):
        measure(cloudwatch, name, 9)
    assert (state(cloudwatch, bad), state(cloudwatch, fine)) == ("ALARM", "OK")


def test_an_alarm_set_by_hand_speaks_in_each_protocols_words(
    sns: Any, cloudwatch: Any, post: Any, topic_arn: str, phone: str
) -> None:
    mail = f"{uuid.uuid4().hex[:8]}@example.com"
    sns.subscribe(TopicArn=topic_arn, Protocol="email", Endpoint=mail)
    [link] = re.findall(r"http://\S+", post.to(mail)[0]["message"])
    urllib.request.urlopen(link).close()
    name = put(cloudwatch, topic_arn, AlarmDescription="look at the machine")
    for reason in ("a rehearsal", "no change, so no message"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=reason)
    [_, told] = post.to(mail)
    assert told["subject"] == f'ALARM: "{name}" in US East (N. Virginia)'
    assert "Description: look at the machine" in told["message"]
    assert "a rehearsal" in told["message"]
    assert [message["message"] for message in post.to(phone)] == [told["subject"]]


def test_a_program_hears_of_an_alarm_in_json(
    sns: Any, cloudwatch: Any, hook: Any, topic_arn: str, wait_for: WaitFor
) -> None:
    sns.subscribe(TopicArn=topic_arn, Protocol="http", Endpoint=hook.url)
    [question] = wait_for("the question", lambda: hook.of_kind("SubscriptionConfirmation"))
    urllib.request.urlopen(question["SubscribeURL"]).close()
    name = put(cloudwatch, topic_arn)
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a rehearsal")
    [notification] = wait_for("the notification", lambda: hook.of_kind("Notification"))
    told = json.loads(notification["Message"])
    assert (told["AlarmName"], told["OldStateValue"], told["NewStateValue"]) == (name, "INSUFFICIENT_DATA", "ALARM")
    assert told["Trigger"]["Dimensions"] == [{"name": "Queue", "value": "a"}]


def test_a_topic_decides_which_alarms_it_hears(
    sns: Any, cloudwatch: Any, post: Any, topic_arn: str, phone: str
) -> None:
    name = put(cloudwatch, topic_arn)
    allow_only(sns, topic_arn, "another-*")
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="unheard")
    assert post.to(phone) == []
    assert "is not authorized to perform: SNS:Publish" in actions(cloudwatch, name)[0]
    allow_only(sns, topic_arn, "alarm-*")
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="heard")
    assert said(post, phone) == ["OK"]


def test_a_topic_under_amazons_own_key_hears_no_alarm(
    sns: Any, cloudwatch: Any, post: Any, topic_arn: str, phone: str
) -> None:
    sns.set_topic_attributes(TopicArn=topic_arn, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns")
    name = put(cloudwatch, topic_arn)
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="unheard")
    assert post.to(phone) == []
    assert "encryption key" in actions(cloudwatch, name)[0]


def test_disabled_actions_and_topics_that_are_not_there_say_nothing(
    cloudwatch: Any, post: Any, topic_arn: str, phone: str
) -> None:
    disabled = put(cloudwatch, topic_arn, ActionsEnabled=False)
    lost = put(cloudwatch, f"{topic_arn}-gone")
    for name in (disabled, lost):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="unheard")
    assert post.to(phone) == []
    assert actions(cloudwatch, disabled) == []
    assert "does not exist" in actions(cloudwatch, lost)[0]


def test_a_delivery_that_fails_is_counted_and_another_channel_hears_of_it(
    sns: Any, cloudwatch: Any, hook: Any, post: Any, topic_arn: str, phone: str, wait_for: WaitFor
) -> None:
    sns.subscribe(TopicArn=topic_arn, Protocol="http", Endpoint=hook.url)
    [question] = wait_for("the question", lambda: hook.of_kind("SubscriptionConfirmation"))
    urllib.request.urlopen(question["SubscribeURL"]).close()
    put(
        cloudwatch,
        topic_arn,
        Namespace="AWS/SNS",
        MetricName="NumberOfNotificationsFailed",
        Dimensions=[{"Name": "TopicName", "Value": topic_arn.rsplit(":", 1)[-1]}],
        Statistic="Sum",
        EvaluationPeriods=1,
        Threshold=0,
        TreatMissingData="notBreaching",
    )
    hook.answers = 302
    sns.publish(TopicArn=topic_arn, Message="lost")
    wait_for("the alarm", lambda: said(post, phone)[-1:] == ["ALARM"])
    assert [json.loads(body)["Message"] for _, body in hook.taken[1:2]] == ["lost"], "asked once, no redirect followed"


def test_an_update_keeps_state_and_tags_and_replaces_the_rest(cloudwatch: Any, topic_arn: str) -> None:
    name = put(cloudwatch, topic_arn, Tags=[{"Key": "team", "Value": "ai"}])
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="by hand")
    put(cloudwatch, topic_arn, AlarmName=name, Threshold=7.0, Tags=[{"Key": "team", "Value": "other"}])
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert (alarm["StateValue"], alarm["StateReason"], alarm["Threshold"]) == ("OK", "by hand", 7.0)
    told = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])
    assert told["Tags"] == [{"Key": "team", "Value": "ai"}]
    cloudwatch.delete_alarms(AlarmNames=[name])
    put(cloudwatch, topic_arn, AlarmName=name)
    assert cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ComparisonOperator": "Above"}, "ComparisonOperator: 'Above'"),
        ({"Period": 45}, "Period is 45"),
        ({"DatapointsToAlarm": 3}, "DatapointsToAlarm is 3"),
        ({"ExtendedStatistic": "p99"}, "only one of them"),
        ({"AlarmActions": ["arn:aws:sns:eu-west-1:000000000000:there"]}, "Only us-east-1 is supported"),
    ],
)
def test_an_alarm_that_makes_no_sense_is_refused(
    cloudwatch: Any, topic_arn: str, wrong: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClientError, match=f"ValidationError.*{re.escape(words)}"):
        put(cloudwatch, topic_arn, **wrong)
