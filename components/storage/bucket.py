"""Bucket: an S3 bucket the way every bucket of the platform is.

Versioned, encrypted (SSE-S3), public access blocked, owner enforced, TLS only, unfinished uploads and old versions
cleaned up; protected and retained from its first update where the stack keeps data. No transition to a colder class:
small images lose money there (facts: 128 KB minimum, requests paid per object).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.base import Context, PlatformComponent, data_options
from components.storage.policies import tls_only

ABORT_UPLOAD_DAYS: Final = 3


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """`expire_days` maps a prefix to the days after which what is below it goes."""

    context: Context
    purpose: str
    noncurrent_days: int
    expire_days: Mapping[str, int] = field(default_factory=dict)
    tier: str = ""


@dataclass(frozen=True, kw_only=True)
class BucketOutputs:
    bucket: Output[str]


class Bucket(PlatformComponent[BucketOutputs]):
    """Creates a bucket and its six settings. Costs what it stores and the requests made to it."""

    def __init__(self, name: str, args: BucketArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts)
        bucket = self._create_bucket(args)
        self._close(bucket)
        self._create_versioning(bucket)
        self._create_lifecycle(args, bucket)
        self.publish(BucketOutputs(bucket=bucket.bucket))

    def _named(self, role: str) -> str:
        return f"{self.component_name}-{role}"

    def _create_bucket(self, args: BucketArgs) -> aws.s3.Bucket:
        naming, keep = args.context.naming, args.context.keep_data
        return aws.s3.Bucket(
            self._named("bucket"),
            bucket=args.context.account_id.apply(lambda account: naming.bucket(account, args.purpose)),
            force_destroy=not keep,
            tags=self.tags(**({"mlteam:tier": args.tier} if args.tier else {})),
            opts=data_options(self, keep=keep),
        )

    def _close(self, bucket: aws.s3.Bucket) -> None:
        block = aws.s3.BucketPublicAccessBlock(
            self._named("no-public"),
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self.child,
        )
        aws.s3.BucketOwnershipControls(
            self._named("owner"),
            bucket=bucket.bucket,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=self.child,
        )
        # S3 refuses two changes of one bucket's access at once (OperationAborted): one after the other.
        aws.s3.BucketPolicy(
            self._named("tls-only"),
            bucket=bucket.bucket,
            policy=bucket.bucket.apply(tls_only),
            opts=ResourceOptions(parent=self, depends_on=[block]),
        )
        encryption = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="AES256"
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            self._named("encryption"),
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=encryption
                )
            ],
            opts=self.child,
        )

    def _create_versioning(self, bucket: aws.s3.Bucket) -> None:
        aws.s3.BucketVersioning(
            self._named("versions"),
            bucket=bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=self.child,
        )

    def _create_lifecycle(self, args: BucketArgs, bucket: aws.s3.Bucket) -> None:
        rules = [_tidy_rule(args.noncurrent_days)]
        rules += [_expiry_rule(prefix, days) for prefix, days in sorted(args.expire_days.items())]
        aws.s3.BucketLifecycleConfiguration(
            self._named("lifecycle"), bucket=bucket.bucket, rules=rules, opts=self.child
        )


def _tidy_rule(noncurrent_days: int) -> aws.s3.BucketLifecycleConfigurationRuleArgs:
    return aws.s3.BucketLifecycleConfigurationRuleArgs(
        id="tidy",
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
        abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
            days_after_initiation=ABORT_UPLOAD_DAYS
        ),
        noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=noncurrent_days
        ),
    )


def _expiry_rule(prefix: str, days: int) -> aws.s3.BucketLifecycleConfigurationRuleArgs:
    return aws.s3.BucketLifecycleConfigurationRuleArgs(
        id=f"expire-{prefix.strip('/').replace('/', '-')}",
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=prefix),
        expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=days),
    )
