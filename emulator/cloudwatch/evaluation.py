"""The state of an alarm from its last data points: M out of N, with missing data as CloudWatch treats it.

Looks at two periods more than are evaluated, so that late or missing points can be made up for by older ones. Source:
"Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data", CloudWatch User Guide (read 2026-11),
whose tables of examples are tests. How many points AWS really retrieves it does not say; its examples have two more.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Final

OK: Final = "OK"
ALARM: Final = "ALARM"
NO_DATA: Final = "INSUFFICIENT_DATA"
EXTRA_PERIODS: Final = 2

COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def range_starts(now: float, period: int, periods: int) -> list[float]:
    """Where the periods of the evaluation range begin (seconds since 1970), oldest first; the last one runs now."""
    last = now // period * period
    return [last - period * back for back in reversed(range(periods + EXTRA_PERIODS))]


def state(breaches: Sequence[bool | None], periods: int, needed: int, missing: str) -> str | None:
    """`breaches` is oldest first, None where no data is; None as answer: the alarm keeps its state."""
    real = [breach for breach in breaches if breach is not None][-periods:]
    filled = periods - len(real)
    if sum(real) >= needed:
        return ALARM
    if not filled or missing == "notBreaching":
        return OK
    if missing == "breaching":
        return ALARM if sum(real) + filled >= needed else OK
    if False in real:
        return OK
    return None if missing == "ignore" else _of_breaches_alone(breaches, needed)


def _of_breaches_alone(breaches: Sequence[bool | None], needed: int) -> str:
    """Fewer breaches than needed and nothing else: alarming once the oldest is old enough, and not before."""
    ages = [age for age, breach in enumerate(reversed(breaches), 1) if breach]
    return ALARM if ages and max(ages) >= needed else NO_DATA
