"""Budgets as AWS has them: they can be changed, they know who hears of them, they have tags.

moto 5.2.5 keeps the subscribers of a notification but has no call that tells them, no UpdateBudget, no tags.
"""

from typing import Any

from moto.budgets.models import Budget, budgets_backends
from moto.budgets.responses import BudgetsResponse

from emulator.seam import Answer, AwsError, Call, Record, answer

_PARTITION = "aws"


class Budgets:
    """Tags per budget's ARN; everything else stays in moto's own records."""

    def __init__(self) -> None:
        self._tags: dict[str, dict[str, str]] = {}

    def install(self) -> None:
        operations: dict[str, Answer] = {
            "CreateBudget": self.create,
            "UpdateBudget": self.update,
            "DescribeSubscribersForNotification": self.subscribers,
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "ListTagsForResource": self.tags,
        }
        for operation, function in operations.items():
            answer(BudgetsResponse, operation, function)

    def create(self, call: Call) -> None:
        call.proceed()
        arn = f"arn:aws:budgets::{call.account_id}:budget/{call.parameters['Budget']['BudgetName']}"
        self._tags[arn] = {tag["Key"]: tag["Value"] for tag in call.parameters.get("ResourceTags", ())}

    def update(self, call: Call) -> Record:
        news = call.parameters["NewBudget"]
        known = _known(call, news["BudgetName"])
        known.budget = Budget({**news, "TimePeriod": news.get("TimePeriod", known.budget["TimePeriod"])}, []).budget
        return {}

    def subscribers(self, call: Call) -> Record:
        asked = call.parameters["Notification"]
        for notification in _known(call, call.parameters["BudgetName"]).notifications:
            if notification.details == asked:
                return {"Subscribers": notification.subscribers}
        raise AwsError("NotFoundException", f"there is no notification {asked} of {call.parameters['BudgetName']!r}")

    def tag(self, call: Call) -> Record:
        tags = {tag["Key"]: tag["Value"] for tag in call.parameters["ResourceTags"]}
        self._tags.setdefault(call.parameters["ResourceARN"], {}).update(tags)
        return {}

    def untag(self, call: Call) -> Record:
        for key in call.parameters["ResourceTagKeys"]:
            self._tags.get(call.parameters["ResourceARN"], {}).pop(key, None)
        return {}

    def tags(self, call: Call) -> Record:
        arn = call.parameters["ResourceARN"]
        _known(call, arn.partition(":budget/")[2])
        pairs = sorted(self._tags.get(arn, {}).items())
        return {"ResourceTags": [{"Key": key, "Value": value} for key, value in pairs]}


def _known(call: Call, name: str) -> Any:
    budgets = budgets_backends[call.account_id][_PARTITION].budgets[call.account_id]
    if name not in budgets:
        raise AwsError("NotFoundException", f"Unable to get budget: {name} - the budget doesn't exist.")
    return budgets[name]
