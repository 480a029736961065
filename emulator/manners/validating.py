"""Parameters that AWS's model does not allow are refused, also those that moto 5.2.5 takes.

For every operation of a service that makes a resource type (`emulator/tokens`) or that a policy may allow
(`emulator/access/table`): required members, enumerations, lengths, ranges and patterns from botocore's model, by the
service's own code, and tags. In no model are the names of buckets (S3, "Bucket naming rules"), keys ("Naming objects"),
security groups (EC2, CreateSecurityGroup) and parameters (Systems Manager, PutParameter). All read 2026-11.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

import regex
import yaml

from emulator import tokens, validation
from emulator.access import table
from emulator.engine import shapes
from emulator.manners import tagging
from emulator.manners.rules import Request, Rule
from emulator.seam import AwsError

INVALID: Final = {
    "budgets": "InvalidParameterException",
    "cloudwatch": "ValidationError",
    "dlm": "InvalidRequestException",
    "ec2": "InvalidParameterValue",
    "iam": "ValidationError",
    "logs": "InvalidParameterException",
    "s3": "InvalidArgument",
    "sns": "InvalidParameter",
    "sts": "ValidationError",
}
"""The others say ValidationException."""

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_RESERVED_STARTS: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS: Final = ("-s3alias", "--ols-s3", ".mrap", "--x-s3", "--table-s3")
_GRANTEE: Final = re.compile(r'\s*(id|uri|emailAddress)="?[^"=]+"?\s*')
_GROUP: Final = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")


COUNTS: Final = {**dict.fromkeys(("MaxKeys", "MaxParts", "MaxUploads"), 2**31 - 1), "ContentLength": 5 * 2**30}
"""Of S3: the most of each; an object of more than 5 GiB goes up in parts."""
RANGES: Final = ("CidrBlock", "Ipv4IpamPoolId", "Ipv6CidrBlock", "Ipv6IpamPoolId")
"""What a subnet may have its addresses from."""
KEY_BYTES: Final = 1024
METADATA_BYTES: Final = 2048
PARAMETER_LEVELS: Final = 15
PARAMETER_CHARACTERS: Final = 1011
"""Of a parameter's whole ARN."""
_PARAMETER: Final = re.compile(r"/?[\w.-]+|(/[\w.-]+)+", re.ASCII)


def services() -> list[str]:
    return sorted({*table.TABLES, *(row.service for row in tokens.rows().values())})


def operations(service: str) -> Iterator[str]:
    """As `service:Operation`."""
    return (f"{service}:{name}" for name in shapes.service_model(service).operation_names)


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


def _filled(call: Request) -> None:
    """EC2 takes what is empty for missing."""
    shape = shapes.service_model(call.service).operation_model(call.operation).input_shape
    for name in shape.required_members if shape else ():
        if call.parameters.get(name) == "":
            raise _missing(name)


def _missing(name: str) -> AwsError:
    return AwsError("MissingParameter", f"The request must contain the parameter {name}")


def _subnet(call: Request) -> None:
    if not any(call.parameters.get(name) for name in RANGES):
        raise _missing("CidrBlock")


def _changed_rules(call: Request) -> None:
    if not all(each.get("SecurityGroupRule") for each in call.parameters["SecurityGroupRules"]):
        raise _missing("SecurityGroupRule")


def _grants(call: Request) -> None:
    for name, value in call.parameters.items():
        if name.startswith("Grant") and not all(_GRANTEE.fullmatch(each) for each in str(value).split(",")):
            raise AwsError("InvalidArgument", f"Argument format not recognized: {name} {value!r}")


def _counts(call: Request) -> None:
    for name in COUNTS.keys() & call.parameters.keys():
        if not 0 <= call.parameters[name] <= COUNTS[name]:
            raise AwsError("InvalidArgument", f"Argument {name} must be an integer between 0 and {COUNTS[name]}")


def _attribute(call: Request) -> None:
    name = call.parameters.get("Attribute")
    member = "BlockDeviceMappings" if name == "blockDeviceMapping" else "Value"
    if name and member not in call.parameters:
        raise AwsError("InvalidParameterCombination", "No attributes specified.")


def _targets(call: Request) -> None:
    if not all(each.get("Key") for each in call.parameters.get("Targets") or ()):
        raise AwsError("InvalidTarget", "The target is not valid or does not exist: it has no Key.")


def _content(call: Request) -> None:
    """What is neither JSON nor YAML moto refuses by itself."""
    refusal = AwsError("InvalidDocumentContent", "The content for the document is not valid: it is no object.")
    with suppress(yaml.YAMLError):
        try:
            content = yaml.safe_load(str(call.parameters["Content"]))
        except ValueError:  # a date that is none
            raise refusal from None
        if not isinstance(content, dict):
            raise refusal


def _algorithm(call: Request) -> None:
    if not (call.parameters.get("AlgorithmSpecification") or call.parameters.get("ServerlessJobConfig")):
        raise AwsError("ValidationException", "AlgorithmSpecification: required, but missing")


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
    *((name, check) for service in services() for name in operations(service) for check in (_by_model, tagging.check)),
    *((name, _key) for name in with_key()),
    *((f"s3:{name}", _metadata) for name in ("CopyObject", "CreateMultipartUpload", "PutObject")),
    *((name, _filled) for name in operations("ec2")),
    *((name, check) for name in operations("s3") for check in (_grants, _counts)),
    ("s3:CreateBucket", _bucket_name),
    ("ec2:CreateSecurityGroup", _group_name),
    ("ec2:CreateSubnet", _subnet),
    ("ec2:ModifyInstanceAttribute", _attribute),
    ("ec2:ModifySecurityGroupRules", _changed_rules),
    ("sagemaker:CreateTrainingJob", _algorithm),
    *((f"ssm:{verb}Association", _targets) for verb in ("Create", "Update")),
    *((f"ssm:{verb}Document", _content) for verb in ("Create", "Update")),
    ("ssm:PutParameter", _parameter_name),
    ("ssm:PutParameter", _parameter_value),
)
