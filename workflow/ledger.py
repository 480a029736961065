"""What happened to a stack's deployment: one object per generation, written once, never changed.

`workflow/deployments/<stack>/<generation>.json` says which verb, by whom, under which fencing number, and holds the
deployment itself: a rollback years later can read what was served when.
"""

import json
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from workflow.deployment import Deployment
from workflow.errors import RefusedError
from workflow.s3 import Address, ConflictError, pages, read, write

_WIDTH: Final = 8
"""Zeroes before the number, so that S3's order of names is the order of generations."""


class Entry(BaseModel):
    """`reason` is for people: which test promoted, why it was rolled back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    verb: str
    author: str
    fencing: int
    reason: str
    deployment: Deployment


def record_generation(client: Any, bucket: str, stack: str, entry: Entry) -> None:
    """RefusedError when the generation has an entry already: somebody else was faster."""
    address = _folder(bucket, stack) / f"{entry.deployment.generation:0{_WIDTH}d}.json"
    try:
        write(client, address, entry.model_dump_json(indent=1).encode(), if_absent=True)
    except ConflictError as error:
        raise RefusedError(
            f"generation {entry.deployment.generation} has been recorded by somebody else",
            cure="mlteam status, then the same command again",
        ) from error


def last_entries(client: Any, bucket: str, stack: str, count: int) -> list[Entry]:
    """The newest first. Entries that cannot be read are left out: status must work in a damaged stack."""
    keys = [item["Key"] for page in pages(client, _folder(bucket, stack)) for item in page]
    entries = []
    for key in sorted(keys, reverse=True)[:count]:
        stored = read(client, Address(bucket, key))
        try:
            entries.append(Entry.model_validate(json.loads(stored.body if stored else b"")))
        except (ValueError, ValidationError):
            continue
    return entries


def _folder(bucket: str, stack: str) -> Address:
    return Address(bucket, f"workflow/deployments/{stack}/")
