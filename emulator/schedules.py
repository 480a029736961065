"""What EventBridge Scheduler refuses of a schedule beyond botocore's model: a sentence for what is wrong, else none.

Sources: EventBridge Scheduler User Guide, "Schedule types" and "Universal targets" (read 2026-11).
"""

import json
import re
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from emulator.engine import shapes

_RATE: Final = re.compile(r"rate\([1-9]\d* (minutes?|hours?|days?)\)")
_AT: Final = re.compile(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)")
_CRON: Final = re.compile(r"cron\((?P<fields>(\S+ ){5}\S+)\)")
_UNIVERSAL: Final = re.compile(r"arn:aws[a-z-]*:scheduler:::aws-sdk:(?P<service>[^:]+):(?P<action>.+)")
_MONTHS: Final = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_DAYS: Final = "SUN|MON|TUE|WED|THU|FRI|SAT"
_FIELDS: Final = (
    (range(60), "", ""),
    (range(24), "", ""),
    (range(1, 32), "", r"\?|L|\d+W|LW"),
    (range(1, 13), _MONTHS, ""),
    (range(1, 8), _DAYS, r"\?|L|\w+L|\w+#[1-5]"),
    (range(1970, 2200), "", ""),
)
"""Minutes, hours, day of month, month, day of week, year: numbers, names, and what else may stand there alone."""
FORMS: Final = "rate(5 minutes), at(2030-01-31T08:00:00), cron(0 8 ? * MON-FRI *)"


def expression_fault(text: str) -> str:
    cron = _CRON.fullmatch(text)
    if _RATE.fullmatch(text) or _AT.fullmatch(text) or (cron and _is_cron(cron["fields"].split(" "))):
        return ""
    return f"is {text!r}: must be like {FORMS}"


def _is_cron(fields: list[str]) -> bool:
    """One of the two kinds of day is `?`, as they would contradict each other."""
    is_one_day = (fields[2] == "?") != (fields[4] == "?")
    return is_one_day and all(_is_field(text, *allowed) for text, allowed in zip(fields, _FIELDS, strict=True))


def _is_field(text: str, numbers: range, names: str, alone: str) -> bool:
    if alone and re.fullmatch(alone, text):
        return True
    value = rf"(?:\d+|{names})" if names else r"\d+"
    parts = text.split(",")
    is_formed = all(re.fullmatch(rf"(?:\*|{value}(?:-{value})?)(?:/[1-9]\d*)?", part) for part in parts)
    told = (int(number) for part in parts for number in re.findall(r"\d+", part.partition("/")[0]))
    return is_formed and all(number in numbers for number in told)


@cache
def _zones() -> frozenset[str]:
    """IANA's, from hundreds of files."""
    return frozenset(available_timezones())


def zone_fault(name: str) -> str:
    return "" if name in _zones() else f"is {name!r}: must be an IANA time zone like Europe/Berlin"


def window_fault(mode: str, minutes: int | None) -> str:
    return "" if (mode == "FLEXIBLE") == (minutes is not None) else "is needed with mode FLEXIBLE, and only then"


def target_fault(arn: str, text: str | None) -> tuple[str, str]:
    """(arn or input, what is wrong with it) of a universal target; two empty texts for a good or another one."""
    found = _UNIVERSAL.fullmatch(arn)
    if not found:
        return "", ""
    if not _is_operation(found["service"], found["action"]):
        return "arn", f"is {arn!r}: {found['service']} has no action {found['action']!r}, written like stopInstances"
    try:
        json.loads(text or "{}")
    except ValueError as error:
        return "input", f"is malformed JSON, which a target of the AWS SDK needs: {error}"
    return "", ""


def _is_operation(service: str, action: str) -> bool:
    """Where AWS names a service otherwise than botocore, any."""
    if service not in shapes.session().get_available_services():
        return True
    names: Any = shapes.service_model(service).operation_names
    return action[:1].islower() and f"{action[:1].upper()}{action[1:]}" in names
