"""Daily snapshots of what a component tags for them, by Data Lifecycle Manager."""

from __future__ import annotations

from typing import Final, TypeVar

import pulumi_aws as aws
from pulumi import ResourceOptions

from components.base import PlatformComponent
from components.shared import policies
from components.shared.roles import create_role
from components.shared.statements import Statement

R = TypeVar("R")

SNAPSHOT_TIME: Final = "03:00"
"""UTC; a quiet hour in Europe and America."""


def snapshot_statements(region: str, account_id: str) -> tuple[Statement, ...]:
    """AWSDataLifecycleManagerServiceRole, cut to volumes of one region."""
    snapshots = f"arn:aws:ec2:{region}::snapshot/*"
    volumes = f"arn:aws:ec2:{region}:{account_id}:volume/*"
    return (
        Statement(sid="Look", actions=("ec2:DescribeVolumes", "ec2:DescribeSnapshots"), resources=("*",)),
        Statement(sid="Make", actions=("ec2:CreateSnapshot",), resources=(volumes, snapshots)),
        Statement(
            sid="Expire",
            actions=("ec2:DeleteSnapshot",),
            resources=(snapshots,),
            conditions={"StringLike": {"aws:ResourceTag/aws:dlm:lifecycle-policy-id": "*"}},
        ),
        Statement(
            sid="Tag",
            actions=("ec2:CreateTags",),
            resources=(snapshots,),
            conditions={"StringEquals": {"ec2:CreateAction": "CreateSnapshot"}},
        ),
    )


def create_snapshots(component: PlatformComponent[R], count: int) -> None:
    """A snapshot a day of every volume tagged as this component's data in this stack; the last `count` are kept."""
    context = component.context
    role = create_role(
        component,
        "snapshots",
        context.account_id.apply(lambda account: policies.trust_service("dlm.amazonaws.com", account)),
        context.account_id.apply(lambda account: snapshot_statements(context.region, account)),
    )
    aws.dlm.LifecyclePolicy(
        f"{component.component_name}-snapshots",
        description=f"Daily snapshots of the data volume of {context.naming.prefix}",
        execution_role_arn=role.arn,
        state="ENABLED",
        policy_details=_details(context.naming.prefix, count),
        tags=component.tags(),
        opts=ResourceOptions(parent=component),
    )


def _details(prefix: str, count: int) -> aws.dlm.LifecyclePolicyPolicyDetailsArgs:
    return aws.dlm.LifecyclePolicyPolicyDetailsArgs(
        resource_types=["VOLUME"],
        target_tags={"Name": f"{prefix}-data"},
        schedules=[
            aws.dlm.LifecyclePolicyPolicyDetailsScheduleArgs(
                name="daily",
                create_rule=aws.dlm.LifecyclePolicyPolicyDetailsScheduleCreateRuleArgs(
                    interval=24, interval_unit="HOURS", times=SNAPSHOT_TIME
                ),
                retain_rule=aws.dlm.LifecyclePolicyPolicyDetailsScheduleRetainRuleArgs(count=count),
                copy_tags=True,
            )
        ],
    )
