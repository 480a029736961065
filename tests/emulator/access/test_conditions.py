"""Conditions as IAM documents them: operator by operator, absent keys, several values, variables."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.access import conditions, patterns, policies
from emulator.access.patterns import Values

ARN = "arn:aws:iam::1:role/team/host"


def holds(
    operator: str, wanted: Any, context: Mapping[str, Values], key: str = "k", *, version: str = "2012-10-17"
) -> bool:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {key: wanted}}}
    document = json.dumps({"Version": version, "Statement": statement})
    return policies.parse("p", document).statements[0].applies("r", context)


OPERATORS: list[tuple[str, Any, str, bool]] = [
    ("StringEquals", "a", "a", True),
    ("StringEquals", "a", "A", False),
    ("StringEquals", "a*", "ab", False),
    ("StringEquals", ["b", "a"], "a", True),
    ("StringNotEquals", ["b", "a"], "a", False),
    ("StringNotEquals", ["b", "c"], "a", True),
    ("StringEqualsIgnoreCase", "a", "A", True),
    ("StringNotEqualsIgnoreCase", "a", "A", False),
    ("StringLike", "a/*/c?", "a/b/b/cd", True),
    ("StringLike", "a/*", "a", False),
    ("StringNotLike", "a*", "ab", False),
    ("NumericEquals", 3, "3.0", True),
    ("NumericNotEquals", "3", "4", True),
    ("NumericLessThan", "10", "9", True),
    ("NumericLessThanEquals", "10", "10", True),
    ("NumericGreaterThan", "10", "10", False),
    ("NumericGreaterThanEquals", "10", "10", True),
    ("NumericEquals", "3", "three", False),
    ("DateEquals", "2026-01-01T00:00:00Z", "1767225600", True),
    ("DateNotEquals", "2026-01-01", "2026-01-02", True),
    ("DateLessThan", "2026-01-02T00:00:00+01:00", "2026-01-01T22:59:59Z", True),
    ("DateLessThanEquals", "2026-01-01", "2026-01-01", True),
    ("DateGreaterThan", "2026-01-01T00:00:00Z", "2025-12-31", False),
    ("DateGreaterThanEquals", "2026-01-01", "2026-01-01", True),
    ("Bool", "false", "true", False),
    ("Bool", True, "true", True),
    ("BinaryEquals", "QmFzZQ==", "QmFzZQ==", True),
    ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
    ("IpAddress", ["192.0.2.1", "2001:db8::/32"], "2001:db8::1", True),
    ("NotIpAddress", "10.0.0.0/8", "10.1.2.3", False),
    ("ArnEquals", "arn:aws:iam::1:role/*", ARN, True),
    ("ArnLike", "arn:aws:iam::1:role/team/hos?", ARN, True),
    ("ArnLike", "arn:aws:*:role/team/host", ARN, False),
    ("ArnNotLike", "arn:aws:iam::*:role/*", ARN, False),
    ("ArnNotEquals", "arn:aws:iam::2:role/team/host", ARN, True),
]


@pytest.mark.parametrize(("operator", "wanted", "value", "expected"), OPERATORS)
def test_an_operator_compares_as_its_name_says(operator: str, wanted: Any, value: str, expected: bool) -> None:
    assert holds(operator, wanted, {"k": value}) is expected


def test_every_operator_has_a_case() -> None:
    assert {operator for operator, *_ in OPERATORS} == set(conditions.OPERATORS)


@pytest.mark.parametrize("operator", conditions.OPERATORS)
def test_a_key_that_is_not_there_satisfies_only_what_is_negated_or_if_exists(operator: str) -> None:
    assert holds(operator, "1", {}) is conditions.OPERATORS[operator].is_negated
    assert holds(f"{operator}IfExists", "1", {})


@pytest.mark.parametrize(
    ("wanted", "context", "expected"),
    [(True, {}, True), ("true", {"k": "v"}, False), ("false", {"k": "v"}, True), (False, {}, False), ([], {}, False)],
)
def test_null_asks_whether_the_key_is_there(wanted: Any, context: Mapping[str, Values], expected: bool) -> None:
    assert holds("Null", wanted, context) is expected


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "x"), False),
        ("ForAllValues:StringEquals", (), True),
        ("ForAllValues:StringNotEquals", ("x", "y"), True),
        ("ForAllValues:StringNotEquals", ("x", "a"), False),
        ("ForAnyValue:StringEquals", ("a", "x"), True),
        ("ForAnyValue:StringEquals", ("x", "y"), False),
        ("ForAnyValue:StringEquals", (), False),
        ("ForAnyValue:StringNotEquals", ("a", "x"), True),
        ("ForAnyValue:StringNotEquals", ("a", "b"), False),
    ],
)
def test_all_or_any_of_several_values(operator: str, values: tuple[str, ...], expected: bool) -> None:
    assert holds(operator, ["a", "b"], {"k": values}) is expected


def test_without_the_key_all_values_fit_and_none_does() -> None:
    assert holds("ForAllValues:StringEquals", "a", {})
    assert not holds("ForAnyValue:StringEquals", "a", {})
    assert not holds("ForAnyValue:StringNotEquals", "a", {})


def test_all_operators_and_all_keys_must_hold() -> None:
    block = {"StringEquals": {"a": "1", "B": "2"}, "Bool": {"c": "true"}}
    parsed = conditions.parse(block, with_variables=True)
    context = {"a": "1", "b": "2", "c": "true"}
    assert all(each.holds(context) for each in parsed)
    for key in context:
        assert not all(each.holds({**context, key: "x"}) for each in parsed), key


def test_a_variable_is_replaced_by_the_request_s_own_value() -> None:
    wanted = "${aws:username}"
    assert holds("StringEquals", wanted, {"k": "ada", "aws:username": "ada"})
    assert not holds("StringEquals", wanted, {"k": "bob", "aws:username": "ada"})
    assert holds("StringLike", "home/${aws:username}/*", {"k": "home/a*a/x", "aws:username": "a*a"})
    assert not holds("StringLike", "home/${aws:username}/*", {"k": "home/abba/x", "aws:username": "a*a"}), "a wildcard"
    assert holds("StringEquals", "${aws:username, 'nobody'}", {"k": "nobody"})
    assert holds("StringLike", "a${*}b", {"k": "a*b"})
    assert not holds("StringLike", "a${*}b", {"k": "axb"})


def test_a_statement_whose_variable_has_no_value_does_not_count_even_negated() -> None:
    for operator in ("StringEquals", "StringNotEquals"):
        assert not holds(operator, "${aws:username}", {"k": "ada"})


def test_an_old_document_has_no_variables() -> None:
    wanted, context = "${aws:username}", {"k": "${aws:username}", "aws:username": "ada"}
    assert holds("StringEquals", wanted, context, version="2008-10-17")
    assert not holds("StringEquals", wanted, context)


@pytest.mark.parametrize("operator", ["StringMatches", "ForSomeValues:StringEquals", "stringequals", "NullIfExists"])
def test_an_operator_that_iam_does_not_have_is_refused_by_name(operator: str) -> None:
    with pytest.raises(policies.PolicyError, match=operator):
        holds(operator, "x", {})


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_a_wildcard_stands_for_any_text_and_all_else_for_itself(before: str, between: str, after: str) -> None:
    plain = [part.replace("*", "").replace("?", "") for part in (before, after)]
    assert patterns.is_like(f"{plain[0]}{between}{plain[1]}", f"{plain[0]}*{plain[1]}")
    assert patterns.is_like(between, between.replace("\n", "?"))
    assert patterns.is_like(between, "?" * len(between))
    assert not patterns.is_like(f"{between}x", "?" * len(between))


@given(st.text(max_size=12))
def test_a_variable_s_value_is_taken_as_it_is(name: str) -> None:
    assert patterns.is_like_filled(f"a/{name}/b", "a/${x}/*", {"x": name})
    assert patterns.filled("${x}", {"x": name}) == name
