"""tracking/managed: SageMaker's serverless MLflow. AWS keeps the runs, the artifact bucket keeps what they left.

Clients know the app by its ARN, sign requests with their own AWS identity, and read and write artifacts themselves:
the app does not proxy them. One action covers its whole REST API, so whoever may log may also delete (AWS, SageMaker
developer guide, "Set up IAM permissions for MLflow Apps", read 2026-11).
"""

from __future__ import annotations

from typing import Final

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.base import PlatformComponent
from components.shared import policies
from components.shared.roles import attach_statements, create_role
from components.shared.statements import Statement
from components.tracking.contract import TrackingArgs, TrackingOutputs
from components.variants import Variant

ROLE: Final = "mlflow-app"
STORE: Final = "mlflow-app/"
"""Prefix of the artifact bucket; the host's server has one of its own, so that neither side touches the other's."""


def store_statements(sid: str, bucket: str, *more: str) -> tuple[Statement, ...]:
    """Read and list artifacts, and `more`; nothing deletes them but the bucket's owner."""
    return (
        Statement(sid=sid, actions=("s3:GetObject", *more), resources=(f"arn:aws:s3:::{bucket}/{STORE}*",)),
        policies.list_prefixes(f"{sid}List", bucket, STORE),
    )


def app_statements(bucket: str) -> tuple[Statement, ...]:
    """The app's own. AWS's example has s3:Get*, s3:Put* and s3:List* on everything: these are what a store needs."""
    return (
        *store_statements("MlflowStore", bucket, *policies.OBJECT_WRITE),
        Statement(sid="MlflowBucket", actions=("s3:GetBucketLocation",), resources=(f"arn:aws:s3:::{bucket}",)),
    )


def client_statements(app_arn: str, bucket: str, *more: str) -> tuple[Statement, ...]:
    """`more` are further actions on artifacts than to read them."""
    return (
        Statement(sid="TrackingCalls", actions=("sagemaker:CallMlflowAppApi",), resources=(app_arn,)),
        *store_statements("TrackingStore", bucket, *more),
    )


class ManagedTracking(PlatformComponent[TrackingOutputs[Output[str]]]):
    """Creates an app and its role. Costs nothing while idle; artifacts cost what the bucket costs.

    An app that a swap or a destroy leaves behind keeps its runs, loses its role, and is no longer this stack's.
    """

    def __init__(self, name: str, args: TrackingArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts, variant=Variant.MANAGED)
        app = self._create_app(args)
        known = Output.all(app.arn, args.artifact_bucket)
        self.client_statements = known.apply(lambda each: client_statements(*each, *policies.OBJECT_WRITE))
        self.reader_statements = known.apply(lambda each: client_statements(*each))
        self.publish(
            TrackingOutputs(
                variant=Variant.MANAGED.value,
                tracking_uri=app.arn,
                username="",
                password_parameter="",
            )
        )

    def _create_app(self, args: TrackingArgs) -> aws.sagemaker.MlflowApp:
        trust = args.context.account_id.apply(
            lambda account: policies.trust_service("sagemaker.amazonaws.com", account)
        )
        role = create_role(self, ROLE, trust)
        policy = attach_statements(self, ROLE, role.name, args.artifact_bucket.apply(app_statements))
        return aws.sagemaker.MlflowApp(
            f"{self.component_name}-app",
            # Without a name: one that was left behind goes on bearing its own, and the next one must not meet it.
            artifact_store_uri=args.artifact_bucket.apply(lambda bucket: f"s3://{bucket}/{STORE.rstrip('/')}"),
            role_arn=role.arn,
            tags=self.tags(),
            # Kept where the stack keeps data, but not protected: that would stop every update that swaps it away.
            opts=ResourceOptions(parent=self, depends_on=[policy], retain_on_delete=args.context.keep_data),
        )
