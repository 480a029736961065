"""Lifecycle rules that S3 refuses; moto 5.2.5 takes nearly any.

Sources: S3 API reference, PutBucketLifecycleConfiguration; S3 User Guide, "Lifecycle configuration elements" and
"Transitioning objects" (read 2026-11); the sentences are S3's own.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from emulator.manners.rules import Request, Rule
from emulator.seam import AwsError

RULES_AT_MOST: Final = 1000
ID_CHARACTERS: Final = 255
EARLIEST_DAYS: Final = {"STANDARD_IA": 30, "ONEZONE_IA": 30}
ACTIONS: Final = {
    "Expiration": "Days",
    "AbortIncompleteMultipartUpload": "DaysAfterInitiation",
    "NoncurrentVersionExpiration": "NoncurrentDays",
}
"""Action -> its member that is a positive number of days."""
MOVES: Final = ("Transitions", "NoncurrentVersionTransitions")
MALFORMED: Final = (
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
)


def faults(rule: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(code, sentence) of each thing wrong with one rule."""
    if len(str(rule.get("ID", ""))) > ID_CHARACTERS:
        yield "InvalidArgument", f"ID length should not exceed allowed limit of {ID_CHARACTERS}"
    if not any(rule.get(action) for action in (*ACTIONS, *MOVES)):
        yield "InvalidRequest", "At least one action needs to be specified in a rule"
    for action, member in ACTIONS.items():
        days = (rule.get(action) or {}).get(member)
        if days is not None and int(days) < 1:
            yield "InvalidArgument", f"'{member}' for {action} action must be a positive integer"
    if len(set(rule.get("Expiration") or {}) & {"Days", "Date", "ExpiredObjectDeleteMarker"}) > 1:
        yield MALFORMED
    if rule.get("AbortIncompleteMultipartUpload") and _has_tags(rule.get("Filter") or {}):
        yield "InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags"
    yield from _about_moves(rule)


def _has_tags(chosen: Mapping[str, Any]) -> bool:
    return bool(chosen.get("Tag") or (chosen.get("And") or {}).get("Tags"))


def _about_moves(rule: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not all(move.get("StorageClass") for name in MOVES for move in rule.get(name) or ()):
        yield MALFORMED
    gone = (rule.get("Expiration") or {}).get("Days")
    for move in rule.get("Transitions") or ():
        days, kind = move.get("Days"), move.get("StorageClass")
        if days is None:
            continue
        earliest = EARLIEST_DAYS.get(kind, 0)
        if int(days) < earliest:
            limit = f"must be greater than or equal to {earliest} for storageClass '{kind}'"
            yield "InvalidArgument", f"'Days' in Transition action {limit}"
        if gone is not None and int(gone) <= int(days):
            yield (
                "InvalidArgument",
                "'Days' in the Expiration action must be greater than 'Days' in the Transition action",
            )


def _configuration(call: Request) -> None:
    rules = (call.parameters.get("LifecycleConfiguration") or {}).get("Rules") or []
    if len(rules) > RULES_AT_MOST:
        raise AwsError("InvalidRequest", f"A lifecycle configuration has at most {RULES_AT_MOST} rules")
    names = [rule["ID"] for rule in rules if rule.get("ID")]
    if len(set(names)) < len(names):
        raise AwsError("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    for rule in rules:
        for code, sentence in faults(rule):
            raise AwsError(code, sentence)


RULES: Final[tuple[Rule, ...]] = (("s3:PutBucketLifecycleConfiguration", _configuration),)
