"""What SNS does not take of a topic, a subscription, a message."""

import json
from typing import Any

import pytest

from emulator.manners.topics import RULES
from tests.emulator.manners import asking

TOPIC = "arn:aws:sns:us-east-1:000000000000:t"


def refusal(operation: str, parameters: dict[str, Any]) -> str:
    said = asking.refusal(RULES, "sns", operation, parameters)
    return said.removeprefix("InvalidParameter: Invalid parameter: ")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DisplayName", "d" * 100, ""),
        ("DisplayName", "d" * 101, "DisplayName"),
        ("DeliveryPolicy", '{"http": {"defaultHealthyRetryPolicy": {}}}', ""),
        ("DeliveryPolicy", "junk", "DeliveryPolicy: failed to parse JSON."),
        ("DeliveryPolicy", "[]", "DeliveryPolicy: must be a JSON object"),
        ("DeliveryPolicy", '{"foo": 1}', "DeliveryPolicy: Unexpected JSON member: foo"),
        ("HTTPSuccessFeedbackSampleRate", "100", ""),
        ("Foo", "x", "AttributeName"),
    ],
)
def test_an_attribute_of_a_topic_is_one_that_sns_has(name: str, value: str, said: str) -> None:
    one = refusal("SetTopicAttributes", {"AttributeName": name, "AttributeValue": value})
    assert one == refusal("CreateTopic", {"Attributes": {name: value}})
    assert (one == "") is (said == "")
    assert one.startswith(said)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FilterPolicy", '{"a": ["b"], "c": {"d": [{"prefix": "e"}]}}', ""),
        ("FilterPolicy", "", ""),
        ("FilterPolicy", "{", "FilterPolicy: failed to parse JSON."),
        ("FilterPolicy", "[]", "FilterPolicy: must be a JSON object"),
        ("FilterPolicy", '{"a": []}', "FilterPolicy: Empty arrays are not allowed"),
        ("FilterPolicy", '{"a": {"b": []}}', "FilterPolicy: Empty arrays are not allowed"),
        ("FilterPolicyScope", "MessageBody", ""),
        ("FilterPolicyScope", "Body", "Attributes Reason: FilterPolicyScope: Invalid value [Body]."),
        ("RawMessageDelivery", "True", ""),
        ("RawMessageDelivery", "maybe", "Attributes Reason: RawMessageDelivery: Invalid value [maybe]."),
        ("RedrivePolicy", "x", "RedrivePolicy: failed to parse JSON."),
        ("DeliveryPolicy", '{"healthyRetryPolicy": {}}', ""),
        ("DeliveryPolicy", '{"http": {}}', "DeliveryPolicy: Unexpected JSON member: http"),
    ],
)
def test_an_attribute_of_a_subscription_is_well_formed(name: str, value: str, said: str) -> None:
    one = refusal("SetSubscriptionAttributes", {"AttributeName": name, "AttributeValue": value})
    assert one == refusal("Subscribe", {"Attributes": {name: value}})
    assert (one == "") is (said == "")
    assert one.startswith(said)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ""),
        ({"Subject": "s" * 100}, ""),
        ({"Message": ""}, "Empty message"),
        *(({"Subject": subject}, "Subject") for subject in ("", "s" * 101, "two\nlines", "bell\x07", " s")),
        ({"MessageStructure": "xml"}, "MessageStructure"),
        ({"MessageStructure": "json"}, "Message Structure - JSON message body failed to parse"),
        (
            {"MessageStructure": "json", "Message": json.dumps({"email": "m"})},
            "Message Structure - No default entry in JSON message body",
        ),
        ({"MessageStructure": "json", "Message": json.dumps({"default": "m"})}, ""),
        ({"TopicArn": None}, "TopicArn or TargetArn Reason: no value for required parameter"),
        ({"PhoneNumber": "+12025550123"}, "TopicArn and PhoneNumber Reason: only one of them may be given"),
    ],
)
def test_a_message_has_a_text_a_plain_subject_and_one_address(changed: dict[str, Any], said: str) -> None:
    assert refusal("Publish", {"TopicArn": TOPIC, "Message": "m", **changed}) == said


@pytest.mark.slow
def test_a_filter_that_is_no_json_is_no_fault_of_the_service(cloud: Any) -> None:
    sns = cloud.client("sns")
    topic = sns.create_topic(Name="filtered")["TopicArn"]
    arn = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="f@example.com", ReturnSubscriptionArn=True)
    for text in ("{", "[]", '"x"'):
        code, _ = cloud.refused(
            sns.set_subscription_attributes,
            SubscriptionArn=arn["SubscriptionArn"],
            AttributeName="FilterPolicy",
            AttributeValue=text,
        )
        assert code == "InvalidParameter"
    assert cloud.refused(sns.publish, Message="to nobody")[0] == "InvalidParameter"
