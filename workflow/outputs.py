"""Read the platform record of a stack: SSM parameter -> S3 object -> `Platform[str]`, or a file.

The parameter holds only the address, because a standard parameter ends at 4,096 bytes.
"""

import json
from pathlib import Path
from typing import Final

from components.platform import PLATFORM_VERSION, Platform, platform_parameter
from workflow import s3
from workflow.aws import Aws
from workflow.decode import DecodeError, decode
from workflow.errors import NoStackError, UsageError

PROJECT: Final = "mlteam"
"""The Pulumi project's name, first part of every physical name."""


def load_platform(aws: Aws, stack: str) -> Platform[str]:
    name = platform_parameter(PROJECT, stack)
    cure = f"pulumi up --stack {stack}   (or `make demo` for the local platform); is it the right account and region?"
    client = aws.client("ssm")
    try:
        uri = client.get_parameter(Name=name)["Parameter"]["Value"]
    except client.exceptions.ParameterNotFound:
        raise NoStackError(f"no stack {stack!r}: there is no SSM parameter {name}", cure=cure) from None
    stored = s3.read(aws.client("s3"), s3.parse(uri))
    if stored is None:
        raise NoStackError(f"no stack {stack!r}: {name} names {uri}, which is not there", cure=cure)
    return parse_platform(stored.body, source=uri)


def load_platform_file(path: Path) -> Platform[str]:
    try:
        return parse_platform(path.read_bytes(), source=str(path))
    except FileNotFoundError:
        raise UsageError(f"no platform record at {path}", cure="pulumi stack output platform > FILE") from None


def parse_platform(body: bytes, *, source: str) -> Platform[str]:
    """UsageError names every field that is missing, unknown or ill-typed."""
    cure = "use the mlteam of the same revision that `pulumi up` ran with, or run `pulumi up` again"
    try:
        value = json.loads(body)
    except ValueError as error:
        raise UsageError(f"{source} is no JSON: {error}", cure=cure) from error
    version = value.get("version") if isinstance(value, dict) else None
    if version != PLATFORM_VERSION:
        raise UsageError(f"{source} has version {version!r}; allowed: {PLATFORM_VERSION}", cure=cure)
    try:
        return decode(Platform[str], value)
    except DecodeError as error:
        raise UsageError(f"{source} is no platform record: {error}", cure=cure) from error
