"""What a stack costs a month: the resources that it registers, times a usage profile, times dated prices.

Promises a line for everything that costs money, or refuses (`UnpriceableError`): a total is never silently too low.
Prices are list prices of us-east-1 without tax, support plan and discounts.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from costs.case import Case, Stack
from costs.prices import Price, PriceError, Prices, load_prices
from costs.records import Bill, Line, Resource, UnpriceableError
from costs.rules.table import FREE_NAMESPACES, RULES, Free
from costs.usage import BucketUse, Usage, usage_for

__all__ = [
    "Bill",
    "BucketUse",
    "Line",
    "Price",
    "PriceError",
    "Prices",
    "Resource",
    "UnpriceableError",
    "Usage",
    "estimate",
    "load_prices",
    "usage_for",
]


def _reason_free(token: str) -> str | None:
    rule = RULES.get(token)
    if isinstance(rule, Free):
        return rule.reason
    return next((reason for prefix, reason in FREE_NAMESPACES.items() if token.startswith(prefix)), None)


def _priced(case: Case) -> list[Line]:
    rule = RULES.get(case.resource.token)
    if rule is None or isinstance(rule, Free):
        raise case.refuse("no pricing rule knows this type", "add a row to RULES in costs/rules/table.py")
    return list(rule(case))


def with_allowances(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Give each sku's free allowance away once, in the order of the lines."""
    left: dict[str, float] = {}
    result = []
    for line in lines:
        available = left.get(line.price.sku, line.price.free)
        free = min(available, line.quantity)
        left[line.price.sku] = available - free
        result.append(replace(line, free=free))
    return tuple(result)


def estimate(resources: Iterable[Resource], usage: Usage, prices: Prices | None = None) -> Bill:
    """Price every resource; raises `UnpriceableError` naming the first that costs money and has no price."""
    stack = Stack(tuple(resources), usage, prices if prices is not None else load_prices())
    free: Counter[str] = Counter()
    lines: list[Line] = []
    for resource in stack.resources:
        if _reason_free(resource.token) is not None:
            free[resource.token] += 1
        else:
            lines += _priced(Case(resource, stack))
    return Bill(
        lines=with_allowances(lines) if usage.free_tiers else tuple(lines),
        free_types={token: (count, _reason_free(token) or "") for token, count in sorted(free.items())},
        usage=usage,
    )
