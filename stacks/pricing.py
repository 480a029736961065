"""What the stack costs a month: every resource that it registers, collected while it does, priced at the end.

Nothing that costs money slips by: a type without a price stops the preview.
"""

from collections.abc import Sequence

import pulumi
from pulumi import ResourceTransformationArgs, ResourceTransformationResult
from pulumi.runtime import register_stack_transformation

from costs.model import Bill, Resource, UnpriceableError, estimate, usage_for
from costs.report import render
from costs.usage import HOURS_PER_MONTH, WEEKS_PER_MONTH
from stacks.load import Target
from stacks.settings import Settings


class Collector:
    """The resources registered since `start`."""

    def __init__(self) -> None:
        self.resources: list[Resource] = []

    def start(self) -> None:
        register_stack_transformation(self._collect)

    def _collect(self, args: ResourceTransformationArgs) -> ResourceTransformationResult | None:
        self.resources.append(Resource(args.type_, args.name, dict(args.props or {})))
        return None

    def report(self, target: Target, settings: Settings) -> Bill:
        """The bill as a log line, which preview and up print under Diagnostics, and its total as an output."""
        bill = price(self.resources, target, settings)
        pulumi.log.info(render(bill))
        pulumi.export("monthlyCostUsd", round(bill.usd_per_month, 2))
        return bill


def price(resources: Sequence[Resource], target: Target, settings: Settings) -> Bill:
    """RunError naming the type that has no price."""
    hours = settings.working_hours
    host_hours = hours.hours_per_week * WEEKS_PER_MONTH if hours else HOURS_PER_MONTH
    try:
        return estimate(resources, usage_for(target.stack, host_hours=host_hours))
    except UnpriceableError as error:
        raise pulumi.RunError(str(error)) from None
