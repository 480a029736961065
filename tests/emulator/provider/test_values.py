"""Property values survive the wire, with secrets, unknowns and assets anywhere in them."""

import pytest
from google.protobuf import json_format, struct_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.engine.values import (
    ARCHIVE,
    ASSET,
    OUTPUT,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_TEXTS,
    Asset,
    Secret,
    Unknown,
    Value,
    decode,
    encode,
    holds,
    opened,
    secret_texts,
)

# The wire's numbers are doubles: whole ones beyond 2**53 are not all there.
EXACT = 2**53

scalars = st.one_of(
    st.booleans(),
    st.integers(-EXACT, EXACT),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer()),
    st.text(),
    st.just(UNKNOWN),
    st.builds(
        lambda kind, path: Asset(kind, (("hash", "abc"), ("path", path))), st.sampled_from([ASSET, ARCHIVE]), st.text()
    ),
)
keys = st.text().filter(lambda key: key != SIGNATURE)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(keys, inner), inner.map(Secret)),
    max_leaves=12,
)
structs = st.dictionaries(keys, values, max_size=3)


@settings(max_examples=40)  # nested values are slow to make, and the default tier is to be quick
@given(structs)
def test_what_is_encoded_is_decoded_again(members: dict[str, Value]) -> None:
    assert decode(encode(members)) == members


@given(values)
def test_an_opened_value_holds_no_secret(value: Value) -> None:
    assert not holds(opened(value), Secret)


@settings(max_examples=40)  # nested values are slow to make, and the default tier is to be quick
@given(structs)
def test_encoded_values_are_valid_json_documents(members: dict[str, Value]) -> None:
    json_format.MessageToJson(encode(members))


def wire(value: object) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    json_format.ParseDict({"p": value}, struct)
    return struct


@pytest.mark.parametrize("sentinel", sorted(UNKNOWN_TEXTS))
def test_every_sentinel_of_the_engine_is_an_unknown(sentinel: str) -> None:
    assert decode(wire(sentinel)) == {"p": UNKNOWN}


def test_an_output_value_without_a_value_is_unknown() -> None:
    assert decode(wire({SIGNATURE: OUTPUT, "dependencies": []})) == {"p": UNKNOWN}


def test_a_secret_output_value_is_a_secret() -> None:
    assert decode(wire({SIGNATURE: OUTPUT, "value": "x", "secret": True})) == {"p": Secret("x")}


def test_a_signature_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown signature 'nonsense'"):
        decode(wire({SIGNATURE: "nonsense"}))


def test_a_secret_and_an_unknown_do_not_show_themselves() -> None:
    assert repr(Secret("hunter2")) == "[secret]"
    assert "04da6b54" not in repr(UNKNOWN)


def test_secret_texts_are_found_at_any_depth_and_only_in_secrets() -> None:
    value = {"open": "a", "list": [Secret({"deep": ["b"]})], "own": Secret("c")}
    assert sorted(secret_texts(value)) == ["b", "c"]
    assert not holds(value, Unknown)
