"""training/oss: a launch template for one-job spot machines. A job is never infrastructure state."""

from __future__ import annotations

import base64
from typing import Any, Final

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.base import PlatformComponent
from components.shared import policies
from components.shared.roles import create_instance_profile, create_role
from components.shared.statements import Statement
from components.training.contract import TrainingArgs, TrainingOutputs
from components.training.starting import Machines
from components.training.user_data import user_data
from components.variants import Duty, Variant

ROOT_DEVICE: Final = "/dev/sda1"
"""Of Ubuntu's AMIs."""
ROOT_GIB: Final = 30
SECONDS_PER_HOUR: Final = 3_600
JOBS: Final = "workflow/jobs/"


def trainer_statements(
    tier_buckets: dict[str, str], artifact_bucket: str, region: str, account_id: str
) -> tuple[Statement, ...]:
    """Read the tiers and the code, write its own job (ec2-trainer-spot)."""
    buckets = sorted(tier_buckets.values())
    return (
        *policies.ssm_managed(region, account_id),
        *policies.read_code(artifact_bucket),
        *policies.read_tiers(buckets),
        # No listing: who starts the machine has written all that it reads there.
        policies.own_objects("Jobs", artifact_bucket, JOBS),
    )


class OssTraining(PlatformComponent[TrainingOutputs[Output[str]]]):
    """Creates role, profile, launch template. Costs nothing; a job costs its machine's spot hours."""

    def __init__(self, name: str, args: TrainingArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts, variant=Variant.OSS)
        role = create_role(self, "trainer", policies.trust_service("ec2.amazonaws.com"), self._statements(args))
        template = self._create_template(args, create_instance_profile(self, "trainer", role))
        self.duty_statements = {Duty.DEVELOPER: self._developer(args, template, role)}
        self.publish(
            TrainingOutputs(
                variant=Variant.OSS.value,
                launch_template_id=template.id,
                instance_types=args.instance_types,
                subnet_ids=args.network.subnet_ids,
                role_arn=role.arn,
                jobs_uri=args.artifact_bucket.apply(lambda bucket: f"s3://{bucket}/{JOBS}"),
                max_runtime_seconds=args.max_hours * SECONDS_PER_HOUR,
            )
        )

    def _statements(self, args: TrainingArgs) -> Output[tuple[Statement, ...]]:
        region = args.context.region
        own = Output.all(
            tiers=Output.all(**args.tier_buckets), artifacts=args.artifact_bucket, account=args.context.account_id
        ).apply(lambda known: trainer_statements(known["tiers"], known["artifacts"], region, known["account"]))
        return Output.all(own, args.tracking_statements).apply(lambda both: (*both[0], *both[1]))

    def _developer(
        self, args: TrainingArgs, template: aws.ec2.LaunchTemplate, role: aws.iam.Role
    ) -> Output[tuple[Statement, ...]]:
        def statements(known: dict[str, Any]) -> tuple[Statement, ...]:
            artifacts = known.pop("artifacts")
            machines = Machines(
                **{**known, "subnet_ids": tuple(known["subnet_ids"])},
                region=args.context.region,
                stack=args.context.naming.stack,
                ami_id=args.ami_id,
                instance_types=args.instance_types,
            )
            return (*machines.statements(), *policies.own_prefix("Jobs", artifacts, JOBS))

        late = Output.all(
            artifacts=args.artifact_bucket,
            account_id=args.context.account_id,
            template_id=template.id,
            subnet_ids=Output.all(*args.network.subnet_ids),
            security_group_id=args.network.training_security_group_id,
            role_arn=role.arn,
        )
        return late.apply(statements)

    def _user_data(self, args: TrainingArgs) -> Output[str]:
        seconds = args.max_hours * SECONDS_PER_HOUR
        return args.artifact_bucket.apply(
            lambda bucket: base64.b64encode(
                user_data(args.context.region, bucket, args.release, args.tools, seconds).encode()
            ).decode()
        )

    def _create_template(self, args: TrainingArgs, profile: aws.iam.InstanceProfile) -> aws.ec2.LaunchTemplate:
        tags = self.tags(Name=f"{self.context.naming.prefix}-training")
        return aws.ec2.LaunchTemplate(
            f"{self.component_name}-template",
            name=args.context.naming.launch_template("training"),
            update_default_version=True,
            image_id=args.ami_id,
            instance_type=args.instance_types[0],
            iam_instance_profile=aws.ec2.LaunchTemplateIamInstanceProfileArgs(arn=profile.arn),
            vpc_security_group_ids=[args.network.training_security_group_id],
            ebs_optimized="true",
            user_data=self._user_data(args),
            # A machine that shuts itself down is gone, and so is its price.
            instance_initiated_shutdown_behavior="terminate",
            instance_market_options=aws.ec2.LaunchTemplateInstanceMarketOptionsArgs(
                market_type="spot",
                spot_options=aws.ec2.LaunchTemplateInstanceMarketOptionsSpotOptionsArgs(
                    spot_instance_type="one-time", instance_interruption_behavior="terminate"
                ),
            ),
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled",
                http_tokens="required",
                http_put_response_hop_limit=1,
                instance_metadata_tags="enabled",
            ),
            block_device_mappings=[
                aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                    device_name=ROOT_DEVICE,
                    ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                        volume_size=ROOT_GIB, volume_type="gp3", encrypted="true", delete_on_termination="true"
                    ),
                )
            ],
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags)
                for kind in ("instance", "volume")
            ],
            tags=self.tags(),
            opts=self.child,
        )
