"""Record: where the workflow finds the platform: an S3 object, and an SSM parameter that says where it is.

A standard parameter ends at 4,096 bytes, so it holds the address only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.base import Context, PlatformComponent
from components.platform import platform_parameter

KEY: Final = "workflow/platform.json"


@dataclass(frozen=True, kw_only=True)
class RecordArgs:
    """`record` is the platform record as JSON."""

    context: Context
    artifact_bucket: Output[str]
    record: Output[str]


@dataclass(frozen=True, kw_only=True)
class RecordOutputs:
    uri: Output[str]


class Record(PlatformComponent[RecordOutputs]):
    """Creates one S3 object and one SSM parameter. Costs nothing."""

    def __init__(self, name: str, args: RecordArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts)
        naming = args.context.naming
        stored = aws.s3.BucketObjectv2(
            f"{name}-platform",
            bucket=args.artifact_bucket,
            key=KEY,
            content=args.record,
            content_type="application/json",
            tags=self.tags(),
            opts=self.child,
        )
        uri = args.artifact_bucket.apply(lambda bucket: f"s3://{bucket}/{KEY}")
        aws.ssm.Parameter(
            f"{name}-address",
            name=platform_parameter(naming.project, naming.stack),
            description="Where the platform record of this stack is",
            type="String",
            value=uri,
            tags=self.tags(),
            opts=ResourceOptions(parent=self, depends_on=[stored]),
        )
        self.publish(RecordOutputs(uri=uri))
