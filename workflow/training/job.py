"""A training job as it lies in S3: what to do (job.json), how far it is (status.json), what it left behind.

A job is its content: the same project, data and parameters have the same id, so asking twice trains once.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeVar

from workflow import s3
from workflow.decode import DecodeError, decode
from workflow.errors import UsageError

R = TypeVar("R", "Job", "Status")

JOB_VERSION: Final = 1
JOB_FILE: Final = "job.json"
STATUS_FILE: Final = "status.json"
LOG_FILE: Final = "log.txt"
PROJECT_FILE: Final = "project.zip"
MODEL_FILE: Final = "model.zip"
BUFFER_FILE: Final = "buffer.jsonl"
ID_DIGITS: Final = 12


class State(StrEnum):
    """`untracked`: trained, but MLflow was down to the end; model and log are kept with the job."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNTRACKED = "untracked"


@dataclass(frozen=True, kw_only=True)
class Job:
    """`author` is the AWS identity that asked for it. `password_parameter` names a secret, and holds none."""

    version: int = JOB_VERSION
    id: str
    folder_uri: str
    candidate: str
    tier: str
    parameters: Mapping[str, str]
    manifest_uri: str
    manifest_digest: str
    pack_uri: str
    project: str
    project_digest: str
    git_commit: str
    author: str
    region: str
    tracking_uri: str
    tracking_username: str
    password_parameter: str
    max_broken_fraction: float

    @property
    def folder(self) -> s3.Address:
        return s3.parse(self.folder_uri)


@dataclass(frozen=True, kw_only=True)
class Status:
    """`attempt` counts the machines that were tried; `message` is for people; the rest is known once it succeeded."""

    version: int = JOB_VERSION
    state: State
    attempt: int = 1
    message: str = ""
    run_id: str = ""
    model_name: str = ""
    model_version: str = ""
    digest: str = ""
    warnings: tuple[str, ...] = field(default=())


def job_id(candidate: str, content: Mapping[str, object]) -> str:
    """`candidate`-<12 hex digits of what is trained from what>."""
    text = json.dumps({"candidate": candidate, **content}, sort_keys=True)
    return f"{candidate}-{hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]}"


def to_bytes(record: Job | Status) -> bytes:
    return (json.dumps(dataclasses.asdict(record), indent=2, ensure_ascii=False) + "\n").encode()


def read_job(client: Any, folder: s3.Address) -> Job:
    stored = s3.read(client, folder / JOB_FILE)
    if stored is None:
        name = folder.key.rstrip("/").rpartition("/")[2]
        raise UsageError(f"there is no job {name!r} ({folder})", cure="`mlteam train` without --resume starts one")
    return _decoded(Job, stored.body, folder / JOB_FILE)


def read_status(client: Any, folder: s3.Address) -> Status | None:
    """None before the job's machine has said anything."""
    stored = s3.read(client, folder / STATUS_FILE)
    return None if stored is None else _decoded(Status, stored.body, folder / STATUS_FILE)


def write_status(client: Any, folder: s3.Address, status: Status) -> None:
    s3.write(client, folder / STATUS_FILE, to_bytes(status))


def _decoded(kind: type[R], body: bytes, address: s3.Address) -> R:
    cure = "was it written by another mlteam?"
    try:
        record = decode(kind, json.loads(body))
    except (DecodeError, ValueError) as error:
        raise UsageError(f"{address} cannot be read: {error}", cure=cure) from error
    if record.version != JOB_VERSION:
        raise UsageError(f"{address} has version {record.version}; allowed: {JOB_VERSION}", cure=cure)
    return record
