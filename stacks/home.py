"""The data home: the stack that owns the tiers of data, seen from another stack."""

import json
from dataclasses import dataclass, fields
from typing import Any

import pulumi
from pulumi import Output

from components.data.contract import DataOutputs
from components.platform import PLATFORM_VERSION
from stacks.load import Target


@dataclass(frozen=True, kw_only=True)
class Home:
    """`tier_buckets` has the one tier that the asking stack works on."""

    tier_buckets: dict[str, Output[str]]
    data: DataOutputs[Output[str]]


def parse(text: str) -> dict[str, Any]:
    """The home's platform record; one of another version is refused."""
    record: dict[str, Any] = json.loads(text)
    if record.get("version") != PLATFORM_VERSION:
        raise pulumi.RunError(
            f"the data home's platform record has version {record.get('version')!r}; this program reads"
            f" {PLATFORM_VERSION}; cure: `pulumi up` of the home with this revision first"
        )
    return record


def _data(record: Output[dict[str, Any]]) -> DataOutputs[Output[str]]:
    """What the home decided about its tiers, passed on: here even the numbers are known late."""

    def late(field: str) -> Any:
        return record.apply(lambda known: known["data"][field])

    return DataOutputs(**{field.name: late(field.name) for field in fields(DataOutputs)})


def read_home(target: Target, stack: str) -> Home:
    """By StackReference to the home's output `platform`."""
    reference = pulumi.StackReference(f"{pulumi.get_organization()}/{target.project}/{stack}")
    record: Output[dict[str, Any]] = reference.require_output("platform").apply(parse)
    tier = target.environment.tier.value
    return Home(
        tier_buckets={tier: record.apply(lambda known: str(known["storage"]["tier_buckets"][tier]))},
        data=_data(record),
    )
