"""A job's record in S3: one that another revision wrote is not guessed at."""

import dataclasses
import io
from typing import Any

import pytest

from workflow.errors import UsageError
from workflow.s3 import Address
from workflow.training.job import State, Status, read_status, to_bytes

FOLDER = Address("bucket", "workflow/jobs/first-0123456789ab")


@dataclasses.dataclass(frozen=True)
class Bucket:
    """Holds one body, whatever is asked for."""

    body: bytes

    def get_object(self, **_: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.body), "ETag": "e"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (to_bytes(Status(state=State.RUNNING, version=99)), r"has version 99; allowed: \d+"),
        (b"{", "cannot be read"),
    ],
)
def test_a_record_of_another_revision_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=f"{said}.*\n  cure: was it written by another mlteam"):
        read_status(Bucket(body), FOLDER)
