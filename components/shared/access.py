"""Who may do what beyond a machine's own role: the boundary of every role, and the role that approves."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.base import Context, PlatformComponent
from components.platform import platform_parameter
from components.shared import policies
from components.shared.contract import ApprovalOutputs
from components.shared.people import APPROVALS, USES
from components.shared.record import KEY as RECORD_KEY
from components.shared.roles import create_role
from components.shared.statements import Statement


@dataclass(frozen=True, kw_only=True)
class BoundaryOutputs:
    boundary_arn: Output[str]


class Boundary(PlatformComponent[BoundaryOutputs]):
    """Creates the IAM policy that bounds every role of the stack. Costs nothing."""

    def __init__(self, name: str, context: Context, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, context, opts)
        policy = aws.iam.Policy(
            f"{name}-policy",
            name=context.naming.policy("boundary"),
            path=context.naming.role_path,
            description="What no role of the stack may ever do",
            policy=context.account_id.apply(
                lambda account: policies.boundary(context.region, account, context.naming.role_path)
            ),
            tags=self.tags(),
            opts=self.child,
        )
        self.publish(BoundaryOutputs(boundary_arn=policy.arn))


@dataclass(frozen=True, kw_only=True)
class ApproverArgs:
    """`approvers` are IAM user or role names that may approve beside the role."""

    context: Context
    artifact_bucket: Output[str]
    approvers: tuple[str, ...]


def approver_statements(artifact_bucket: str, parameter_arn: str) -> tuple[Statement, ...]:
    """Read what has been approved and used, write the answer, nothing else: approving is never a power of what
    deploys."""
    objects = f"arn:aws:s3:::{artifact_bucket}/"
    read = tuple(f"{objects}{key}" for key in (RECORD_KEY, f"{APPROVALS}*", f"{USES}*"))
    return (
        Statement(sid="FindPlatform", actions=("ssm:GetParameter",), resources=(parameter_arn,)),
        Statement(sid="ReadApprovals", actions=("s3:GetObject",), resources=read),
        policies.list_prefixes("ListApprovals", artifact_bucket, APPROVALS, USES),
        Statement(sid="WriteApprovals", actions=("s3:PutObject",), resources=(f"{objects}{APPROVALS}*",)),
    )


class Approver(PlatformComponent[ApprovalOutputs[Output[str]]]):
    """Creates a role that IAM users of the account assume, under their own name, to approve. Costs nothing.

    People who come by single sign-on have no user name that AWS could compare: name their role in `approvers`.
    """

    def __init__(self, name: str, args: ApproverArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts)
        role = create_role(self, "approver", args.context.account_id.apply(policies.trust_people), self._may(args))
        self.publish(ApprovalOutputs(approver_role_arn=role.arn, approvers=args.approvers))

    def _may(self, args: ApproverArgs) -> Output[tuple[Statement, ...]]:
        naming, region = args.context.naming, args.context.region
        parameter = platform_parameter(naming.project, naming.stack)
        return Output.all(args.artifact_bucket, args.context.account_id).apply(
            lambda known: approver_statements(known[0], f"arn:aws:ssm:{region}:{known[1]}:parameter{parameter}")
        )
