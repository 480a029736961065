"""The types of config values: each turns the text that `pulumi config set` stores into a value, or says what is wrong.

A list is one line with commas, so that one `pulumi config set` sets it.
"""

import ipaddress
import re
from collections.abc import Callable
from functools import cache
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator

from components.registry import STATEFUL, offered
from components.variants import Kind, Variant

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIN_SPOT_TYPES: Final = 3
NO_ZONES: Final = {"Factory", "localtime", "posixrules"}
"""What the database has beside zones, and EventBridge does not."""
SMALLEST_VPC: Final = 24
LARGEST_VPC: Final = 16
PRIVATE: Final = tuple(ipaddress.IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))

_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_IAM_NAME: Final = re.compile(r"[A-Za-z0-9+=.@_-]{1,64}")
_ARM64: Final = re.compile(r"[a-z]+\d+g[a-z]*\.(?:nano|micro|small|medium|large|metal|\d*xlarge)")
_HOURS: Final = re.compile(r"([a-z]{3})-([a-z]{3}) ([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class WorkingHours(NamedTuple):
    """`days` as EventBridge's cron has them (MON-FRI); `start` and `stop` are HH:MM."""

    days: str
    start: str
    stop: str
    hours_per_week: float


def _matching(pattern: re.Pattern[str], wrong: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"{value!r} {wrong}")
        return value

    return check


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def _each(check: Callable[[str], str]) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    def check_all(values: tuple[str, ...]) -> tuple[str, ...]:
        doubled = sorted({value for value in values if values.count(value) > 1})
        if doubled:
            raise ValueError(f"{doubled[0]!r} is there twice")
        return tuple(check(value) for value in values)

    return check_all


def parse_working_hours(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = _HOURS.fullmatch(value.strip().lower())
    if not match:
        raise ValueError(f"{value!r} does not read as days and hours")
    first, last, *clock = match.groups()
    if first not in DAYS or last not in DAYS or DAYS.index(first) > DAYS.index(last):
        raise ValueError(f"{first}-{last} are no days in their order")
    minutes = (int(clock[2]) * 60 + int(clock[3])) - (int(clock[0]) * 60 + int(clock[1]))
    if minutes <= 0:
        raise ValueError("the host would stop before it starts")
    days = DAYS.index(last) - DAYS.index(first) + 1
    return WorkingHours(
        f"{first}-{last}".upper(), f"{clock[0]}:{clock[1]}", f"{clock[2]}:{clock[3]}", days * minutes / 60
    )


def https(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or any(character.isspace() for character in value):
        raise ValueError("it is no https:// address")
    return value


@cache
def _zones() -> frozenset[str]:
    """IANA's, from hundreds of files."""
    return frozenset(available_timezones() - NO_ZONES)


def _time_zone(value: str) -> str:
    if value not in _zones():
        raise ValueError(f"{value!r} is not in the IANA database")
    return value


def _vpc(value: str) -> str:
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        raise ValueError(str(error)) from error
    if str(network) != value:  # Python reads 10.0.0.0/255.255.0.0 too, AWS does not
        raise ValueError(f"{value!r} is not written as {network}")
    if not LARGEST_VPC <= network.prefixlen <= SMALLEST_VPC or not any(map(network.subnet_of, PRIVATE)):
        raise ValueError(f"{value!r} is not a private block of a usable size")
    return value


def _several(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(values) < MIN_SPOT_TYPES:
        raise ValueError(f"{len(values)} type(s) given: spot capacity of so few runs out")
    return values


def parse_retiring(value: object) -> object:
    """`tracking=oss` as pairs of kind and variant."""
    if not isinstance(value, str):
        return value
    found: dict[Kind, Variant] = {}
    for part in (part.strip() for part in value.split(",")):
        kind, _, variant = part.partition("=")
        if kind not in STATEFUL:
            raise ValueError(f"{part!r} names no kind whose data is moved: {', '.join(sorted(STATEFUL))}")
        if variant not in offered(Kind(kind)):
            raise ValueError(f"{part!r} names no variant of {kind}: {', '.join(offered(Kind(kind)))}")
        if kind in found:
            raise ValueError(f"{kind!r} is there twice")
        found[Kind(kind)] = Variant(variant)
    return tuple(found.items())


_arm64 = _matching(_ARM64, "is no arm64 instance type")
_emails = _each(_matching(_EMAIL, "is no e-mail address"))
_phones = _each(_matching(_PHONE, "is no E.164 number"))
_names = _each(_matching(_IAM_NAME, "is no IAM user or role name"))

Arm64Type = Annotated[str, AfterValidator(_arm64)]
SpotTypes = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_each(_arm64)), AfterValidator(_several)]
Emails = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_emails)]
Phones = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_phones)]
IamNames = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_names)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
VpcCidr = Annotated[str, AfterValidator(_vpc)]
Retiring = Annotated[tuple[tuple[Kind, Variant], ...], BeforeValidator(parse_retiring)]
Hours = Annotated[WorkingHours, BeforeValidator(parse_working_hours)]
