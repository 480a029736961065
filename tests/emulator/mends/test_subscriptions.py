"""Subscriptions of the emulated SNS, by real clients and a real webhook."""

import re
import stat
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

WaitFor = Callable[..., Any]


def somebody() -> str:
    return f"{uuid.uuid4().hex[:8]}@example.com"


def click(message: dict[str, str]) -> None:
    [link] = re.findall(r"http://\S+", message["message"])
    with urllib.request.urlopen(link) as answer:
        assert answer.status == 200


def attributes(sns: Any, arn: str) -> dict[str, str]:
    return dict(sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"])


def test_a_mail_subscription_hears_nothing_until_its_link_is_visited(sns: Any, post: Any, topic_arn: str) -> None:
    mail = somebody()
    asked = sns.subscribe(TopicArn=topic_arn, Protocol="email", Endpoint=mail, ReturnSubscriptionArn=True)
    sns.publish(TopicArn=topic_arn, Message="too early")
    [question] = post.to(mail)
    assert question["subject"] == "AWS Notification - Subscription Confirmation"
    assert attributes(sns, asked["SubscriptionArn"])["PendingConfirmation"] == "true"
    click(question)
    assert attributes(sns, asked["SubscriptionArn"])["PendingConfirmation"] == "false"
    sns.publish(TopicArn=topic_arn, Message="hello", Subject="news")
    assert [(one["subject"], one["message"].splitlines()[0]) for one in post.to(mail)[1:]] == [("news", "hello")]
    click(post.to(mail)[1])
    sns.publish(TopicArn=topic_arn, Message="after the last link was visited, too")
    assert len(post.to(mail)) == 2


def test_what_is_pending_has_no_arn_and_cannot_be_ended(sns: Any, topic_arn: str) -> None:
    mail = somebody()
    answer = sns.subscribe(TopicArn=topic_arn, Protocol="email", Endpoint=mail)
    [listed] = sns.list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"]
    assert (answer["SubscriptionArn"], listed["SubscriptionArn"]) == ("pending confirmation", "PendingConfirmation")
    arn = sns.subscribe(TopicArn=topic_arn, Protocol="email", Endpoint=mail, ReturnSubscriptionArn=True)
    for wrong in (arn["SubscriptionArn"], listed["SubscriptionArn"]):
        with pytest.raises(ClientError, match="InvalidParameter"):
            sns.unsubscribe(SubscriptionArn=wrong)
    counts = sns.get_topic_attributes(TopicArn=topic_arn)["Attributes"]
    assert (counts["SubscriptionsPending"], counts["SubscriptionsConfirmed"]) == ("1", "0")


def test_only_the_token_that_was_sent_confirms(sns: Any, post: Any, topic_arn: str) -> None:
    mail = somebody()
    sns.subscribe(TopicArn=topic_arn, Protocol="email", Endpoint=mail)
    [token] = re.findall(r"Token=(\w+)", post.to(mail)[0]["message"])
    other = sns.create_topic(Name=f"other-{uuid.uuid4().hex[:8]}")["TopicArn"]
    for arn, wrong in ((topic_arn, "0" * len(token)), (other, token)):
        with pytest.raises(ClientError, match="Invalid parameter: Token"):
            sns.confirm_subscription(TopicArn=arn, Token=wrong)
    confirmed = sns.confirm_subscription(TopicArn=topic_arn, Token=token, AuthenticateOnUnsubscribe="true")
    assert attributes(sns, confirmed["SubscriptionArn"])["ConfirmationWasAuthenticated"] == "true"
    sns.unsubscribe(SubscriptionArn=confirmed["SubscriptionArn"])
    assert sns.list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"] == []


def test_a_telephone_is_subscribed_at_once(sns: Any, post: Any, topic_arn: str) -> None:
    sns.subscribe(TopicArn=topic_arn, Protocol="sms", Endpoint="+12025550101")
    sns.publish(TopicArn=topic_arn, Message="to all")
    sns.publish(PhoneNumber="+12025550101", Message="to you")
    assert [one["message"] for one in post.to("+12025550101")] == ["to all", "to you"]


def test_a_webhook_of_this_machine_is_asked_and_told_as_aws_does(
    sns: Any, hook: Any, topic_arn: str, wait_for: WaitFor
) -> None:
    arn = sns.subscribe(TopicArn=topic_arn, Protocol="http", Endpoint=hook.url, ReturnSubscriptionArn=True)
    [question] = wait_for("the question", lambda: hook.of_kind("SubscriptionConfirmation"))
    assert {"Token", "SubscribeURL", "TopicArn", "MessageId", "Timestamp"} <= set(question)
    urllib.request.urlopen(question["SubscribeURL"]).close()
    sent = sns.publish(TopicArn=topic_arn, Message="hello", Subject="news")
    [told] = wait_for("the notification", lambda: hook.of_kind("Notification"))
    headers, _ = hook.taken[-1]
    assert (told["Message"], told["Subject"], told["MessageId"]) == ("hello", "news", sent["MessageId"])
    assert headers["x-amz-sns-subscription-arn"] == arn["SubscriptionArn"]
    assert headers["content-type"] == "text/plain; charset=UTF-8"
    sns.set_subscription_attributes(
        SubscriptionArn=arn["SubscriptionArn"], AttributeName="RawMessageDelivery", AttributeValue="true"
    )
    sns.publish(TopicArn=topic_arn, Message="as it is")
    wait_for("the raw one", lambda: [body for _, body in hook.taken if body == "as it is"])


def test_no_other_host_is_contacted_and_a_secret_address_stays_with_its_owner(
    sns: Any, cloud: Any, post: Any, topic_arn: str
) -> None:
    url = "https://ops.example.com/t0ken"
    sns.subscribe(TopicArn=topic_arn, Protocol="https", Endpoint=url)
    assert "SubscribeURL" in post.to(url)[0]["message"]
    mode = (cloud.directory / "mailbox.jsonl").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert "t0ken" not in (cloud.directory / "emulator.log").read_text()


@pytest.mark.parametrize(
    ("protocol", "endpoint", "words"),
    [
        ("pigeon", "x", "Does not support this protocol string: pigeon"),
        ("email", "nobody", "must be an e-mail address"),
        ("https", "http://ops.example.com", "must be a URL like https"),
    ],
)
def test_what_cannot_be_subscribed_is_refused(
    sns: Any, topic_arn: str, protocol: str, endpoint: str, words: str
) -> None:
    with pytest.raises(ClientError, match=words):
        sns.subscribe(TopicArn=topic_arn, Protocol=protocol, Endpoint=endpoint)
