"""From how much use on the other variant is the cheaper one: pure functions of prices.

Each answer is the quantity at which both sides cost the same; below it the one that bills by use is cheaper.
"""

from dataclasses import dataclass
from typing import Final

from costs.prices import Prices
from costs.usage import HOURS_PER_MONTH

SECONDS_PER_HOUR: Final = 3_600


@dataclass(frozen=True, kw_only=True)
class Host:
    """An EC2 host as a break-even sees it: its type, its hours, its volume; a public IPv4 while it is on."""

    instance_type: str = "t4g.medium"
    hours: float = HOURS_PER_MONTH
    volume_gb: float = 30

    def usd_per_month(self, prices: Prices) -> float:
        hourly = prices[f"ec2.{self.instance_type}"].usd + prices["ipv4.public"].usd
        return self.hours * hourly + self.volume_gb * prices["ebs.gp3"].usd


def pipeline_minutes(prices: Prices) -> float:
    """Action minutes a pipeline and month from which CodePipeline V1 (by the pipeline) beats V2 (by the minute)."""
    return prices["codepipeline.v1"].usd / prices["codepipeline.v2"].usd


def build_minutes(prices: Prices, host: Host) -> float:
    """Build minutes a month from which a dedicated Jenkins host beats CodeBuild arm1.small, free minutes aside."""
    return host.usd_per_month(prices) / prices["codebuild.arm1.small"].usd


def _serverless_usd_per_hour(prices: Prices, memory_gb: float) -> float:
    return prices["sm.serverless_inference"].usd * memory_gb * SECONDS_PER_HOUR


def serverless_hours_against_host(prices: Prices, host: Host, *, memory_gb: float = 2) -> float:
    """Busy hours a month from which a model server on a host beats serverless inference, data aside."""
    return host.usd_per_month(prices) / _serverless_usd_per_hour(prices, memory_gb)


def serverless_hours_against_endpoint(prices: Prices, instance_sku: str, *, memory_gb: float = 2) -> float:
    """Busy hours a month from which an always-on SageMaker endpoint beats serverless inference, data aside."""
    return prices[instance_sku].usd * HOURS_PER_MONTH / _serverless_usd_per_hour(prices, memory_gb)


def saved_by_schedule(hours: float) -> float:
    """The share of any hourly line that a host saves by being on for only `hours` of the month."""
    return 1 - hours / HOURS_PER_MONTH
