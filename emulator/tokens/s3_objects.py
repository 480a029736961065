"""The row of an object in a bucket."""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlencode

from emulator.rows import Call, Json, Kind, Property, Row, Tags
from emulator.tokens.s3 import NO_TAGS_LEFT


def _one_source(inputs: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    if inputs.get("content") is not None and inputs.get("source") is not None:
        yield "source", "is given beside content: give one of the two"


def _whole(params: dict[str, Json], known: Mapping[str, Json]) -> dict[str, Json]:
    """What is put takes the place of everything, tags too."""
    return {**params, "Tagging": urlencode(known["tag_map"])} if known["tag_map"] else params


def _only_this(params: dict[str, Json], known: Mapping[str, Json]) -> dict[str, Json]:
    """S3 lists by prefix: other keys that begin like this one stay."""
    mine = [one for one in params["Delete"]["Objects"] if one["Key"] == known["in"]["key"]]
    return {**params, "Delete": {"Objects": mine, "Quiet": True}}


_PLACE: Final = {"Bucket": "split('/', _.id)[0]", "Key": "join('/', split('/', _.id)[1:])"}
_METADATA: Final = {
    "contentType": "ContentType",
    "cacheControl": "CacheControl",
    "contentDisposition": "ContentDisposition",
    "contentEncoding": "ContentEncoding",
    "contentLanguage": "ContentLanguage",
    "serverSideEncryption": "ServerSideEncryption",
    "metadata": "Metadata",
}

OBJECT = Row(
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "s3",
    properties={
        "bucket": Property("PutObject.Bucket", read=_PLACE["Bucket"], required=True, replaces=True),
        "key": Property("PutObject.Key", read=_PLACE["Key"], required=True, replaces=True),
        "content": Property("PutObject.Body", read=None),
        "source": Property("PutObject.Body", kind=Kind.ASSET, read=None),
        "sourceHash": Property(type="string", read=None),
        "kmsKeyId": Property("PutObject.SSEKMSKeyId", kind=Kind.ARN),
        "storageClass": Property("PutObject.StorageClass", read="value_or(StorageClass, 'STANDARD')"),
        "forceDestroy": Property(type="boolean", default=False),
        **{name: Property(f"PutObject.{member}") for name, member in _METADATA.items()},
    },
    id="format('{bucket}/{key}', _.in)",
    create=(Call("PutObject", shape=_whole),),
    read=(
        Call("HeadObject", _PLACE),
        Call("GetObjectTagging", _PLACE, into="tagging"),
    ),
    update=(
        Call("PutObject", when="_.changed[?@ != 'tags' && @ != 'forceDestroy']", shape=_whole),
        Call("DeleteObjectTagging", _PLACE, when=NO_TAGS_LEFT),
    ),
    # Every version goes, as pulumi-aws does it: a delete marker would keep the bucket from going.
    delete=(
        Call("ListObjectVersions", {"Bucket": _PLACE["Bucket"], "Prefix": _PLACE["Key"]}),
        Call(
            "DeleteObjects",
            {"Bucket": _PLACE["Bucket"], "Delete.Objects": "_.item"},
            each="chunks(`1000`, [Versions, DeleteMarkers][][].{Key: Key, VersionId: VersionId})",
            shape=_only_this,
            ignore=("MalformedXML",),  # none of the thousand is this key
        ),
    ),
    outputs={
        "arn": "format('arn:{partition}:s3:::{id}', _)",
        "etag": "from_json(ETag)",
        "versionId": "VersionId",
    },
    volatile=("etag", "versionId"),
    gone=("404", "NoSuchKey", "NoSuchBucket"),
    check=_one_source,
    tags=Tags(
        read="tagging.TagSet",
        set=Call(
            "PutObjectTagging",
            _PLACE,
            when="_.tag_list",
            shape=lambda params, known: {**params, "Tagging": {"TagSet": known["tag_list"]}},
        ),
    ),
)

ROWS = (OBJECT,)

# Where a row and CloudFormation differ (`emulator.agreement`).
DIFFERENCES = {OBJECT.token: {"schema": "CloudFormation has buckets and no objects"}}
