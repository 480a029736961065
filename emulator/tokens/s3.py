"""Rows of S3: buckets and what is configured on them (objects and lifecycle rules have modules of their own)."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from emulator.rows import Call, Json, Kind, Property, Row, Tags

# The hosted zone of S3's website endpoints in us-east-1; https://docs.aws.amazon.com/general/latest/gr/s3.html
_HOSTED_ZONE: Final = "Z3AQBSTGFYJSTF"


def of_bucket(operation: str) -> Property:
    """The property that names the bucket which a resource configures; answers never repeat it, the id does."""
    return Property(f"{operation}.Bucket", read="_.id", required=True, replaces=True, cloudformation="/BucketName")


# S3 takes all tags at once, and at least one.
NO_TAGS_LEFT: Final = "contains(_.changed, 'tags') && !(_.tag_list)"

BUCKET = Row(
    "aws:s3/bucket:Bucket",
    "s3",
    cloudformation="AWS::S3::Bucket",
    properties={
        "bucket": Property("CreateBucket.Bucket", read="_.id", replaces=True, cloudformation="BucketName"),
        "bucketPrefix": Property(type="string", replaces=True, cloudformation="BucketNamePrefix"),
        "forceDestroy": Property(type="boolean", default=False),
        "objectLockEnabled": Property(
            "CreateBucket.ObjectLockEnabledForBucket", read=None, replaces=True, cloudformation="ObjectLockEnabled"
        ),
    },
    id="_.in.bucket",
    create=(
        # us-east-1 is the one region that may not be named.
        Call("CreateBucket", {"CreateBucketConfiguration.LocationConstraint": "_.region != 'us-east-1' && _.region"}),
    ),
    read=(
        Call("HeadBucket", {"Bucket": "_.id"}),
        Call("GetBucketTagging", {"Bucket": "_.id"}, into="tagging", ignore=("NoSuchTagSet",)),
    ),
    delete=(
        Call("ListObjectVersions", {"Bucket": "_.id"}, when="_.in.forceDestroy"),
        Call(
            "DeleteObjects",
            {"Bucket": "_.id", "Delete.Objects": "_.item", "Delete.Quiet": "`true`"},
            each="chunks(`1000`, [Versions, DeleteMarkers][][].{Key: Key, VersionId: VersionId})",
        ),
        Call("DeleteBucket", {"Bucket": "_.id"}),
    ),
    outputs={
        "arn": "format('arn:{partition}:s3:::{id}', _)",
        "bucketDomainName": "format('{id}.s3.amazonaws.com', _)",
        "bucketRegionalDomainName": "format('{id}.s3.{region}.amazonaws.com', _)",
        "bucketRegion": "_.region",
        "hostedZoneId": f"'{_HOSTED_ZONE}'",
    },
    gone=("NoSuchBucket", "404"),
    name="bucket",
    name_prefix="bucketPrefix",
    name_limit=63,
    name_lower=True,
    update=(Call("DeleteBucketTagging", {"Bucket": "_.id"}, when=NO_TAGS_LEFT),),
    tags=Tags(
        read="tagging.TagSet",
        set=Call(
            "PutBucketTagging",
            {"Bucket": "_.id"},
            when="_.tag_list",
            shape=lambda params, known: {**params, "Tagging": {"TagSet": known["tag_list"]}},
        ),
        after_create=True,
    ),
)

VERSIONING = Row(
    "aws:s3/bucketVersioning:BucketVersioning",
    "s3",
    cloudformation="AWS::S3::Bucket",
    properties={
        "bucket": of_bucket("PutBucketVersioning"),
        "versioningConfiguration": Property(
            "PutBucketVersioning.VersioningConfiguration",
            read="@",
            required=True,
            fields={
                "status": Property("Status", required=True),
                "mfaDelete": Property("MFADelete", cloudformation="-"),
            },
        ),
    },
    id="_.in.bucket",
    create=(Call("PutBucketVersioning"),),
    # A bucket without any versioning answers without a Status: then there is no such resource.
    read=(Call("GetBucketVersioning", {"Bucket": "_.id"}, select="Status && @"),),
    update=(Call("PutBucketVersioning"),),
    delete=(Call("PutBucketVersioning", {"Bucket": "_.id", "VersioningConfiguration": '`{"Status": "Suspended"}`'}),),
    gone=("NoSuchBucket",),
    delete_before_replace=True,
)

_ENCRYPTION: Final = "ServerSideEncryptionConfiguration"
ENCRYPTION = Row(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "s3",
    cloudformation="AWS::S3::Bucket",
    properties={
        "bucket": of_bucket("PutBucketEncryption"),
        "rules": Property(
            f"PutBucketEncryption.{_ENCRYPTION}.Rules",
            cloudformation=f"BucketEncryption/{_ENCRYPTION}",
            required=True,
            many=True,
            fields={
                "applyServerSideEncryptionByDefault": Property(
                    "ApplyServerSideEncryptionByDefault",
                    cloudformation="ServerSideEncryptionByDefault",
                    fields={
                        "sseAlgorithm": Property("SSEAlgorithm", required=True),
                        "kmsMasterKeyId": Property("KMSMasterKeyID"),
                    },
                ),
                "bucketKeyEnabled": Property("BucketKeyEnabled"),
            },
        ),
    },
    id="_.in.bucket",
    create=(Call("PutBucketEncryption"),),
    read=(Call("GetBucketEncryption", {"Bucket": "_.id"}),),
    update=(Call("PutBucketEncryption"),),
    delete=(Call("DeleteBucketEncryption", {"Bucket": "_.id"}),),
    gone=("ServerSideEncryptionConfigurationNotFoundError", "NoSuchBucket"),
    delete_before_replace=True,
)


def _blocked(member: str) -> Property:
    return Property(f"PutPublicAccessBlock.PublicAccessBlockConfiguration.{member}", default=False)


PUBLIC_ACCESS_BLOCK = Row(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "s3",
    cloudformation="AWS::S3::Bucket.PublicAccessBlockConfiguration",
    properties={
        "bucket": Property(
            "PutPublicAccessBlock.Bucket", read="_.id", required=True, replaces=True, cloudformation="/BucketName"
        ),
        "blockPublicAcls": _blocked("BlockPublicAcls"),
        "blockPublicPolicy": _blocked("BlockPublicPolicy"),
        "ignorePublicAcls": _blocked("IgnorePublicAcls"),
        "restrictPublicBuckets": _blocked("RestrictPublicBuckets"),
    },
    id="_.in.bucket",
    create=(Call("PutPublicAccessBlock"),),
    read=(Call("GetPublicAccessBlock", {"Bucket": "_.id"}),),
    update=(Call("PutPublicAccessBlock"),),
    delete=(Call("DeletePublicAccessBlock", {"Bucket": "_.id"}),),
    gone=("NoSuchPublicAccessBlockConfiguration", "NoSuchBucket"),
    delete_before_replace=True,
)

OWNERSHIP = Row(
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "s3",
    cloudformation="AWS::S3::Bucket",
    properties={
        "bucket": of_bucket("PutBucketOwnershipControls"),
        "rule": Property(
            "PutBucketOwnershipControls.OwnershipControls.Rules[0]",
            cloudformation="OwnershipControls/Rules",
            required=True,
            fields={"objectOwnership": Property("ObjectOwnership", required=True)},
        ),
    },
    id="_.in.bucket",
    create=(Call("PutBucketOwnershipControls"),),
    read=(Call("GetBucketOwnershipControls", {"Bucket": "_.id"}),),
    update=(Call("PutBucketOwnershipControls"),),
    delete=(Call("DeleteBucketOwnershipControls", {"Bucket": "_.id"}),),
    gone=("OwnershipControlsNotFoundError", "NoSuchBucket"),
    delete_before_replace=True,
)


def _policy_is_about_its_bucket(inputs: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """S3 refuses a statement without Principal, or about anything but this bucket ("Policy has invalid resource")."""
    policy = inputs["policy"]
    document = json.loads(policy) if isinstance(policy, str) else policy
    statements = document["Statement"]
    own = f"arn:aws:s3:::{inputs['bucket']}"
    for statement in [statements] if isinstance(statements, dict) else statements:
        if not statement.keys() & {"Principal", "NotPrincipal"}:
            yield "policy", "has a statement without Principal: a bucket's policy must say whom it is about"
        resources: str | list[str] = statement.get("Resource") or statement.get("NotResource") or []
        for resource in [resources] if isinstance(resources, str) else resources:
            if resource != own and not resource.startswith(f"{own}/"):
                yield "policy", f"names the resource {resource!r}: allowed are {own} and {own}/..."


POLICY = Row(
    "aws:s3/bucketPolicy:BucketPolicy",
    "s3",
    cloudformation="AWS::S3::BucketPolicy",
    properties={
        "bucket": Property("PutBucketPolicy.Bucket", read="_.id", required=True, replaces=True),
        "policy": Property("PutBucketPolicy.Policy", kind=Kind.POLICY, required=True, cloudformation="PolicyDocument"),
    },
    id="_.in.bucket",
    create=(Call("PutBucketPolicy"),),
    read=(Call("GetBucketPolicy", {"Bucket": "_.id"}),),
    update=(Call("PutBucketPolicy"),),
    delete=(Call("DeleteBucketPolicy", {"Bucket": "_.id"}),),
    gone=("NoSuchBucketPolicy", "NoSuchBucket"),
    check=_policy_is_about_its_bucket,
    delete_before_replace=True,
)

ROWS = (BUCKET, VERSIONING, ENCRYPTION, PUBLIC_ACCESS_BLOCK, OWNERSHIP, POLICY)

# Where a row and CloudFormation differ (`emulator.agreement`).
_SPLIT: Final = "a resource of its own in pulumi-aws, which must name its bucket; CloudFormation has it in the bucket"
DIFFERENCES = {
    BUCKET.token: {
        "replaces objectLockEnabled": "pulumi-aws replaces; S3 has since learned to switch it on later",
    },
    VERSIONING.token: {
        "required bucket": _SPLIT,
        "required versioningConfiguration": _SPLIT,
        "absent versioningConfiguration.mfaDelete": "CloudFormation cannot set it: it needs the root user's device",
    },
    ENCRYPTION.token: {
        "required bucket": _SPLIT,
        "enum rules.applyServerSideEncryptionByDefault.sseAlgorithm": "botocore lists what S3 uses for its own buckets",
    },
    PUBLIC_ACCESS_BLOCK.token: {"required bucket": _SPLIT},
    OWNERSHIP.token: {
        "required bucket": _SPLIT,
        "required rule.objectOwnership": "S3's own API requires it, the schema forgot to",
    },
}
