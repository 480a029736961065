"""data/oss: the project's own sampler, run by people and CI under a role made for it."""

from pulumi import Output, ResourceOptions

from components.base import PlatformComponent
from components.data.contract import DataArgs, DataOutputs
from components.shared import policies
from components.shared.record import KEY as RECORD_KEY
from components.shared.roles import create_role
from components.shared.statements import Statement
from components.storage.contract import LANDING_PREFIX, MANIFEST_PREFIX, PACK_PREFIX
from components.variants import Tier, Variant


def sampler_statements(tier_buckets: dict[str, str], artifact_bucket: str, parameter_arn: str) -> tuple[Statement, ...]:
    """Read all of the prod tier, write the manifests and copies of every tier, never what landed.

    Of the artifact bucket it reads the platform record only: approvals, locks and code lie there too.
    """
    home = tier_buckets[Tier.PROD]
    smaller = [bucket for tier, bucket in sorted(tier_buckets.items()) if tier != Tier.PROD]
    buckets = sorted(tier_buckets.values())
    written = [f"arn:aws:s3:::{bucket}/*" for bucket in smaller]
    return (
        Statement(sid="FindPlatform", actions=("ssm:GetParameter",), resources=(parameter_arn,)),
        Statement(
            sid="ListTiers",
            actions=("s3:ListBucket",),
            resources=tuple(f"arn:aws:s3:::{bucket}" for bucket in buckets),
        ),
        Statement(
            sid="ReadTiers",
            actions=("s3:GetObject",),
            resources=tuple(f"arn:aws:s3:::{bucket}/*" for bucket in buckets),
        ),
        Statement(
            sid="WriteSamples",
            actions=policies.OBJECT_WRITE,
            resources=(
                *(f"arn:aws:s3:::{home}/{prefix}*" for prefix in (MANIFEST_PREFIX, PACK_PREFIX)),
                *written,
            ),
        ),
        Statement(
            sid="ReadPlatform", actions=("s3:GetObject",), resources=(f"arn:aws:s3:::{artifact_bucket}/{RECORD_KEY}",)
        ),
    )


class OssData(PlatformComponent[DataOutputs[Output[str]]]):
    """Creates the sampler's role. Costs nothing; a sampling run costs its requests."""

    def __init__(self, name: str, args: DataArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts, variant=Variant.OSS)
        role = create_role(
            self, "sampler", args.context.account_id.apply(policies.trust_account), self._statements(args)
        )
        self.publish(
            DataOutputs(
                variant=Variant.OSS.value,
                landing_uri=args.tier_buckets[Tier.PROD].apply(lambda bucket: f"s3://{bucket}/{LANDING_PREFIX}"),
                dev_sample_fraction=args.dev_sample_fraction,
                staging_sample_fraction=args.staging_sample_fraction,
                role_arn=role.arn,
            )
        )

    def _statements(self, args: DataArgs) -> Output[tuple[Statement, ...]]:
        parameter = args.context.naming.parameter("platform")
        region = args.context.region
        return Output.all(
            tiers=Output.all(**args.tier_buckets), artifacts=args.artifact_bucket, account=args.context.account_id
        ).apply(
            lambda known: sampler_statements(
                known["tiers"], known["artifacts"], f"arn:aws:ssm:{region}:{known['account']}:parameter{parameter}"
            )
        )
