"""The Condition block of a statement: every operator that IAM documents, with ...IfExists, ForAllValues, ForAnyValue.

All operators and all keys must hold; of the values of one key one is enough, or none for a negated operator. A key
that the request does not have fails an operator, but satisfies a negated one, ...IfExists and ForAllValues.
Source: IAM JSON policy elements: Condition operators; Multivalued context keys (read 2026-11).
"""

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from emulator.access import patterns
from emulator.access.patterns import Context, Values

Test = Callable[[str, str], bool]
"""(the request's value, the policy's value) -> whether they fit."""


class ConditionError(ValueError):
    """A condition that IAM would not take."""


@dataclass(frozen=True)
class Operator:
    """`takes_variables`: only strings and ARNs do."""

    test: Test
    is_negated: bool = False
    takes_variables: bool = False
    takes_wildcards: bool = False


@dataclass(frozen=True)
class Condition:
    """One operator on one key. `every` is of ForAllValues, `some` of ForAnyValue."""

    operator: Operator
    key: str
    values: tuple[str, ...]
    every: bool = False
    some: bool = False
    if_exists: bool = False
    with_variables: bool = True

    def holds(self, context: Context) -> bool:
        """UnresolvedError when a variable has no value."""
        found = context.get(self.key)
        if found is None or (found == () and (self.every or self.some)):
            return self.every or self.if_exists or (self.operator.is_negated and not self.some)
        listed = (found,) if isinstance(found, str) else found
        if self.every:
            return all(self._fits(value, context) for value in listed)
        return any(self._fits(value, context) for value in listed)

    def _fits(self, value: str, context: Context) -> bool:
        return any(self._matches(value, wanted, context) for wanted in self.values) != self.operator.is_negated

    def _matches(self, value: str, wanted: str, context: Context) -> bool:
        if self.with_variables and self.operator.takes_variables and patterns.has_variable(wanted):
            if self.operator.takes_wildcards:
                return patterns.is_like_filled(value, wanted, context)
            wanted = patterns.filled(wanted, context)
        try:
            return self.operator.test(value, wanted)
        except ValueError:
            return False  # a value of another type than the operator's


@dataclass(frozen=True)
class Null:
    """`Null: {key: true}` holds when the request has no such key."""

    key: str
    is_absent: bool

    def holds(self, context: Context) -> bool:
        return (self.key not in context) == self.is_absent


def _number(test: Callable[[float, float], bool]) -> Test:
    return lambda value, wanted: test(float(value), float(wanted))


def _date(test: Callable[[float, float], bool]) -> Test:
    return lambda value, wanted: test(_seconds(value), _seconds(wanted))


def _seconds(text: str) -> float:
    """ISO 8601 or seconds since 1970."""
    if text.lstrip("-").isdigit():
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _is_address_of(value: str, network: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)


def _is_arn_like(value: str, pattern: str) -> bool:
    """The first five parts of an ARN are compared one by one: a wildcard does not reach over a colon."""
    found, wanted = value.split(":", 5), pattern.split(":", 5)
    return len(found) == len(wanted) and all(map(patterns.is_like, found, wanted))


def _pairs(name: str, negated: str, test: Test, **more: bool) -> dict[str, Operator]:
    return {name: Operator(test, **more), negated: Operator(test, is_negated=True, **more)}


def _orders(name: str, typed: Callable[[Callable[[float, float], bool]], Test]) -> dict[str, Operator]:
    return {
        **_pairs(f"{name}Equals", f"{name}NotEquals", typed(lambda value, wanted: value == wanted)),
        f"{name}LessThan": Operator(typed(lambda value, wanted: value < wanted)),
        f"{name}LessThanEquals": Operator(typed(lambda value, wanted: value <= wanted)),
        f"{name}GreaterThan": Operator(typed(lambda value, wanted: value > wanted)),
        f"{name}GreaterThanEquals": Operator(typed(lambda value, wanted: value >= wanted)),
    }


_TEXT: Final = {"takes_variables": True}
_WILD: Final = {"takes_variables": True, "takes_wildcards": True}
OPERATORS: Final[Mapping[str, Operator]] = {
    **_pairs("StringEquals", "StringNotEquals", lambda value, wanted: value == wanted, **_TEXT),
    **_pairs(
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        lambda value, wanted: value.casefold() == wanted.casefold(),
        **_TEXT,
    ),
    **_pairs("StringLike", "StringNotLike", patterns.is_like, **_WILD),
    **_pairs("ArnLike", "ArnNotLike", _is_arn_like, **_WILD),
    **_pairs("ArnEquals", "ArnNotEquals", _is_arn_like, **_WILD),
    **_orders("Numeric", _number),
    **_orders("Date", _date),
    "Bool": Operator(lambda value, wanted: value.lower() == wanted.lower()),
    "BinaryEquals": Operator(lambda value, wanted: value == wanted),
    **_pairs("IpAddress", "NotIpAddress", _is_address_of),
}
NULL: Final = "Null"


def parse(block: Mapping[str, Mapping[str, Any]], *, with_variables: bool) -> tuple[Condition | Null, ...]:
    """ConditionError names the operator that IAM does not have."""
    return tuple(
        _condition(operator, key.lower(), _texts(values), with_variables)
        for operator, keys in block.items()
        for key, values in keys.items()
    )


def _condition(text: str, key: str, values: tuple[str, ...], with_variables: bool) -> Condition | Null:
    quantifier, _, name = text.rpartition(":")
    if quantifier not in ("", "ForAllValues", "ForAnyValue"):
        raise ConditionError(f"condition operator {text!r}; before the colon is allowed: ForAllValues, ForAnyValue")
    if name == NULL:
        return Null(key, is_absent=[value.lower() for value in values] == ["true"])
    plain = name.removesuffix("IfExists")
    if plain not in OPERATORS:
        raise ConditionError(f"condition operator {text!r}; allowed: {', '.join([*OPERATORS, NULL])}")
    return Condition(
        operator=OPERATORS[plain],
        key=key,
        values=values,
        every=quantifier == "ForAllValues",
        some=quantifier == "ForAnyValue",
        if_exists=plain != name,
        with_variables=with_variables,
    )


def _texts(values: Values | Iterable[object] | object) -> tuple[str, ...]:
    """IAM takes one value or a list; true and numbers stand for their texts."""
    listed = values if isinstance(values, list | tuple) else [values]
    return tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in listed)
