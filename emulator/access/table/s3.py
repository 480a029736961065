"""S3: what its operations ask for. Source: "Required permissions for Amazon S3 API operations" (read 2026-11)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from emulator.access.checks import Call, Check, Keys, Rule, Table, anywhere, given, on

LIST_KEYS: Final = {"Prefix": "s3:prefix", "Delimiter": "s3:delimiter", "MaxKeys": "s3:max-keys"}
WRITE_KEYS: Final = {
    "ACL": "s3:x-amz-acl",
    "IfMatch": "s3:if-match",
    "IfNoneMatch": "s3:if-none-match",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "StorageClass": "s3:x-amz-storage-class",
}


def bucket_arn(name: str) -> str:
    return f"arn:aws:s3:::{name}"


def object_arn(bucket: str, key: str) -> str:
    return f"arn:aws:s3:::{bucket}/{key}"


def _bucket(call: Call) -> str:
    return bucket_arn(call.parameters["Bucket"])


def _object(call: Call) -> str:
    return object_arn(call.parameters["Bucket"], call.parameters["Key"])


def _listing(action: str) -> Rule:
    return lambda call: (Check(action, _bucket(call), given(call.parameters, LIST_KEYS)),)


def _versioned(action: str, parameters: Mapping[str, Any]) -> tuple[str, Keys]:
    """The action's name for a version that is named: GetObject, GetObjectVersion."""
    version = parameters.get("VersionId")
    if not version:
        return action, {}
    return action.replace("Object", "ObjectVersion", 1), {"s3:versionid": version}


def _on_version(action: str) -> Rule:
    def rule(call: Call) -> Iterator[Check]:
        name, keys = _versioned(action, call.parameters)
        yield Check(name, _object(call), keys)

    return rule


def _write(call: Call) -> Iterator[Check]:
    """Comparing with what is there (If-Match) reads it; tags and ACLs have actions of their own."""
    parameters, target = call.parameters, _object(call)
    yield Check("s3:PutObject", target, {**given(parameters, WRITE_KEYS), **_object_tags(parameters)})
    if parameters.get("IfMatch"):
        yield Check("s3:GetObject", target)
    if parameters.get("Tagging"):
        yield Check("s3:PutObjectTagging", target, _object_tags(parameters))
    if parameters.get("ACL"):
        yield Check("s3:PutObjectAcl", target, given(parameters, {"ACL": "s3:x-amz-acl"}))


def _object_tags(parameters: Mapping[str, Any]) -> Keys:
    tags = {name: values[0] for name, values in parse_qs(parameters.get("Tagging") or "").items()}
    if not tags:
        return {}
    keys = {f"s3:requestobjecttag/{name.lower()}": value for name, value in tags.items()}
    return {**keys, "s3:requestobjecttagkeys": tuple(tags)}


def _copy(call: Call) -> Iterator[Check]:
    source, _, query = str(call.parameters["CopySource"]).partition("?versionId=")
    bucket, _, key = unquote(source).lstrip("/").partition("/")
    action, keys = _versioned("s3:GetObject", {"VersionId": query})
    yield Check(action, object_arn(bucket, key), keys)
    yield from _write(call)


def _delete(call: Call) -> Iterator[Check]:
    name, keys = _versioned("s3:DeleteObject", call.parameters)
    yield Check(name, _object(call), keys)
    if call.parameters.get("IfMatch"):
        yield Check("s3:GetObject", _object(call))


def _delete_many(call: Call) -> Iterator[Check]:
    for each in call.parameters["Delete"]["Objects"]:
        name, keys = _versioned("s3:DeleteObject", each)
        yield Check(name, object_arn(call.parameters["Bucket"], each["Key"]), keys)


def _attributes(call: Call) -> Iterator[Check]:
    for action in ("s3:GetObject", "s3:GetObjectAttributes"):
        name, keys = _versioned(action, call.parameters)
        yield Check(name, _object(call), keys)


BUCKET_ACTIONS: Final = {
    "CreateBucket": "s3:CreateBucket",
    "DeleteBucket": "s3:DeleteBucket",
    "DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "DeleteBucketPolicy": "s3:DeleteBucketPolicy",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "GetBucketLocation": "s3:GetBucketLocation",
    "GetBucketPolicy": "s3:GetBucketPolicy",
    "GetBucketVersioning": "s3:GetBucketVersioning",
    "HeadBucket": "s3:ListBucket",
    "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "PutBucketPolicy": "s3:PutBucketPolicy",
    "PutBucketVersioning": "s3:PutBucketVersioning",
}
TABLE: Final[Table] = {
    **{operation: on(action, _bucket) for operation, action in BUCKET_ACTIONS.items()},
    "ListBuckets": anywhere("s3:ListAllMyBuckets"),
    "ListObjects": _listing("s3:ListBucket"),
    "ListObjectsV2": _listing("s3:ListBucket"),
    "ListObjectVersions": _listing("s3:ListBucketVersions"),
    "ListMultipartUploads": _listing("s3:ListBucketMultipartUploads"),
    "GetObject": _on_version("s3:GetObject"),
    "HeadObject": _on_version("s3:GetObject"),
    "GetObjectAttributes": _attributes,
    "GetObjectTagging": _on_version("s3:GetObjectTagging"),
    "PutObject": _write,
    "PutObjectTagging": _on_version("s3:PutObjectTagging"),
    "CopyObject": _copy,
    "CreateMultipartUpload": _write,
    "UploadPart": on("s3:PutObject", _object),
    "UploadPartCopy": _copy,
    "CompleteMultipartUpload": _write,
    "AbortMultipartUpload": on("s3:AbortMultipartUpload", _object),
    "ListParts": on("s3:ListMultipartUploadParts", _object),
    "DeleteObject": _delete,
    "DeleteObjects": _delete_many,
}


def existence(call: Call) -> Check:
    """Who may not list may not learn that an object is missing: S3 answers 403 then, not 404. A listing that is
    allowed for some prefixes is asked with the object's own key as prefix (github.com/ceph/ceph/pull/68577)."""
    return Check("s3:ListBucket", _bucket(call), {"s3:prefix": call.parameters["Key"]})
