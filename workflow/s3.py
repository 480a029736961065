"""S3 by address: s3://bucket/key in, bytes out, writes with a condition on request.

Promises that a conditional write that loses says so (`ConflictError`) and that a missing object is None, not an
exception. Leaves retries to boto3 (standard mode, see `workflow.aws`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from workflow.errors import RefusedError, UsageError

MISSING_CODES: Final = frozenset({"NoSuchKey", "404", "NotFound"})
LOST_CODES: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


class ConflictError(RefusedError):
    """Somebody else wrote the object first: read it again and decide anew."""


class Address(NamedTuple):
    """A place in S3; `key` may be a prefix (ending in a slash)."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def __truediv__(self, name: str) -> "Address":
        return Address(self.bucket, f"{self.key.rstrip('/')}/{name}" if self.key else name)


@dataclass(frozen=True)
class Stored:
    """An object's bytes and the ETag that `write(if_match=...)` takes."""

    body: bytes
    etag: str


def parse(uri: str) -> Address:
    if not uri.startswith("s3://") or not urlsplit(uri).netloc:
        raise UsageError(f"{uri!r} is no S3 address; allowed: s3://bucket/key")
    bucket, _, key = uri.removeprefix("s3://").partition("/")  # urlsplit would take a '#' or '?' out of the key
    return Address(bucket, key)


def restoring(address: Address) -> str:
    """The cure where an object is damaged or gone: its bucket keeps former versions."""
    bucket, key = address
    return (
        f"put its last good version back: aws s3api list-object-versions --bucket {bucket} --prefix {key}, then "
        f"aws s3api copy-object --bucket {bucket} --key {key} --copy-source {bucket}/{key}?versionId=ID"
    )


def read(client: Any, address: Address) -> Stored | None:
    """None where there is no such object."""
    try:
        answer = client.get_object(Bucket=address.bucket, Key=address.key)
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in MISSING_CODES:
            return None
        raise
    return Stored(answer["Body"].read(), answer["ETag"])


def write(client: Any, address: Address, body: bytes, *, if_match: str = "", if_absent: bool = False) -> str:
    """Put the object and return its ETag; `if_match` (an ETag) and `if_absent` make it a compare-and-swap."""
    condition = {"IfMatch": if_match} if if_match else {"IfNoneMatch": "*"} if if_absent else {}
    try:
        answer = client.put_object(Bucket=address.bucket, Key=address.key, Body=body, **condition)
    except client.exceptions.ClientError as error:
        if condition and error.response["Error"]["Code"] in LOST_CODES | MISSING_CODES:
            raise ConflictError(f"{address} was changed by somebody else meanwhile") from error
        raise
    return str(answer["ETag"])


def exists(client: Any, address: Address) -> bool:
    try:
        client.head_object(Bucket=address.bucket, Key=address.key)
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in MISSING_CODES:
            return False
        raise
    return True


def pages(client: Any, prefix: Address) -> Iterator[list[dict[str, Any]]]:
    """The objects below a prefix, one LIST request (at most 1,000 objects) at a time."""
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key):
        yield page.get("Contents", [])
