"""Rows of SNS: topics, their policies, and who hears of them."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from emulator.rows import Call, Json, Kind, Property, Row, Tags
from emulator.sns import endpoints


def _set(name: str, property_name: str) -> Call:
    """SNS sets one attribute a call; an attribute that the program no longer names is emptied."""
    return Call(
        "SetTopicAttributes",
        {"TopicArn": "_.id", "AttributeName": f"'{name}'", "AttributeValue": f"_.in.{property_name} || ''"},
        when=f"contains(_.changed, '{property_name}')",
    )


_ATTRIBUTES: Final = {
    "displayName": "DisplayName",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "deliveryPolicy": "DeliveryPolicy",
}

TOPIC = Row(
    "aws:sns/topic:Topic",
    "sns",
    cloudformation="AWS::SNS::Topic",
    properties={
        "name": Property("CreateTopic.Name", read="split(':', TopicArn)[5]", replaces=True, cloudformation="TopicName"),
        "namePrefix": Property(type="string", replaces=True),
        **{
            name: Property(
                f"CreateTopic.Attributes.{attribute}",
                read=attribute,
                kind=Kind.JSON if name == "deliveryPolicy" else Kind.PLAIN,
            )
            for name, attribute in _ATTRIBUTES.items()
        },
    },
    id="TopicArn",
    create=(Call("CreateTopic", {"Tags": "_.tag_list"}),),
    read=(
        Call("GetTopicAttributes", {"TopicArn": "_.id"}, select="Attributes"),
        Call("ListTagsForResource", {"ResourceArn": "_.id"}, into="tagging"),
    ),
    update=tuple(_set(attribute, name) for name, attribute in _ATTRIBUTES.items()),
    delete=(Call("DeleteTopic", {"TopicArn": "_.id"}),),
    outputs={"arn": "TopicArn", "owner": "Owner"},
    gone=("NotFound", "NotFoundException", "ResourceNotFoundException", "ResourceNotFound"),
    name="name",
    name_prefix="namePrefix",
    name_limit=256,
    tags=Tags(
        read="tagging.Tags",
        set=Call("TagResource", {"ResourceArn": "_.id", "Tags": "_.tags_set"}),
        unset=Call("UntagResource", {"ResourceArn": "_.id", "TagKeys": "_.tags_gone"}),
    ),
)

# A topic is never without a policy: AWS gives it this one, and a policy that goes leaves it behind.
_DEFAULT_ID: Final = "__default_policy_ID"
_DEFAULT_ACTIONS: Final = (
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
)


def _with_default_policy(params: dict[str, Json], known: Mapping[str, Json]) -> dict[str, Json]:
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in _DEFAULT_ACTIONS],
        "Resource": known["id"],
        "Condition": {"StringEquals": {"AWS:SourceOwner": known["account"]}},
    }
    policy = {"Version": "2008-10-17", "Id": _DEFAULT_ID, "Statement": [statement]}
    return {**params, "AttributeValue": json.dumps(policy)}


_POLICY_OF: Final = {"TopicArn": "_.id || _.in.arn", "AttributeName": "'Policy'"}

TOPIC_POLICY = Row(
    "aws:sns/topicPolicy:TopicPolicy",
    "sns",
    cloudformation="AWS::SNS::TopicPolicy",
    properties={
        "arn": Property(
            "SetTopicAttributes.TopicArn",
            kind=Kind.ARN,
            read="TopicArn",
            required=True,
            replaces=True,
            cloudformation="Topics",
        ),
        "policy": Property(
            "SetTopicAttributes.AttributeValue",
            kind=Kind.POLICY,
            read="Policy",
            required=True,
            cloudformation="PolicyDocument",
        ),
    },
    id="_.in.arn",
    create=(Call("SetTopicAttributes", _POLICY_OF),),
    read=(
        Call(
            "GetTopicAttributes",
            {"TopicArn": "_.id"},
            select=f"[Attributes][?!contains(Policy, '{_DEFAULT_ID}')] | [0]",
        ),
    ),
    update=(Call("SetTopicAttributes", _POLICY_OF),),
    delete=(Call("SetTopicAttributes", _POLICY_OF, shape=_with_default_policy),),
    outputs={"owner": "Owner"},
    gone=TOPIC.gone,
    delete_before_replace=True,
)


def _endpoint_fits(inputs: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    wrong = endpoints.fault(inputs["protocol"], inputs["endpoint"])
    if wrong:
        yield "endpoint", wrong


_FILTERS: Final = {"filterPolicy": "FilterPolicy", "redrivePolicy": "RedrivePolicy", "deliveryPolicy": "DeliveryPolicy"}

SUBSCRIPTION = Row(
    "aws:sns/topicSubscription:TopicSubscription",
    "sns",
    cloudformation="AWS::SNS::Subscription",
    properties={
        "topic": Property("Subscribe.TopicArn", kind=Kind.ARN, required=True, replaces=True),
        "protocol": Property("Subscribe.Protocol", required=True, replaces=True, enum=endpoints.PROTOCOLS),
        "endpoint": Property("Subscribe.Endpoint", required=True, replaces=True),
        "rawMessageDelivery": Property(type="boolean", read="RawMessageDelivery == 'true'", default=False),
        "confirmationTimeoutInMinutes": Property(type="integer", default=1),
        "endpointAutoConfirms": Property(type="boolean", default=False),
        "filterPolicyScope": Property("Subscribe.Attributes.FilterPolicyScope", read="FilterPolicyScope"),
        **{
            name: Property(f"Subscribe.Attributes.{attribute}", kind=Kind.JSON, read=attribute)
            for name, attribute in _FILTERS.items()
        },
    },
    id="SubscriptionArn",
    create=(
        Call(
            "Subscribe",
            {
                "ReturnSubscriptionArn": "`true`",
                "Attributes.RawMessageDelivery": "_.in.rawMessageDelivery && 'true'",
            },
            shape=lambda params, _: {name: value for name, value in params.items() if value is not False},
        ),
    ),
    read=(Call("GetSubscriptionAttributes", {"SubscriptionArn": "_.id"}, select="Attributes"),),
    update=tuple(
        Call(
            "SetSubscriptionAttributes",
            {"SubscriptionArn": "_.id", "AttributeName": f"'{attribute}'", "AttributeValue": value},
            when=f"contains(_.changed, '{name}')",
        )
        for name, attribute, value in (
            ("rawMessageDelivery", "RawMessageDelivery", "text(_.in.rawMessageDelivery)"),
            ("filterPolicyScope", "FilterPolicyScope", "_.in.filterPolicyScope"),
            *((name, attribute, f"text(_.in.{name}) || '{{}}'") for name, attribute in _FILTERS.items()),
        )
    ),
    # A subscription that nobody confirmed cannot be ended; it runs out by itself after three days.
    delete=(Call("Unsubscribe", {"SubscriptionArn": "_.id"}, ignore=("InvalidParameter",)),),
    outputs={
        "arn": "SubscriptionArn",
        "ownerId": "Owner",
        "pendingConfirmation": "PendingConfirmation == 'true'",
        "confirmationWasAuthenticated": "ConfirmationWasAuthenticated == 'true'",
    },
    gone=TOPIC.gone,
    check=_endpoint_fits,
)

ROWS = (TOPIC, TOPIC_POLICY, SUBSCRIPTION)

# Where a row and CloudFormation differ (`emulator.agreement`).
DIFFERENCES = {
    TOPIC.token: {"absent deliveryPolicy": "CloudFormation has one per protocol, under DeliveryStatusLogging"},
    TOPIC_POLICY.token: {"replaces arn": "one topic in pulumi-aws, a list that may grow in CloudFormation"},
    SUBSCRIPTION.token: {
        "enum protocol": "neither botocore nor the schema lists them; from the API reference of Subscribe",
        "required endpoint": "pulumi-aws requires it; the API does for every protocol that is emulated",
    },
}
