"""Parameters that AWS's model does not allow are refused, also those that moto 5.2.5 takes.

For every changing operation by which a resource type is made, changed, tagged or removed (`emulator/tokens`): required
members, enumerations, lengths, ranges and patterns from botocore's model, by the service's own code. The names of
buckets and security groups are in no model: S3 "Bucket naming rules", EC2 CreateSecurityGroup (read 2026-11).
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from emulator import tokens, validation
from emulator.manners.rules import Request, Rule
from emulator.rows import Row
from emulator.seam import AwsError
from emulator.wire import READING

INVALID: Final = {
    "budgets": "InvalidParameterException",
    "cloudwatch": "ValidationError",
    "dlm": "InvalidRequestException",
    "ec2": "InvalidParameterValue",
    "iam": "ValidationError",
    "s3": "InvalidArgument",
    "sns": "InvalidParameter",
}
"""The others say ValidationException."""

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_RESERVED_STARTS: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS: Final = ("-s3alias", "--ols-s3", ".mrap", "--x-s3", "--table-s3")
_GROUP: Final = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")


def operations(row: Row) -> Iterator[str]:
    """What changes something, as `service:Operation`."""
    tagging = [call for call in (row.tags.set, row.tags.unset) if call] if row.tags else []
    for call in (*row.create, *row.update, *row.delete, *tagging):
        if not call.operation.startswith(READING):
            yield f"{call.service or row.service}:{call.operation}"


def _by_model(call: Request) -> None:
    found = validation.faults(call.service, call.operation, call.parameters)
    if found:
        code = INVALID.get(call.service, "ValidationException")
        raise AwsError(code, f"{call.service}:{call.operation}: {'; '.join(found)}")


def is_bucket_name(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        is_plain = bool(_BUCKET.fullmatch(name)) and ".." not in name
        return is_plain and not name.startswith(_RESERVED_STARTS) and not name.endswith(_RESERVED_ENDS)
    return False


def _bucket_name(call: Request) -> None:
    name = str(call.parameters["Bucket"])
    if not is_bucket_name(name):
        raise AwsError("InvalidBucketName", f"The specified bucket is not valid: {name!r}")


def _group_name(call: Request) -> None:
    for member, forbidden in (("GroupName", "sg-"), ("Description", None)):
        text = str(call.parameters.get(member, ""))
        if not _GROUP.fullmatch(text) or (forbidden and text.startswith(forbidden)):
            raise AwsError("InvalidParameterValue", f"Value ({text}) for parameter {member} is invalid.")


RULES: Final[tuple[Rule, ...]] = (
    *((name, _by_model) for name in sorted({name for row in tokens.rows().values() for name in operations(row)})),
    ("s3:CreateBucket", _bucket_name),
    ("ec2:CreateSecurityGroup", _group_name),
)
