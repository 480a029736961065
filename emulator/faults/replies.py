"""What AWS answers when it throttles, breaks or denies, in each service's own words.

Sources (read 2026-11): EC2 API error codes, S3 error responses, common errors of the query and JSON protocols; the
exceptions that an operation declares in botocore's model go before the common ones.
"""

import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from emulator.engine import shapes
from emulator.gateway import error_reply
from emulator.wire import Asked, Environ, Reply, StartResponse

STATUS: Final = {
    400: "400 Bad Request",
    403: "403 Forbidden",
    500: "500 Internal Server Error",
    503: "503 Service Unavailable",
}

Words = tuple[int, str, str]
"""Status, code, message."""

THROTTLED: Final[dict[str, Words]] = {
    "ec2": (503, "RequestLimitExceeded", "Request limit exceeded."),
    "s3": (503, "SlowDown", "Please reduce your request rate."),
    "query": (400, "Throttling", "Rate exceeded"),
    "json": (400, "ThrottlingException", "Rate exceeded"),
}
DENIED: Final[dict[str, Words]] = {
    "ec2": (403, "UnauthorizedOperation", "You are not authorized to perform this operation."),
    "s3": (403, "AccessDenied", "Access Denied"),
    "sns": (403, "AuthorizationError", "User is not authorized to perform: {name}"),
    "query": (403, "AccessDenied", "User is not authorized to perform: {name}"),
    "json": (400, "AccessDeniedException", "User is not authorized to perform: {name}"),
}
BROKEN: Final[dict[str, dict[int, Words]]] = {
    "ec2": {
        500: (500, "InternalError", "An internal error has occurred"),
        503: (503, "Unavailable", "The server is overloaded and can't handle the request."),
    },
    "s3": {
        500: (500, "InternalError", "We encountered an internal error. Please try again."),
        503: (503, "ServiceUnavailable", "Service is unable to handle request."),
    },
    "query": {
        500: (500, "InternalFailure", "The request processing has failed because of an unknown error."),
        503: (503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server."),
    },
    "json": {
        500: (500, "InternalServerException", "The request processing has failed because of an unknown error."),
        503: (503, "ServiceUnavailableException", "The request has failed due to a temporary failure of the server."),
    },
}


def throttled(asked: Asked) -> Reply:
    return _reply(asked, THROTTLED[_manner(asked.service, THROTTLED)])


def denied(asked: Asked) -> Reply:
    return _reply(asked, DENIED[_manner(asked.service, DENIED)])


def broken(asked: Asked, status: int) -> Reply:
    return _reply(asked, BROKEN[_manner(asked.service, BROKEN)][status])


def refused(asked: Asked, code: str, message: str) -> Reply:
    """Any other error."""
    return _reply(asked, (500 if code.startswith("Internal") else 400, code, message))


def _manner(service: str, known: Iterable[str]) -> str:
    """The service's own row where there is one, else that of its protocol."""
    if service in known:
        return service
    return "query" if shapes.service_model(service).metadata["protocol"] == "query" else "json"


def _reply(asked: Asked, words: Words) -> Reply:
    status, code, message = words
    reply = error_reply(asked.environ, STATUS[status], code, message.format(name=asked.name))
    # Nothing may follow the headers of a HEAD's answer.
    return Reply(reply.status, reply.headers, b"") if asked.environ["REQUEST_METHOD"] == "HEAD" else reply


@dataclass(frozen=True)
class Lost(Reply):
    """An answer that never arrives: the connection is closed in its stead."""

    environ: Environ

    def send(self, start_response: StartResponse) -> Iterable[bytes]:  # noqa: ARG002  # nothing is answered
        return self._hang_up()

    def _hang_up(self) -> Iterator[bytes]:
        connection = self.environ.get("werkzeug.socket")
        if connection is not None:  # werkzeug would wait for the next request on it
            connection.shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError("the answer is lost on purpose")
        yield b""


def lost(asked: Asked, reply: Reply) -> Reply:
    return Lost(reply.status, reply.headers, reply.body, asked.environ)
