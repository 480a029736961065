"""Time as S3 tells it: leases and approvals expire by the store's clock, never by the machine's that asks."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from workflow.s3 import MISSING_CODES, Address


class Dated(NamedTuple):
    """An object with the store's own times: when it was written, and when it was read."""

    body: bytes
    etag: str
    written_at: datetime
    read_at: datetime

    def age(self) -> timedelta:
        return self.read_at - self.written_at


def read_dated(client: Any, address: Address) -> Dated | None:
    """None where there is no such object."""
    try:
        answer = client.get_object(Bucket=address.bucket, Key=address.key)
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in MISSING_CODES:
            return None
        raise
    said = answer["ResponseMetadata"]["HTTPHeaders"].get("date")  # always there over HTTP; moto in process omits it
    now = parsedate_to_datetime(said) if said else datetime.now(UTC)
    return Dated(answer["Body"].read(), answer["ETag"], answer["LastModified"], now)
