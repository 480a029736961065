"""The words of an estimate: what goes in (Resource), what comes out (Line, Bill), and the refusal to guess."""

from collections.abc import Mapping
from dataclasses import dataclass

from costs.prices import Price
from costs.usage import Usage


class UnpriceableError(ValueError):
    """Something that costs money has no price: nothing is estimated then, because the total would be too low."""


@dataclass(frozen=True)
class Resource:
    """A resource as the stack registers it; `properties` may be spelled as Pulumi's Python side or as its wire does."""

    token: str
    name: str
    properties: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Line:
    """`quantity` units of one price a month. `free` of them cost nothing; `assumed` says what was not known."""

    name: str
    token: str
    component: str
    what: str
    quantity: float
    price: Price
    free: float = 0.0
    assumed: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        return self.price.unit

    @property
    def usd_per_month(self) -> float:
        return max(self.quantity - self.free, 0.0) * self.price.usd


@dataclass(frozen=True, kw_only=True)
class Bill:
    """`free_types` maps each token that costs nothing to how many there are and why."""

    lines: tuple[Line, ...]
    free_types: Mapping[str, tuple[int, str]]
    usage: Usage

    @property
    def usd_per_month(self) -> float:
        return sum(line.usd_per_month for line in self.lines)
