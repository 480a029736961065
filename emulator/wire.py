"""What a request asks for, read off the wire before anything answers it: service, operation, parameters, key.

moto's own router and parsers do the reading, by botocore's model, so whoever stands before the services
(`emulator/gateway.py`) knows AWS's own names. CBOR, which botocore prefers for some services, they do not read.
"""

import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from emulator.engine import shapes

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

SIGNED_AS: Final[Mapping[str, str]] = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi"}
"""Signing name -> botocore's name, where they differ and the emulated AWS has the service."""
APP_HEADER: Final = "HTTP_X_SM_MLFLOW_APP_ARN"
"""Of Amazon's MLflow client: a request that bears it is MLflow's own REST API, on that app of SageMaker's."""
JSON_PROTOCOLS: Final = ("json", "rest-json")
READING: Final = ("Describe", "Get", "List", "Head", "Search", "Check", "Lookup", "Query", "Scan")


class UnreadableError(Exception):
    """Parameters of no kind that AWS's model has for them. `in_body` tells those of a document from a header's."""

    def __init__(self, reason: str, in_body: bool) -> None:
        super().__init__(reason)
        self.in_body = in_body


@dataclass(frozen=True)
class Reply:
    """An answer that is whole: status line, headers, body."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def code(self) -> int:
        return int(self.status.split()[0])

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        start_response(self.status, list(self.headers))
        return [self.body]


@dataclass(frozen=True)
class Asked:
    """One request. `service` and `operation` are botocore's names, empty where the request does not say."""

    service: str
    operation: str
    access_key: str
    region: str
    environ: Environ
    labels: Mapping[str, Any]

    @property
    def name(self) -> str:
        """As IAM and CloudTrail write it: `ec2:RunInstances`."""
        return f"{self.service}:{self.operation}"

    @property
    def session_token(self) -> str:
        """Empty for a key that needs none."""
        header = self.environ.get("HTTP_X_AMZ_SECURITY_TOKEN")
        return str(header or _query(self.environ).get("X-Amz-Security-Token", ""))

    @property
    def is_mutating(self) -> bool:
        return not self.operation.startswith(READING)

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """In AWS's member names, without the content of an uploaded object. Empty for what is no operation.

        UnreadableError for a value of another kind than the model's.
        """
        if not self.operation:
            return {}
        model = get_service_model(self.service)
        operation = model.operation_model(self.operation)
        has_body = not operation.has_streaming_input
        request = Request(self.environ if has_body else {**self.environ, "wsgi.input": io.BytesIO()})
        protocol = determine_request_protocol(model, request.content_type)
        parser = PROTOCOL_PARSERS[protocol]
        try:
            if protocol in JSON_PROTOCOLS and request.data and not isinstance(json.loads(request.data), dict):
                raise ValueError("no object")
            parsed: Mapping[str, Any] = parser(operation).parse(
                {
                    "method": request.method,
                    "values": request.values,
                    "headers": request.headers,
                    "body": request.data if has_body else b"",
                    "url_path": request.path,
                    "url_params": dict(self.labels),
                }
            )
        except Exception as error:  # moto's parser trips over each kind of value in another way
            # Not in the error's words: they may be the whole body, and that a secret.
            reason = f"{self.name}: a value that cannot be read ({type(error).__name__})"
            raise UnreadableError(reason, in_body=bool(request.data)) from error
        finally:
            self.environ["wsgi.input"].seek(0)
        for path, reason in shapes.wrong_kinds(parsed, operation.input_shape) if operation.input_shape else ():
            raise UnreadableError(f"{self.name}: {path} {reason}", in_body=True)
        return parsed


def ask(application: Application, environ: Environ) -> Reply:
    """What an application answers, whole."""
    told: list[tuple[str, list[tuple[str, str]]]] = []
    parts = application(environ, lambda status, headers, *_: told.append((status, headers)))
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    status, headers = told[-1]
    return Reply(status, tuple(headers), body)


def read(environ: Environ) -> Asked:
    """`environ["wsgi.input"]` must be seekable, and is where it was afterwards."""
    scope = credential(environ).split("/")
    key, region, signed = (scope[0], scope[2], scope[3].lower()) if len(scope) == 5 else ("", "", "")
    service = SIGNED_AS.get(signed, signed)
    operation, labels = _operation(service, environ)
    return Asked(service, operation, key, region, environ, labels)


def credential(environ: Environ) -> str:
    """`key/date/region/service/aws4_request` of a request that is signed, in its header or, presigned, in its query."""
    header = str(environ.get("HTTP_AUTHORIZATION", "")).partition("Credential=")[2].partition(",")[0]
    return header or str(_query(environ).get("X-Amz-Credential", ""))


def _query(environ: Environ) -> Mapping[str, str]:
    text = environ.get("QUERY_STRING", "")
    return dict(parse_qsl(text)) if "X-Amz-" in text else {}


def _operation(service: str, environ: Environ) -> tuple[str, Mapping[str, Any]]:
    if service not in shapes.session().get_available_services():
        return "", {}
    try:
        operation, labels = get_service_router(service).match(Request(environ))
    except (HTTPException, NotImplementedError):
        return "", {}
    finally:
        environ["wsgi.input"].seek(0)
    return operation.name, labels
