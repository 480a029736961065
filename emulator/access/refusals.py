"""How AWS says no: a code and an HTTP status for each kind of refusal in each protocol.

Source: Common errors of S3, EC2, IAM and the JSON services, API references (read 2026-11).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

DENIED: Final = "denied"
EXPIRED: Final = "expired"
UNKNOWN: Final = "unknown"
UNSIGNED: Final = "unsigned"
INVALID: Final = "invalid"


@dataclass(frozen=True)
class Answer:
    code: str
    status: int

    @property
    def status_line(self) -> str:
        return f"{self.status} {HTTPStatus(self.status).phrase}"


class Refused(Exception):  # noqa: N818 - not a fault of anybody's
    """The call is answered with a refusal; the message is the whole sentence for the caller."""

    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(message or SENTENCES[kind])
        self.kind = kind


SENTENCES: Final[Mapping[str, str]] = {
    EXPIRED: "The security token included in the request is expired",
    UNKNOWN: "The security token included in the request is invalid.",
    UNSIGNED: "Request is missing Authentication Token",
}
_JSON: Final = {
    DENIED: Answer("AccessDeniedException", 400),
    EXPIRED: Answer("ExpiredTokenException", 400),
    UNKNOWN: Answer("UnrecognizedClientException", 400),
    UNSIGNED: Answer("MissingAuthenticationTokenException", 400),
    INVALID: Answer("ValidationException", 400),
}
ANSWERS: Final[Mapping[str, Mapping[str, Answer]]] = {
    "rest-xml": {
        DENIED: Answer("AccessDenied", 403),
        EXPIRED: Answer("ExpiredToken", 400),
        UNKNOWN: Answer("InvalidAccessKeyId", 403),
        UNSIGNED: Answer("AccessDenied", 403),
        INVALID: Answer("InvalidRequest", 400),
    },
    "ec2": {
        DENIED: Answer("UnauthorizedOperation", 403),
        EXPIRED: Answer("RequestExpired", 400),
        UNKNOWN: Answer("AuthFailure", 401),
        UNSIGNED: Answer("MissingAuthenticationToken", 403),
        INVALID: Answer("InvalidParameterValue", 400),
    },
    "query": {
        DENIED: Answer("AccessDenied", 403),
        EXPIRED: Answer("ExpiredToken", 403),
        UNKNOWN: Answer("InvalidClientTokenId", 403),
        UNSIGNED: Answer("MissingAuthenticationToken", 403),
        INVALID: Answer("InvalidParameterValue", 400),
    },
    "json": _JSON,
    "rest-json": {**{kind: Answer(each.code, 403) for kind, each in _JSON.items()}, INVALID: _JSON[INVALID]},
}


def answer(protocol: str, kind: str) -> Answer:
    """CBOR and others that no SDK here prefers are answered as JSON."""
    return ANSWERS.get(protocol, _JSON)[kind]
