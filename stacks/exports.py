"""What a stack tells the world: one JSON record for programs, a few lines for people, the price of a month."""

import json

import pulumi
from pulumi import Output

from components.base import plain_record
from components.platform import Platform


def record_json(platform: Platform[Output[str]]) -> Output[str]:
    """Sorted, so that the same platform is the same text."""
    return Output.from_input(plain_record(platform)).apply(lambda known: json.dumps(known, indent=1, sort_keys=True))


def export(platform: Platform[Output[str]], record: Output[str]) -> None:
    """`platform` is for programs (another stack's `mlteam:dataHome` reads it), the rest is for people."""
    pulumi.export("platform", record)
    pulumi.export("trackingUrl", platform.tracking.tracking_uri)
    pulumi.export("servingUrl", platform.serving.url)
    pulumi.export("landingUri", platform.data.landing_uri)
