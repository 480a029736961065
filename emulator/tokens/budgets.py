"""The row of a budget with its notifications."""

from collections.abc import Iterator, Mapping
from typing import Final

from emulator.rows import Call, Json, Property, Row, Tags


def _budget(member: str) -> tuple[str, str]:
    return (f"CreateBudget.Budget.{member}", f"UpdateBudget.NewBudget.{member}")


def _faults(inputs: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """What CreateBudget answers with InvalidParameterException."""
    amount = inputs.get("limitAmount")
    if inputs["budgetType"] in ("COST", "USAGE") and amount is None:
        yield "limitAmount", f"is missing: a budget of type {inputs['budgetType']} needs one"
    if (amount is None) != (inputs.get("limitUnit") is None):
        yield "limitUnit", "is given without limitAmount or the other way round: give both"
    for index, notification in enumerate(inputs.get("notifications") or []):
        if not any(notification.get(name) for name in _SUBSCRIBERS):
            yield f"notifications[{index}]", f"reaches nobody: give {' or '.join(_SUBSCRIBERS)}"


_SUBSCRIBERS: Final = {"subscriberEmailAddresses": "EMAIL", "subscriberSnsTopicArns": "SNS"}


def _subscribers(notification: Mapping[str, Json]) -> list[dict[str, str]]:
    return [
        {"SubscriptionType": kind, "Address": address}
        for name, kind in _SUBSCRIBERS.items()
        for address in notification.get(name) or []
    ]


def _filters(known: Mapping[str, Json]) -> dict[str, Json]:
    """pulumi-aws has a list of names with values, AWS a map."""
    return {item["name"]: item["values"] for item in known["in"].get("costFilters") or []}


def _as_created(params: dict[str, Json], known: Mapping[str, Json]) -> dict[str, Json]:
    told = params.get("NotificationsWithSubscribers") or []
    for made, given in zip(told, known["in"].get("notifications") or [], strict=True):
        made["Subscribers"] = _subscribers(given)
    return {**params, "Budget": {**params["Budget"], "CostFilters": _filters(known)}}


def _as_updated(params: dict[str, Json], known: Mapping[str, Json]) -> dict[str, Json]:
    return {**params, "NewBudget": {**params["NewBudget"], "CostFilters": _filters(known)}}


def _of_notification(params: dict[str, Json], _: Mapping[str, Json]) -> dict[str, Json]:
    """`Notification` holds a whole block of pulumi's here: in AWS's words, with the subscribers beside it."""
    block = params["Notification"]
    words = {name: block[name] for name in _NOTIFICATION if name in block}
    notification = {f"{name[0].upper()}{name[1:]}": value for name, value in words.items()}
    return {**params, "Notification": notification, "Subscribers": _subscribers(block)}


def _to_delete(params: dict[str, Json], known: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in _of_notification(params, known).items() if name != "Subscribers"}


def _as_read(document: dict[str, Json], known: Mapping[str, Json]) -> dict[str, Json]:
    """Filters as a list, notifications with their subscribers, the amount as the program wrote it if it is the same."""
    budget = document["Budget"]
    filters = [{"name": name, "values": values} for name, values in (budget.get("CostFilters") or {}).items()]
    limit = budget.get("BudgetLimit") or {}
    given = known["in"].get("limitAmount")
    if given is not None and limit and float(limit["Amount"]) == float(given):
        budget["BudgetLimit"] = {**limit, "Amount": given}
    return {**document, "costFilters": filters, "notifications": list(_notifications(document))}


def _notifications(document: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    for notification, answer in zip(document["told"], document["subscribers"], strict=True):
        found: dict[str, Json] = {"Notification": notification}
        for name, kind in _SUBSCRIBERS.items():
            found[name] = [s["Address"] for s in answer["Subscribers"] if s["SubscriptionType"] == kind]
        yield found


_NOTIFICATION: Final = {
    name: Property(
        f"Notification.{name[0].upper()}{name[1:]}",
        required=True,
        cloudformation=f"Notification/{name[0].upper()}{name[1:]}",
    )
    for name in ("comparisonOperator", "notificationType", "threshold", "thresholdType")
}
_COST_TYPES: Final = (
    *("includeCredit", "includeDiscount", "includeOtherSubscription", "includeRecurring", "includeRefund"),
    *("includeSubscription", "includeSupport", "includeTax", "includeUpfront", "useAmortized", "useBlended"),
)
_NAMED: Final = {"AccountId": "split(':', _.id)[0]", "BudgetName": "split(':', _.id)[1]"}
_ARN: Final = "join('', ['arn:aws:budgets::', _.account, ':budget/', split(':', _.id)[1]])"

BUDGET = Row(
    "aws:budgets/budget:Budget",
    "budgets",
    cloudformation="AWS::Budgets::Budget.Budget",
    properties={
        "name": Property(_budget("BudgetName"), replaces=True),
        "namePrefix": Property(type="string", replaces=True),
        "budgetType": Property(_budget("BudgetType"), required=True),
        "timeUnit": Property(_budget("TimeUnit"), required=True),
        "limitAmount": Property(_budget("BudgetLimit.Amount"), cloudformation="BudgetLimit/Amount"),
        "limitUnit": Property(_budget("BudgetLimit.Unit"), cloudformation="BudgetLimit/Unit"),
        "costTypes": Property(
            _budget("CostTypes"), fields={name: Property(f"{name[0].upper()}{name[1:]}") for name in _COST_TYPES}
        ),
        "costFilters": Property(
            read="costFilters",
            many=True,
            unordered=True,
            fields={
                "name": Property(type="string", read="name", required=True),
                "values": Property(type="list", read="values", required=True),
            },
        ),
        "notifications": Property(
            "CreateBudget.NotificationsWithSubscribers",
            read="notifications",
            cloudformation="/NotificationsWithSubscribers",
            many=True,
            unordered=True,
            fields={
                **_NOTIFICATION,
                **{name: Property(type="list", read=name, unordered=True) for name in _SUBSCRIBERS},
            },
        ),
    },
    id="join(':', [_.account, _.in.name])",
    create=(Call("CreateBudget", {"AccountId": "_.account", "ResourceTags": "_.tag_list"}, shape=_as_created),),
    read=(
        Call("DescribeBudget", _NAMED),
        Call("DescribeNotificationsForBudget", _NAMED, into="told", select="Notifications || `[]`"),
        Call(
            "DescribeSubscribersForNotification",
            {**_NAMED, "Notification": "_.item"},
            each="told[].{NotificationType: NotificationType, ComparisonOperator: ComparisonOperator, "
            "Threshold: Threshold, ThresholdType: ThresholdType}",
            into="subscribers",
        ),
        Call("ListTagsForResource", {"ResourceARN": _ARN}, into="tagging"),
    ),
    update=(
        Call(
            "UpdateBudget",
            {"AccountId": "_.account"},
            when="_.changed[?@ != 'tags' && @ != 'notifications']",
            shape=_as_updated,
        ),
        Call(
            "DeleteNotification",
            {**_NAMED, "Notification": "_.item"},
            each="_.removed.notifications",
            shape=_to_delete,
        ),
        Call(
            "CreateNotification",
            {**_NAMED, "Notification": "_.item"},
            each="_.added.notifications",
            shape=_of_notification,
        ),
    ),
    delete=(Call("DeleteBudget", _NAMED),),
    outputs={"arn": _ARN, "accountId": "_.account"},
    gone=("NotFoundException",),
    name="name",
    name_prefix="namePrefix",
    name_limit=100,
    tags=Tags(
        read="tagging.ResourceTags",
        set=Call("TagResource", {"ResourceARN": _ARN, "ResourceTags": "_.tags_set"}),
        unset=Call("UntagResource", {"ResourceARN": _ARN, "ResourceTagKeys": "_.tags_gone"}),
    ),
    check=_faults,
    amend=_as_read,
)

ROWS = (BUDGET,)

_LIMIT: Final = "pulumi-aws has no block for the limit: both members are optional together"
DIFFERENCES = {
    BUDGET.token: {
        "required limitAmount": _LIMIT,
        "required limitUnit": _LIMIT,
        "replaces notifications": "pulumi-aws deletes and creates notifications by calls of their own",
        "required notifications.thresholdType": "pulumi-aws requires it; the API assumes PERCENTAGE",
        "missing notifications.Subscribers": "pulumi-aws has a list per kind of subscriber instead",
    },
}
