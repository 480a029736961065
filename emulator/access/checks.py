"""What an operation asks for: actions on resources, and roles that must trust a service.

AWS publishes this for each operation (Service Authorization Reference), botocore does not know it; `table` holds it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.access.patterns import Values

Keys = Mapping[str, Values]
"""Condition keys of one check, in lower case: IAM does not tell cases of keys apart, nor of the tags that they name."""


@dataclass(frozen=True)
class Check:
    """One question for the policies: this action on this resource, `*` where AWS defines no resource for it."""

    action: str
    resource: str = "*"
    keys: Keys = field(default_factory=dict)


@dataclass(frozen=True)
class Trust:
    """The role must let itself be assumed by the service that it is passed to; `source_arn` is on whose behalf."""

    role_arn: str
    service: str
    source_arn: str = ""


@dataclass(frozen=True)
class Call:
    """An operation's parameters in AWS's member names, and where it was called."""

    parameters: Mapping[str, Any]
    region: str
    account_id: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"


Need = Check | Trust
Rule = Callable[[Call], Iterable[Need]]
Table = Mapping[str, Rule]
"""Operation to what it asks for, for one service."""


def anywhere(action: str) -> Rule:
    """For an action without resource types."""
    return lambda _: (Check(action),)


def on(action: str, arn: Callable[[Call], str]) -> Rule:
    """For an action on the one resource that the parameters name."""
    return lambda call: (Check(action, arn(call)),)


def given(parameters: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Values]:
    """Condition keys for those parameters that were given; `names` maps a parameter to its key."""
    return {key: str(parameters[name]) for name, key in names.items() if parameters.get(name) not in (None, "")}


def requested_tags(tags: Mapping[str, str]) -> dict[str, Values]:
    if not tags:
        return {}
    return {**{f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}, "aws:tagkeys": tuple(tags)}


def passed(role_arn: str, service: str, source_arn: str = "") -> tuple[Need, ...]:
    """A role that is handed to a service: the caller may pass it, and it trusts the service."""
    key: Keys = {"iam:passedtoservice": service}
    return (Check("iam:PassRole", role_arn, key), Trust(role_arn, service, source_arn))
