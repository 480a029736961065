"""What AWS says about MLflow Apps, SageMaker's serverless MLflow: what one needs, when it may change. No processes.

AWS documents ConflictException for an update at the wrong time or to a taken name (API reference, read 2026-11); the
emulator answers it wherever the state or the name stands in the way.
"""

from importlib.metadata import version
from typing import Final
from urllib.parse import urlsplit

from moto.s3.models import s3_backends

from emulator.access import services
from emulator.seam import AwsError, Call, Record

PRINCIPAL: Final = "sagemaker.amazonaws.com"
SETTLED: Final = frozenset({"Created", "CreateFailed", "Updated", "UpdateFailed", "DeleteFailed"})
_PARTITION: Final = "aws"


def complete(call: Call, record: Record) -> Record:
    """What AWS adds to an app; refuses one that could not work, and a change while another is under way."""
    is_new = call.operation == "CreateMlflowApp"
    if not is_new:
        _require_settled(call, record)
    _require_role(call.account_id, record["RoleArn"])
    _require_bucket(call.account_id, record["ArtifactStoreUri"])
    return {"Status": "Creating" if is_new else "Updating", "MlflowVersion": version("mlflow")}


def leave(call: Call, record: Record) -> Record:
    _require_settled(call, record)
    return {"Status": "Deleting"}


def matches(record: Record, asked: Record) -> bool:
    return (
        all(asked.get(member) in (None, record.get(member)) for member in ("Status", "MlflowVersion"))
        and asked.get("AccountDefaultStatus") in (None, record.get("AccountDefaultStatus", "DISABLED"))
        and asked.get("DefaultForDomainId") in (None, *record.get("DefaultDomainIdList", ()))
        and ("CreatedAfter" not in asked or record["CreationTime"] > asked["CreatedAfter"])
        and ("CreatedBefore" not in asked or record["CreationTime"] < asked["CreatedBefore"])
    )


def arrange(records: list[Record], asked: Record) -> list[Record]:
    """AWS lists the newest first unless asked otherwise."""
    is_descending = asked.get("SortOrder", "Descending") == "Descending"
    return sorted(records, key=lambda record: record[asked.get("SortBy", "CreationTime")], reverse=is_descending)


def _require_settled(call: Call, record: Record) -> None:
    if record["Status"] not in SETTLED:
        raise AwsError("ConflictException", f"{call.operation}: {record['Arn']} is in status {record['Status']}")


def _require_role(account_id: str, role_arn: str) -> None:
    if not services.may(PRINCIPAL, "sts:AssumeRole", role_arn, account_id).is_allowed:
        raise AwsError(
            "ValidationException",
            f"SageMaker is unable to perform: sts:AssumeRole on {role_arn}: the role must exist and trust {PRINCIPAL}",
        )


def _require_bucket(account_id: str, uri: str) -> None:
    bucket = urlsplit(uri).netloc
    if bucket not in s3_backends[account_id][_PARTITION].buckets:
        raise AwsError("ValidationException", f"ArtifactStoreUri: {uri!r} names a bucket that does not exist")
