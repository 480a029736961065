"""Parameters that AWS's model does not allow are refused, also those that moto 5.2.5 takes.

For every changing operation of a service that makes a resource type (`emulator/tokens`), and of STS: required members,
enumerations, lengths, ranges and patterns from botocore's model, by the service's own code, and tags. In no model are
the names of buckets (S3, "Bucket naming rules"), keys ("Naming objects"), security groups (EC2, CreateSecurityGroup)
and parameters (Systems Manager, PutParameter). All read 2026-11.
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

import regex

from emulator import tokens, validation
from emulator.engine import shapes
from emulator.manners import tagging
from emulator.manners.rules import Request, Rule
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
    "sts": "ValidationError",
}
"""The others say ValidationException."""

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_RESERVED_STARTS: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS: Final = ("-s3alias", "--ols-s3", ".mrap", "--x-s3", "--table-s3")
_GROUP: Final = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")


KEY_BYTES: Final = 1024
METADATA_BYTES: Final = 2048
PARAMETER_LEVELS: Final = 15
PARAMETER_CHARACTERS: Final = 1011
"""Of a parameter's whole ARN."""
_PARAMETER: Final = re.compile(r"/?[\w.-]+|(/[\w.-]+)+", re.ASCII)


def services() -> list[str]:
    return sorted({"sts", *(row.service for row in tokens.rows().values())})


def changing(service: str) -> Iterator[str]:
    """What changes something, as `service:Operation`."""
    names = shapes.service_model(service).operation_names
    return (f"{service}:{name}" for name in names if not name.startswith(READING))


def with_key() -> Iterator[str]:
    """Operations of S3 on one object."""
    model = shapes.service_model("s3")
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        if shape is not None and "Key" in shape.members:
            yield f"s3:{name}"


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


def _key(call: Request) -> None:
    if len(str(call.parameters["Key"]).encode()) > KEY_BYTES:
        raise AwsError("KeyTooLongError", "Your key is too long")


def _metadata(call: Request) -> None:
    size = sum(len(f"{name}{value}".encode()) for name, value in (call.parameters.get("Metadata") or {}).items())
    if size > METADATA_BYTES:
        raise AwsError("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")


def _parameter_name(call: Request) -> None:
    name = str(call.parameters["Name"])
    levels = name.count("/")
    arn = f"arn:aws:ssm:{call.region}:{call.account_id}:parameter/{name.removeprefix('/')}"
    if levels > PARAMETER_LEVELS:
        limit = f"A hierarchy can have a maximum of {PARAMETER_LEVELS} levels; this one has {levels}"
        raise AwsError("HierarchyLevelLimitExceededException", limit)
    if len(arn) > PARAMETER_CHARACTERS:
        allowed = f"at most {PARAMETER_CHARACTERS} characters in {arn.partition('/')[0]}/NAME"
        raise AwsError("ValidationException", f"Parameter name is too long: {len(arn)}; allowed: {allowed}")
    if "/" in name and not name.startswith("/"):
        raise AwsError("ValidationException", "Parameter name must be a fully qualified name.")
    if not _PARAMETER.fullmatch(name):
        parts = "each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_"
        raise AwsError("ValidationException", f"Parameter name {name!r}: {parts}")


def _parameter_value(call: Request) -> None:
    pattern, value = call.parameters.get("AllowedPattern"), str(call.parameters.get("Value", ""))
    if not pattern:
        return
    try:
        is_good = shapes.pattern(str(pattern)).search(value)
    except regex.error as error:
        raise AwsError("InvalidAllowedPatternException", f"The pattern {pattern!r} is not valid: {error}") from error
    if not is_good:
        code = "ParameterPatternMismatchException"
        raise AwsError(code, f"Parameter value, cannot be validated against allowedPattern: {pattern}")


RULES: Final[tuple[Rule, ...]] = (
    *((name, check) for service in services() for name in changing(service) for check in (_by_model, tagging.check)),
    *((name, _key) for name in with_key()),
    *((f"s3:{name}", _metadata) for name in ("CopyObject", "CreateMultipartUpload", "PutObject")),
    ("s3:CreateBucket", _bucket_name),
    ("ec2:CreateSecurityGroup", _group_name),
    ("ssm:PutParameter", _parameter_name),
    ("ssm:PutParameter", _parameter_value),
)
