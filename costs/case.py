"""What a pricing rule sees: one resource, and around it the stack, the usage and the prices."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from costs.prices import PRICE_FILE, Price, Prices
from costs.properties import Fields
from costs.records import Line, Resource, UnpriceableError
from costs.usage import Usage

COMPONENT_TAG: Final = "mlteam:component"


@dataclass(frozen=True)
class Stack:
    """Everything that is the same for all resources of one estimate."""

    resources: tuple[Resource, ...]
    usage: Usage
    prices: Prices

    def of_type(self, token: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.token == token]


@dataclass(frozen=True)
class Case:
    """One resource to price. Rules build their lines and their refusals here, so that both always name it."""

    resource: Resource
    stack: Stack

    @cached_property
    def fields(self) -> Fields:
        return Fields(self.resource.properties)

    @property
    def usage(self) -> Usage:
        return self.stack.usage

    @property
    def component(self) -> str:
        return self.fields.child("tags").text(COMPONENT_TAG) or self.resource.name

    @property
    def share(self) -> float:
        """A month's use that no resource of this type states for itself is split evenly among them."""
        return 1 / max(len(self.stack.of_type(self.resource.token)), 1)

    def price(self, *skus: str) -> Price:
        """The first of `skus` that has a row: the particular before the general."""
        for sku in skus:
            if sku in self.stack.prices:
                return self.stack.prices[sku]
        raise self.refuse(
            f"there is no price row {' or '.join(map(repr, skus))}", f"add one to costs/{PRICE_FILE.name}"
        )

    def line(self, price: Price | str, what: str, quantity: float, assumed: Iterable[str] = ()) -> Line:
        return Line(
            name=self.resource.name,
            token=self.resource.token,
            component=self.component,
            what=what,
            quantity=quantity,
            price=self.price(price) if isinstance(price, str) else price,
            assumed=tuple(assumed),
        )

    def refuse(self, why: str, cure: str) -> UnpriceableError:
        return UnpriceableError(
            f"cannot price {self.resource.token} {self.resource.name!r}: {why}\n  cure: {cure} (docs/costs.md says how)"
        )


Rule = Callable[[Case], Iterator[Line]]
