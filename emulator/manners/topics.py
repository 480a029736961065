"""What SNS refuses of a topic, a subscription and a message beyond botocore's model.

moto 5.2.5 takes any attribute and any text, and fails at a filter policy that is no JSON. Sources: SNS API reference
(SetTopicAttributes, SetSubscriptionAttributes, Publish) and "Message filtering" (read 2026-11).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from emulator.manners.rules import Request, Rule
from emulator.seam import AwsError

DISPLAY_CHARACTERS: Final = 100
SUBJECT: Final = re.compile(r"[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,99}")
"""No line breaks or control characters."""
TARGETS: Final = ("TopicArn", "TargetArn", "PhoneNumber")
TOPIC_ATTRIBUTES: Final = re.compile(
    r"ArchivePolicy|ContentBasedDeduplication|DataProtectionPolicy|DeliveryPolicy|DisplayName|FifoThroughputScope"
    r"|FifoTopic|KmsMasterKeyId|Policy|SignatureVersion|TracingConfig"
    r"|(Application|Firehose|HTTP|Lambda|SQS)(SuccessFeedbackRoleArn|SuccessFeedbackSampleRate|FailureFeedbackRoleArn)"
)
OF_TOPIC: Final = frozenset({"http"})
OF_SUBSCRIPTION: Final = frozenset({"guaranteed", "healthyRetryPolicy", "requestPolicy", "sicklyRetryPolicy"}) | {
    "throttlePolicy"
}
"""Members of a DeliveryPolicy."""
CHOICES: Final = {
    "RawMessageDelivery": ("true", "false"),
    "FilterPolicyScope": ("MessageAttributes", "MessageBody"),
}
DOCUMENTS: Final = frozenset({"FilterPolicy", "RedrivePolicy", "ReplayPolicy"})


def _invalid(what: str) -> AwsError:
    return AwsError("InvalidParameter", f"Invalid parameter: {what}")


def _object(name: str, text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise _invalid(f"{name}: failed to parse JSON.") from error
    if not isinstance(value, dict):
        raise _invalid(f"{name}: must be a JSON object")
    return value


def _delivery(text: str, allowed: frozenset[str]) -> None:
    for member in _object("DeliveryPolicy", text):
        if member not in allowed:
            raise _invalid(f"DeliveryPolicy: Unexpected JSON member: {member}")


def _topic(attributes: Iterable[tuple[str, str]]) -> None:
    for name, value in attributes:
        if not TOPIC_ATTRIBUTES.fullmatch(name):
            raise _invalid("AttributeName")
        if name == "DisplayName" and len(value) > DISPLAY_CHARACTERS:
            raise _invalid(f"DisplayName: has {len(value)} characters, allowed: at most {DISPLAY_CHARACTERS}")
        if name == "DeliveryPolicy" and value:
            _delivery(value, OF_TOPIC)


def _subscription(attributes: Iterable[tuple[str, str]]) -> None:
    for name, value in attributes:
        allowed = CHOICES.get(name)
        if allowed and value.lower() not in map(str.lower, allowed):
            raise _invalid(f"Attributes Reason: {name}: Invalid value [{value}]. Must be {' or '.join(allowed)}.")
        if name == "DeliveryPolicy" and value:
            _delivery(value, OF_SUBSCRIPTION)
        elif name in DOCUMENTS and value:
            document = _object(name, value)
            if name == "FilterPolicy" and [] in _leaves(document):
                raise _invalid("FilterPolicy: Empty arrays are not allowed")


def _leaves(filters: Mapping[str, Any]) -> Iterator[Any]:
    for value in filters.values():
        yield from _leaves(value) if isinstance(value, dict) else [value]


def _one(call: Request) -> list[tuple[str, str]]:
    return [(str(call.parameters["AttributeName"]), str(call.parameters.get("AttributeValue", "")))]


def _all(call: Request) -> list[tuple[str, str]]:
    return [(str(name), str(value)) for name, value in (call.parameters.get("Attributes") or {}).items()]


def _message(call: Request) -> None:
    text, subject = str(call.parameters.get("Message", "")), call.parameters.get("Subject")
    given = [name for name in TARGETS if call.parameters.get(name)]
    if not given:
        raise _invalid("TopicArn or TargetArn Reason: no value for required parameter")
    if len(given) > 1:
        raise _invalid(f"{' and '.join(given)} Reason: only one of them may be given")
    if not text:
        raise _invalid("Empty message")
    if subject is not None and not SUBJECT.fullmatch(str(subject)):
        raise _invalid("Subject")
    structure = call.parameters.get("MessageStructure")
    if structure is not None and structure != "json":
        raise _invalid("MessageStructure")
    if structure:
        _structured(text)


def _structured(text: str) -> None:
    try:
        body = json.loads(text)
    except ValueError as error:
        raise _invalid("Message Structure - JSON message body failed to parse") from error
    if not isinstance(body, dict) or not isinstance(body.get("default"), str):
        raise _invalid("Message Structure - No default entry in JSON message body")


RULES: Final[tuple[Rule, ...]] = (
    ("sns:CreateTopic", lambda call: _topic(_all(call))),
    ("sns:SetTopicAttributes", lambda call: _topic(_one(call))),
    ("sns:Subscribe", lambda call: _subscription(_all(call))),
    ("sns:SetSubscriptionAttributes", lambda call: _subscription(_one(call))),
    ("sns:Publish", _message),
)
