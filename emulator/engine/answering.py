"""Errors as the engine understands them: a message naming the resource; partial failures that keep the state."""

import functools
from collections.abc import Callable
from typing import Any, Final

import grpc
from google.protobuf import any_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from emulator import tokens
from emulator.engine.calling import AwsError, CancelledError
from emulator.engine.lifecycle import PartialError
from emulator.engine.sealing import redacted, seal, sealed_names
from emulator.engine.values import Value, decode, encode

_UNREACHABLE: Final = ("EndpointConnectionError", "ConnectionClosedError", "ConnectTimeoutError", "ReadTimeoutError")


class Refusal(Exception):  # noqa: N818  # it is the answer, not a fault of the program
    """A request that is not served, with its gRPC code."""

    def __init__(self, message: str, code: grpc.StatusCode = grpc.StatusCode.INVALID_ARGUMENT) -> None:
        super().__init__(message)
        self.code = code


def answered(method: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """Turn the exceptions of a servicer's method into the engine's errors."""

    @functools.wraps(method)
    def call(self: Any, request: Any, context: Any) -> Any:
        try:
            return method(self, request, context)
        except Refusal as refusal:
            context.abort(refusal.code, str(refusal))
        except PartialError as error:
            _abort_partially(request, context, error)
        except AwsError as error:
            hint = "; is the emulated AWS still running" if error.code in _UNREACHABLE else ""
            context.abort(grpc.StatusCode.UNKNOWN, f"{_label(request)}{redacted(str(error), _sent(request))}{hint}")
        except CancelledError as error:
            context.abort(grpc.StatusCode.CANCELLED, f"{_label(request)}{error}")
        except (ValueError, KeyError) as error:
            context.abort(grpc.StatusCode.INTERNAL, f"{_label(request)}the row cannot be carried out: {error}")

    return call


def _abort_partially(request: Any, context: Any, error: PartialError) -> None:
    """Let the engine record the resource although its create or update failed, so that it is not orphaned."""
    sent = _sent(request)
    row = tokens.rows()[request.urn.split("::")[2].split("$")[-1]]
    names = sealed_names(sent) | {name for name, prop in row.properties.items() if prop.secret}
    reason = f"{_label(request)}{redacted(str(error), sent)}"
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=error.id,
            properties=encode(seal(error.outputs, names, sent)),
            inputs=encode(seal(error.inputs, names, sent)),
            reasons=[reason],
        )
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason, details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, reason)


def _sent(request: Any) -> dict[str, Value]:
    """The inputs of a request; those of a delete are in its state."""
    sent = getattr(request, "news", None) or getattr(request, "properties", None)
    return decode(sent)


def _label(request: Any) -> str:
    urn = getattr(request, "urn", "")
    if urn.count("::") < 3:
        return ""
    return f"{urn.split('::')[2].split('$')[-1]} '{urn.split('::', 3)[3]}': "
