"""Alerts: the one SNS topic by which people and the Ops system are reached, and a budget that speaks through it.

Whoever watches the stack (components/monitoring) speaks through it too. An e-mail or https subscription waits for its
owner's confirmation; SMS begins in SNS's sandbox. The topic is encrypted in transit only: with `alias/aws/sns` alarms
die silently, and a key of our own costs 1 USD a month (security.md, topic row).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.base import Context, PlatformComponent
from components.shared.statements import Conditions, Statement, document

THRESHOLDS: Final = ((50, "ACTUAL"), (80, "ACTUAL"), (100, "ACTUAL"), (100, "FORECASTED"))


@dataclass(frozen=True, kw_only=True)
class AlertsArgs:
    """`monthly_budget_usd` is for the whole account: AWS filters by a tag only once that is activated by hand."""

    context: Context
    emails: Sequence[str]
    phones: Sequence[str]
    webhook_url: Output[str] | None
    monthly_budget_usd: int


@dataclass(frozen=True, kw_only=True)
class AlertsOutputs:
    """`is_heard`: somebody subscribed. What speaks to nobody is not worth making."""

    topic_arn: Output[str]
    topic_name: str
    is_heard: bool


def topic_policy(topic_arn: str, alarms_arn: str, account_id: str) -> str:
    """Who may publish: budgets of this account and alarms of this stack, nobody else (SNS.4)."""
    of_account = {"StringEquals": {"aws:SourceAccount": account_id}}
    publishers: tuple[tuple[str, str, Conditions], ...] = (
        ("BudgetsOfThisAccount", "budgets.amazonaws.com", of_account),
        ("AlarmsOfThisStack", "cloudwatch.amazonaws.com", {**of_account, "ArnLike": {"aws:SourceArn": alarms_arn}}),
    )
    return document(
        Statement(
            sid=sid,
            principals={"Service": (service,)},
            actions=("sns:Publish",),
            resources=(topic_arn,),
            conditions=conditions,
        )
        for sid, service, conditions in publishers
    )


class Alerts(PlatformComponent[AlertsOutputs]):
    """Creates a topic, its subscriptions and, once somebody listens, a budget. Costs cents; an SMS about one."""

    def __init__(self, name: str, args: AlertsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts)
        topic_name = args.context.naming.topic("alerts")
        topic = self._create_topic(args, topic_name)
        subscribed = [
            *(self._subscribe(topic, "email", mail, mail) for mail in args.emails),
            *(self._subscribe(topic, "sms", phone, phone) for phone in args.phones),
            *(self._subscribe(topic, "https", "ops", url) for url in (args.webhook_url,) if url is not None),
        ]
        if subscribed:
            self._create_budget(args, topic)
        self.publish(AlertsOutputs(topic_arn=topic.arn, topic_name=topic_name, is_heard=bool(subscribed)))

    def _create_topic(self, args: AlertsArgs, name: str) -> aws.sns.Topic:
        topic = aws.sns.Topic(f"{self.component_name}-topic", name=name, tags=self.tags(), opts=self.child)
        aws.sns.TopicPolicy(
            f"{self.component_name}-publishers",
            arn=topic.arn,
            policy=Output.all(topic.arn, args.context.account_id).apply(
                lambda known: topic_policy(known[0], self._alarms(known[1]), known[1])
            ),
            opts=self.child,
        )
        return topic

    def _alarms(self, account_id: str) -> str:
        """Every alarm of this stack, whatever makes it."""
        return f"arn:aws:cloudwatch:{self.context.region}:{account_id}:alarm:{self.context.naming.alarm('*')}"

    def _subscribe(
        self, topic: aws.sns.Topic, protocol: str, who: str, endpoint: str | Output[str]
    ) -> aws.sns.TopicSubscription:
        return aws.sns.TopicSubscription(
            f"{self.component_name}-{protocol}-{who}",
            topic=topic.arn,
            protocol=protocol,
            endpoint=endpoint,
            opts=self.child,
        )

    def _create_budget(self, args: AlertsArgs, topic: aws.sns.Topic) -> None:
        aws.budgets.Budget(
            f"{self.component_name}-budget",
            name=args.context.naming.budget(),
            budget_type="COST",
            limit_amount=str(args.monthly_budget_usd),
            limit_unit="USD",
            time_unit="MONTHLY",
            notifications=[
                aws.budgets.BudgetNotificationArgs(
                    comparison_operator="GREATER_THAN",
                    threshold=threshold,
                    threshold_type="PERCENTAGE",
                    notification_type=kind,
                    subscriber_sns_topic_arns=[topic.arn],
                )
                for threshold, kind in THRESHOLDS
            ],
            tags=self.tags(),
            opts=ResourceOptions(parent=self),
        )
