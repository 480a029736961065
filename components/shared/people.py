"""People: the roles that carry the workflow's verbs, one for who develops models and one for who deploys them.

Who trains cannot deploy, and neither can approve. What both may do whatever the variants stands here; what a kind's
variant needs beyond that it says itself, as `duty_statements`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.base import Context, PlatformComponent
from components.shared import policies
from components.shared.contract import RoleOutputs
from components.shared.record import KEY as RECORD_KEY
from components.shared.roles import create_role
from components.shared.statements import Statement
from components.storage.contract import LANDING_PREFIX, MANIFEST_PREFIX, PACK_PREFIX
from components.variants import Duty, Tier

LOCKS: Final = "workflow/locks/"
LEDGER: Final = "workflow/deployments/"
APPROVALS: Final = "workflow/approvals/"
USES: Final = "workflow/uses/"
"""Where the workflow keeps who holds the stack, what was served when, and which approval was used for it."""

DutyStatements = Mapping[Duty, Output[tuple[Statement, ...]]]


@dataclass(frozen=True, kw_only=True)
class PeopleArgs:
    """`statements` are what the stack's components need of who has a duty."""

    context: Context
    artifact_bucket: Output[str]
    tier_buckets: Mapping[str, Output[str]]
    statements: Sequence[DutyStatements]


def _arns(bucket: str, *patterns: str) -> tuple[str, ...]:
    return tuple(f"arn:aws:s3:::{bucket}/{pattern}" for pattern in patterns)


def status_statements(artifact_bucket: str, parameter_arn: str) -> tuple[Statement, ...]:
    """Find the platform; see who holds the lock and what was deployed when."""
    read = _arns(artifact_bucket, RECORD_KEY, f"{LOCKS}*", f"{LEDGER}*")
    return (
        Statement(sid="FindPlatform", actions=("ssm:GetParameter",), resources=(parameter_arn,)),
        Statement(sid="ReadStatus", actions=("s3:GetObject",), resources=read),
        policies.list_prefixes("ListStatus", artifact_bucket, LOCKS, LEDGER),
    )


def developer_statements(tier_buckets: Mapping[str, str], artifact_bucket: str) -> tuple[Statement, ...]:
    """Read the images of every tier, write evaluations."""
    buckets = sorted(tier_buckets.values())
    written = _arns(artifact_bucket, "workflow/evaluations/*")
    return (
        *policies.read_tiers(buckets),
        Statement(sid="WriteEvaluations", actions=("s3:PutObject",), resources=written),
    )


def deployer_statements(tier_buckets: Mapping[str, str], artifact_bucket: str) -> tuple[Statement, ...]:
    """Hold the lock, use up an approval, keep the ledger; test on the images that are reserved for it."""
    written = _arns(artifact_bucket, f"{LOCKS}*", f"{LEDGER}*", f"{USES}*")
    home = tier_buckets.get(Tier.PROD, "")
    return (
        Statement(sid="WriteDeployments", actions=("s3:PutObject",), resources=written),
        Statement(
            sid="ReadApprovals",
            actions=("s3:GetObject",),
            resources=_arns(artifact_bucket, f"{APPROVALS}*", f"{USES}*"),
        ),
        policies.list_prefixes("ListApprovals", artifact_bucket, APPROVALS, USES),
        *(_reserved(home) if home else ()),
    )


def _reserved(home: str) -> tuple[Statement, ...]:
    """Reserved images are the home's, and lie with the prod tier: as they landed, or packed."""
    prefixes = (LANDING_PREFIX, MANIFEST_PREFIX, PACK_PREFIX)
    read = _arns(home, *(f"{prefix}*" for prefix in prefixes))
    return (
        Statement(sid="ReadReserved", actions=("s3:GetObject",), resources=read),
        policies.list_prefixes("ListReserved", home, *prefixes),
    )


OWN: Final = {Duty.DEVELOPER: developer_statements, Duty.DEPLOYER: deployer_statements}


class People(PlatformComponent[RoleOutputs[Output[str]]]):
    """Creates a role for each duty, which IAM users of the account take under their own name. Costs nothing."""

    def __init__(self, name: str, args: PeopleArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts)
        roles = {duty: self._create_role(args, duty) for duty in Duty}
        self.publish(
            RoleOutputs(
                developer_role_arn=roles[Duty.DEVELOPER].arn,
                deployer_role_arn=roles[Duty.DEPLOYER].arn,
            )
        )

    def _create_role(self, args: PeopleArgs, duty: Duty) -> aws.iam.Role:
        """The union of what stands here and of what the components say."""
        parts = [each[duty] for each in args.statements if duty in each]
        union = Output.all(self._own(args, duty), *parts).apply(
            lambda found: tuple(statement for part in found for statement in part)
        )
        return create_role(self, duty, args.context.account_id.apply(policies.trust_people), union)

    def _own(self, args: PeopleArgs, duty: Duty) -> Output[tuple[Statement, ...]]:
        region, parameter = args.context.region, args.context.naming.parameter("platform")
        late = Output.all(
            tiers=Output.all(**args.tier_buckets), artifacts=args.artifact_bucket, account=args.context.account_id
        )
        return late.apply(
            lambda known: (
                *status_statements(known["artifacts"], f"arn:aws:ssm:{region}:{known['account']}:parameter{parameter}"),
                *OWN[duty](known["tiers"], known["artifacts"]),
            )
        )
