"""Pulumi's property values on the wire, to and from plain Python.

Decoded values are None, bool, int, float, str, list, dict and the four below. Whole numbers become int, because the
wire has only doubles and AWS counts. Signatures and sentinels: pulumi/sdk `resource/sig` and `plugin/rpc.go`, 3.250.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SEALED: Final = "1b47061264138c4ac30d75fd1eb44270"
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# The engine has a sentinel per kind of value; a provider may answer with the one for strings always.
UNKNOWN_TEXTS: Final = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)

Value = Any
"""A decoded property value."""


@dataclass(frozen=True)
class Unknown:
    """A value that is not known before the update is made."""

    def __repr__(self) -> str:
        return "<not known yet>"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that the engine encrypts in the state."""

    value: Value

    def __repr__(self) -> str:
        return "[secret]"


@dataclass(frozen=True)
class Asset:
    """A file or (signature ARCHIVE) an archive, as the engine sends it; `members` without the signature."""

    signature: str
    members: tuple[tuple[str, Value], ...]

    @property
    def hash(self) -> str:
        return str(dict(self.members).get("hash", ""))


def decode(struct: struct_pb2.Struct | None) -> dict[str, Value]:
    """The properties of a request."""
    return {} if struct is None else {key: decode_value(value) for key, value in struct.fields.items()}


def decode_value(value: struct_pb2.Value) -> Value:
    match value.WhichOneof("kind"):
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value in UNKNOWN_TEXTS else value.string_value
        case "list_value":
            return [decode_value(item) for item in value.list_value.values]
        case "struct_value":
            return _decode_object(decode(value.struct_value))
    return None


def _decode_object(members: dict[str, Value]) -> Value:
    signature = members.pop(SIGNATURE, None)
    if signature is None:
        return members
    if signature == SEALED:
        return Secret(members.get("value"))
    if signature == OUTPUT:
        value = members.get("value", UNKNOWN)
        return Secret(value) if members.get("secret") else value
    if signature in (ASSET, ARCHIVE):
        return Asset(str(signature), tuple(sorted(members.items(), key=lambda item: item[0])))
    if signature == RESOURCE:
        return members.get("id") or members.get("urn")
    raise ValueError(f"property value with unknown signature {signature!r}")


def encode(members: Mapping[str, Value]) -> struct_pb2.Struct:
    """The properties of an answer; members that are None are left out."""
    return struct_pb2.Struct(fields={k: encode_value(v) for k, v in members.items() if v is not None})


def encode_value(value: Value) -> struct_pb2.Value:
    match value:
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case Unknown():
            return struct_pb2.Value(string_value=UNKNOWN_TEXT)
        case Secret():
            return _encode_object({SIGNATURE: SEALED, "value": value.value})
        case Asset():
            return _encode_object({SIGNATURE: value.signature, **dict(value.members)})
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            return struct_pb2.Value(number_value=value)
        case str():
            return struct_pb2.Value(string_value=value)
        case list() | tuple():
            items = [encode_value(item) for item in value]
            return struct_pb2.Value(list_value=struct_pb2.ListValue(values=items))
        case Mapping():
            return _encode_object(value)
    raise TypeError(f"{type(value).__name__} is no property value")


def _encode_object(members: Mapping[str, Value]) -> struct_pb2.Value:
    fields = {key: encode_value(value) for key, value in members.items()}
    return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))


def opened(value: Value) -> Value:
    """The value without its secret wrappers (unknowns and assets stay)."""
    match value:
        case Secret():
            return opened(value.value)
        case list():
            return [opened(item) for item in value]
        case dict():
            return {key: opened(item) for key, item in value.items()}
    return value


def holds(value: Value, kind: type) -> bool:
    """Whether there is a Secret (or Unknown) anywhere in the value."""
    return isinstance(value, kind) or any(holds(item, kind) for item in _children(value))


def secret_texts(value: Value, *, inside: bool = False) -> Iterator[str]:
    """Every text that is in a secret."""
    if inside and isinstance(value, str):
        yield value
    for item in _children(value):
        yield from secret_texts(item, inside=inside or isinstance(value, Secret))


def texts(value: Value) -> Iterator[str]:
    """Every text in the value."""
    if isinstance(value, str):
        yield value
    for item in _children(value):
        yield from texts(item)


def _children(value: Value) -> list[Value]:
    match value:
        case Secret():
            return [value.value]
        case list():
            return value
        case dict():
            return list(value.values())
    return []
