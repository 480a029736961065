"""Subscriptions as SNS has them: pending until their owner confirms, and only then delivered to.

moto 5.2.5 confirms every subscription at once, takes any token, counts nothing, and POSTs to any host. AWS wants the
token that it sent to the endpoint (e-mail, http, https), writes `PendingConfirmation` for the ARN of what is not
confirmed, and refuses to end it. Source: SNS API reference (read 2026-11); the words of that refusal are those that
Terraform's provider looks for.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.sns.exceptions import SNSInvalidParameter, SNSNotFoundError
from moto.sns.models import Subscription, sns_backends
from moto.sns.responses import SNSResponse

from emulator.seam import Answer, Call, Record, answer, replace
from emulator.sns import endpoints, notices
from emulator.sns.delivery import Delivery
from emulator.sns.notices import Notice

PENDING: Final = "PendingConfirmation"
TOKEN_BYTES: Final = 64
DELIVERED: Final = (*endpoints.CONFIRMED_BY_OWNER, "sms")
"""Queues and functions are moto's to deliver to."""
LINKS: Final = ("ConfirmSubscription", "Unsubscribe")
"""Operations that a link in a mail asks for, without a signature."""


class Subscriptions:
    """Which token stands for which subscription; all else stays in moto's own records."""

    def __init__(self, delivery: Delivery, endpoint_url: str) -> None:
        self._delivery = delivery
        self._endpoint_url = endpoint_url
        self._tokens: dict[str, Subscription] = {}

    def install(self) -> None:
        operations: dict[str, Answer] = {
            "Subscribe": self.subscribe,
            "ConfirmSubscription": self.confirm,
            "Unsubscribe": _unsubscribe,
            "ListSubscriptions": _list,
            "ListSubscriptionsByTopic": _list,
            "GetTopicAttributes": _count,
            "Publish": self.publish,
        }
        for operation, function in operations.items():
            answer(SNSResponse, operation, function)
        _deliver_by(self.deliver)
        _route_links()

    def subscribe(self, call: Call) -> Record | None:
        protocol, endpoint = call.parameters["Protocol"], call.parameters.get("Endpoint") or ""
        _check(protocol, endpoint)
        subscriptions = sns_backends[call.account_id][call.region].subscriptions
        known = set(subscriptions)
        arn = call.proceed().result["SubscriptionArn"]
        subscription = subscriptions[arn]
        if arn not in known and protocol in endpoints.CONFIRMED_BY_OWNER:
            subscription.attributes |= {PENDING: True, "ConfirmationWasAuthenticated": False}
        if not subscription.attributes[PENDING]:
            return None
        self._ask(subscription)
        return {"SubscriptionArn": arn if _is_true(call, "ReturnSubscriptionArn") else "pending confirmation"}

    def _ask(self, subscription: Subscription) -> None:
        """Asking again makes a new token; the old ones stay good."""
        token = secrets.token_hex(TOKEN_BYTES)
        self._tokens[token] = subscription
        link = notices.link(self._endpoint_url, "ConfirmSubscription", TopicArn=subscription.topic.arn, Token=token)
        notice = Notice(kind=notices.CONFIRMATION, topic_arn=subscription.topic.arn, link=link, token=token)
        self._delivery.send(subscription.protocol, subscription.endpoint, notice)

    def confirm(self, call: Call) -> Record:
        topic_arn, subscription = call.parameters["TopicArn"], self._tokens.get(call.parameters["Token"])
        backend = sns_backends[call.account_id][_region(topic_arn)]
        if topic_arn not in backend.topics:
            raise SNSNotFoundError("Topic does not exist")
        mine = subscription is not None and backend.subscriptions.get(subscription.arn) is subscription
        if subscription is None or not mine or subscription.topic.arn != topic_arn:
            raise SNSInvalidParameter("Invalid parameter: Token")
        if subscription.attributes[PENDING]:
            authenticated = _is_true(call, "AuthenticateOnUnsubscribe")
            subscription.attributes |= {PENDING: False, "ConfirmationWasAuthenticated": authenticated}
        return {"SubscriptionArn": subscription.arn}

    def publish(self, call: Call) -> None:
        """To a phone number; what goes to a topic comes to `deliver`."""
        message_id = call.proceed().result["MessageId"]
        number = call.parameters.get("PhoneNumber")
        if number:
            message = call.parameters["Message"]
            self._delivery.send(
                "sms", number, Notice(kind=notices.NOTIFICATION, message=message, message_id=message_id)
            )

    def deliver(self, subscription: Subscription, message_id: str, content: Mapping[str, Any]) -> None:
        """`content` has message, subject and attributes."""
        link = notices.link(self._endpoint_url, "Unsubscribe", SubscriptionArn=subscription.arn)
        notice = Notice(
            kind=notices.NOTIFICATION,
            topic_arn=subscription.topic.arn,
            subscription_arn=subscription.arn,
            link=link,
            message_id=message_id,
            **content,
        )
        raw = bool(subscription.attributes.get("RawMessageDelivery"))
        self._delivery.send(subscription.protocol, subscription.endpoint, notice, raw=raw)


