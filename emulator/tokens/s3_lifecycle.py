"""The row of a bucket's lifecycle rules."""

from collections.abc import Iterator, Mapping
from typing import Final

from emulator.rows import Call, Json, Kind, Property, Row
from emulator.tokens.s3 import of_bucket

# S3 refuses an earlier move; https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
_EARLIEST_DAYS: Final = {"STANDARD_IA": 30, "ONEZONE_IA": 30}
_ACTIONS: Final = (
    "abortIncompleteMultipartUpload",
    "expiration",
    "noncurrentVersionExpiration",
    "noncurrentVersionTransitions",
    "transitions",
)


def _rules_make_sense(inputs: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """What S3 answers with InvalidArgument or MalformedXML."""
    rules = inputs.get("rules") or []
    names = [rule["id"] for rule in rules]
    for index, rule in enumerate(rules):
        path = f"rules[{index}]"
        if names.index(rule["id"]) != index:
            yield f"{path}.id", f"is {rule['id']!r}: another rule has this id, it must be unique"
        if not any(rule.get(action) for action in _ACTIONS):
            yield path, f"does nothing: at least one of {', '.join(_ACTIONS)} is needed"
        if rule.get("filter") and rule.get("prefix"):
            yield f"{path}.prefix", "is given beside a filter: S3 takes one of the two"
        yield from _too_early(path, rule)


def _too_early(path: str, rule: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    for index, move in enumerate(rule.get("transitions") or []):
        earliest = _EARLIEST_DAYS.get(move["storageClass"], 0)
        if move.get("days") is not None and move["days"] < earliest:
            where = f"{path}.transitions[{index}].days"
            yield where, f"is {move['days']}: must be at least {earliest} for {move['storageClass']}"


def _with_filter(params: dict[str, Json], _: Mapping[str, Json]) -> dict[str, Json]:
    """S3 wants a Filter or a Prefix in every rule; no filter means every object."""
    for rule in params["LifecycleConfiguration"]["Rules"]:
        if "Filter" not in rule and "Prefix" not in rule:
            rule["Filter"] = {"Prefix": ""}
    return params


def _without_empty_filter(document: dict[str, Json], known: Mapping[str, Json]) -> dict[str, Json]:
    """S3 answers with the Filter that `_with_filter` added; a program that gave an empty one itself keeps it."""
    given = {rule["id"] for rule in (known.get("in") or {}).get("rules") or [] if rule.get("filter") is not None}
    for rule in document.get("Rules") or []:
        if rule["ID"] not in given and rule.get("Filter") in ({}, {"Prefix": ""}):
            del rule["Filter"]
    return document


# moto forgets the sizes in a filter's `And`: what the program said is taken for true there.
_TOGETHER: Final = {
    "objectSizeGreaterThan": Property("ObjectSizeGreaterThan", read=None),
    "objectSizeLessThan": Property("ObjectSizeLessThan", read=None),
    "prefix": Property("Prefix"),
    "tags": Property("Tags", kind=Kind.TAGS),
}
_FILTER: Final = {
    "objectSizeGreaterThan": Property("ObjectSizeGreaterThan"),
    "objectSizeLessThan": Property("ObjectSizeLessThan"),
    "prefix": Property("Prefix"),
    "and": Property("And", fields=_TOGETHER),
    "tag": Property("Tag", fields={"key": Property("Key", required=True), "value": Property("Value", required=True)}),
}
_RULE: Final = {
    "id": Property("ID", required=True, cloudformation="Id"),
    "status": Property("Status", required=True),
    "prefix": Property("Prefix"),
    "filter": Property("Filter", fields=_FILTER, cloudformation="-"),
    "abortIncompleteMultipartUpload": Property(
        "AbortIncompleteMultipartUpload", fields={"daysAfterInitiation": Property("DaysAfterInitiation", required=True)}
    ),
    "expiration": Property(
        "Expiration",
        cloudformation="-",
        fields={
            "days": Property("Days"),
            "date": Property("Date"),
            "expiredObjectDeleteMarker": Property("ExpiredObjectDeleteMarker"),
        },
    ),
    "noncurrentVersionExpiration": Property(
        "NoncurrentVersionExpiration",
        fields={
            "noncurrentDays": Property("NoncurrentDays", required=True),
            "newerNoncurrentVersions": Property("NewerNoncurrentVersions"),
        },
    ),
    "noncurrentVersionTransitions": Property(
        "NoncurrentVersionTransitions",
        many=True,
        unordered=True,
        fields={
            "noncurrentDays": Property("NoncurrentDays", required=True, cloudformation="TransitionInDays"),
            "storageClass": Property("StorageClass", required=True),
            "newerNoncurrentVersions": Property("NewerNoncurrentVersions"),
        },
    ),
    "transitions": Property(
        "Transitions",
        many=True,
        unordered=True,
        fields={
            "storageClass": Property("StorageClass", required=True),
            "days": Property("Days", cloudformation="TransitionInDays"),
            "date": Property("Date", cloudformation="TransitionDate"),
        },
    ),
}

LIFECYCLE = Row(
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "s3",
    cloudformation="AWS::S3::Bucket.LifecycleConfiguration",
    properties={
        "bucket": of_bucket("PutBucketLifecycleConfiguration"),
        "rules": Property(
            "PutBucketLifecycleConfiguration.LifecycleConfiguration.Rules",
            read="Rules",
            many=True,
            required=True,
            fields=_RULE,
        ),
        "transitionDefaultMinimumObjectSize": Property(
            "PutBucketLifecycleConfiguration.TransitionDefaultMinimumObjectSize",
            read=None,  # moto answers with the default always
            default="all_storage_classes_128K",
        ),
    },
    id="_.in.bucket",
    create=(Call("PutBucketLifecycleConfiguration", shape=_with_filter),),
    read=(Call("GetBucketLifecycleConfiguration", {"Bucket": "_.id"}),),
    update=(Call("PutBucketLifecycleConfiguration", shape=_with_filter),),
    delete=(Call("DeleteBucketLifecycle", {"Bucket": "_.id"}),),
    gone=("NoSuchLifecycleConfiguration", "NoSuchBucket"),
    check=_rules_make_sense,
    amend=_without_empty_filter,
    delete_before_replace=True,
)

ROWS = (LIFECYCLE,)

_ALIAS: Final = "Glacier is CloudFormation's older word for GLACIER"
DIFFERENCES = {
    LIFECYCLE.token: {
        "required bucket": "a resource of its own in pulumi-aws; CloudFormation has it in the bucket",
        "required rules.id": "pulumi-aws requires it; S3 makes one up",
        "absent rules.filter": "CloudFormation writes prefix, tags and sizes beside the action",
        "absent rules.expiration": "CloudFormation writes its members beside the status",
        "enum rules.noncurrentVersionTransitions.storageClass": _ALIAS,
        "enum rules.transitions.storageClass": _ALIAS,
    },
}
