"""What SNS sends to a subscriber, as each protocol has it: JSON with headers, or the text of a mail.

Source: "Amazon SNS message and JSON formats" in the SNS Developer Guide (read 2026-11). A message cannot be verified
here: `Signature` is no signature, because receivers take certificates from Amazon's hosts only.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

NOTIFICATION: Final = "Notification"
CONFIRMATION: Final = "SubscriptionConfirmation"

_UNSIGNED: Final = {
    "SignatureVersion": "1",
    "Signature": "bm90IHNpZ25lZA==",
    "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-emulated.pem",
}
_DEFAULT_SUBJECTS: Final = {
    NOTIFICATION: "AWS Notification Message",
    CONFIRMATION: "AWS Notification - Subscription Confirmation",
}


def _new_id() -> str:
    return str(uuid.uuid4())


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One message to one subscriber; `link` confirms the subscription or, in a notification, ends it."""

    kind: str
    topic_arn: str = ""  # none in a message to a phone number
    subscription_arn: str = ""
    link: str = ""
    token: str = ""
    message: str = ""
    subject: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    message_id: str = field(default_factory=_new_id)
    timestamp: str = field(default_factory=_now)

    @property
    def mail_subject(self) -> str:
        return self.subject or _DEFAULT_SUBJECTS[self.kind]


def link(endpoint_url: str, action: str, **parameters: str) -> str:
    """An unsigned request by GET, as stands in mails."""
    return f"{endpoint_url}/?{urlencode({'Action': action, **parameters})}"


def body(notice: Notice) -> str:
    """The JSON of http, https and email-json."""
    common = {"Type": notice.kind, "MessageId": notice.message_id, "TopicArn": notice.topic_arn}
    if notice.kind == CONFIRMATION:
        text = (
            f"You have chosen to subscribe to the topic {notice.topic_arn}.\n"
            "To confirm the subscription, visit the SubscribeURL included in this message."
        )
        own: dict[str, Any] = {"Token": notice.token, "Message": text, "SubscribeURL": notice.link}
    else:
        own = {"Message": notice.message, "UnsubscribeURL": notice.link}
        own |= {"Subject": notice.subject} if notice.subject else {}
        own |= {"MessageAttributes": dict(notice.attributes)} if notice.attributes else {}
    return json.dumps({**common, **own, "Timestamp": notice.timestamp, **_UNSIGNED}, indent=2)


def headers(notice: Notice, *, raw: bool) -> dict[str, str]:
    told = {
        "x-amz-sns-message-type": notice.kind,
        "x-amz-sns-message-id": notice.message_id,
        "x-amz-sns-topic-arn": notice.topic_arn,
        "Content-Type": "text/plain; charset=UTF-8",
        "User-Agent": "Amazon Simple Notification Service Agent",
    }
    if notice.kind == NOTIFICATION:
        told["x-amz-sns-subscription-arn"] = notice.subscription_arn
    return {**told, "x-amz-sns-rawdelivery": "true"} if raw else told


def mail(notice: Notice) -> str:
    if notice.kind == CONFIRMATION:
        return (
            f"You have chosen to subscribe to the topic:\n{notice.topic_arn}\n\n"
            "To confirm this subscription, click or visit the link below"
            f" (If this was in error no action is necessary):\n{notice.link}"
        )
    return (
        f"{notice.message}\n\n--\nIf you wish to stop receiving notifications from this topic,"
        f" please click or visit the link below to unsubscribe:\n{notice.link}"
    )