def _check(protocol: str, endpoint: str) -> None:
    if protocol not in endpoints.PROTOCOLS:
        raise SNSInvalidParameter(f"Invalid parameter: Does not support this protocol string: {protocol}")
    wrong = endpoints.fault(protocol, endpoint)
    if wrong:
        raise SNSInvalidParameter(f"Invalid parameter: Endpoint {wrong}")


def _is_true(call: Call, parameter: str) -> bool:
    return str(call.parameters.get(parameter, "")).lower() == "true"


def _region(arn: str) -> str:
    """Of the ARN: a link has no signature that would say it."""
    parts = arn.split(":")
    if len(parts) < 6:
        raise SNSInvalidParameter(f"Invalid parameter: An ARN must have at least 6 elements, not {len(parts)}")
    return parts[3]


def _unsubscribe(call: Call) -> Record:
    arn = call.parameters["SubscriptionArn"]
    backend = sns_backends[call.account_id][_region(arn)]
    subscription = backend.subscriptions.get(arn)
    if subscription is not None and subscription.attributes[PENDING]:
        reason = "Cannot unsubscribe a subscription that is pending confirmation"
        raise SNSInvalidParameter(f"Invalid parameter: SubscriptionArn Reason: {reason}")
    backend.unsubscribe(arn)
    return {}


def _list(call: Call) -> Record:
    told = call.proceed().result
    return {**told, "Subscriptions": [_shown(subscription) for subscription in told["Subscriptions"]]}


def _shown(subscription: Subscription) -> Record:
    return {
        "SubscriptionArn": PENDING if subscription.attributes[PENDING] else subscription.arn,
        "Owner": subscription.owner,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": subscription.topic.arn,
    }


def _count(call: Call) -> Record:
    told = call.proceed().result
    arn = call.parameters["TopicArn"]
    backend = sns_backends[call.account_id][call.region]
    pending = [one.attributes[PENDING] for one in backend.subscriptions.values() if one.topic.arn == arn]
    counts = {"SubscriptionsPending": str(sum(pending)), "SubscriptionsConfirmed": str(len(pending) - sum(pending))}
    return {"Attributes": {**told["Attributes"], **counts}}


def _deliver_by(deliver: Callable[[Subscription, str, Mapping[str, Any]], None]) -> None:
    """Only to who has confirmed, and past moto's own client where the endpoint is not moto's."""
    original = Subscription.publish

    def publish(subscription: Subscription, message: str, message_id: str, **more: Any) -> None:
        if subscription.attributes[PENDING]:
            return
        if subscription.protocol not in DELIVERED:
            original(subscription, message, message_id, **more)
            return
        attributes = more.get("message_attributes") or {}
        matcher = subscription._filter_policy_matcher
        if matcher is not None and not matcher.matches(attributes, message):
            return
        if more.get("message_structure") == "json":
            message = subscription._parse_message_structure(message, subscription.protocol)
        content = {"message": message, "subject": more.get("subject") or "", "attributes": attributes}
        deliver(subscription, message_id, content)

    replace(Subscription, "publish", publish)


def _route_links() -> None:
    """moto looks for the action of an unsigned request in its body; a link has it in its query."""
    original = DomainDispatcherApplication.infer_service_region_host

    def infer(self: DomainDispatcherApplication, environ: dict[str, Any], path: str) -> str | None:
        actions = parse_qs(environ.get("QUERY_STRING", "")).get("Action", [])
        if "HTTP_AUTHORIZATION" not in environ and actions and actions[0] in LINKS:
            return "sns.us-east-1.amazonaws.com"
        found: str | None = original(self, environ, path)
        return found

    replace(DomainDispatcherApplication, "infer_service_region_host", infer)
