"""The WSGI application in front of moto: one AWS endpoint for all services.

What shall see a request before the services do, or their answer after them, is a hook: whether the caller may, what
goes wrong on the way. Promises: requests are handled one after another (moto's backends are plain dictionaries; and a
conditional write to S3 must be atomic), a fault in a handler is an answer and not the end of the server, S3 keys may
hold a newline (moto's router gives 404), and a service that moto lacks is answered from the ledger or refused by name.
"""

import io
import json
import logging
from collections.abc import Callable, Iterable
from functools import lru_cache
from threading import RLock
from typing import Any, Final
from xml.sax.saxutils import escape

from botocore.model import OperationNotFoundError
from flask import Flask
from moto import backends
from moto.core.responses import BaseResponse
from moto.core.utils import convert_to_flask_response
from moto.moto_server import werkzeug_app
from moto.moto_server.utilities import RegexConverter
from moto.moto_server.werkzeug_app import BackendRequest, DomainDispatcherApplication, create_backend_app
from werkzeug.routing import BaseConverter, Map
from werkzeug.wsgi import get_content_length

from emulator import wire
from emulator.engine import shapes
from emulator.wire import Application, Asked, Environ, Reply, StartResponse

log = logging.getLogger(__name__)

Proceed = Callable[[], Reply]
Hook = Callable[[Asked, Proceed], Reply]
"""Answers a request by itself or by what `proceed()` says; runs outside the lock, so it may wait."""

_ERROR: Final = "<Error><Code>{code}</Code><Message>{message}</Message></Error>"
_UNREADABLE: Final = {"ec2": "InvalidParameterValue", "query": "MalformedInput", "rest-xml": "MalformedXML"}
"""Protocol -> code for a value of the wrong kind; the others say SerializationException."""
_HOSTS_REMEMBERED: Final = 1024
XML_ERRORS: Final = {
    "ec2": f"<Response><Errors>{_ERROR}</Errors><RequestID>emulated</RequestID></Response>",
    "query": f"<ErrorResponse>{_ERROR}<RequestId>emulated</RequestId></ErrorResponse>",
    "rest-xml": _ERROR,
}


class Gateway(DomainDispatcherApplication):
    """moto's dispatcher, made orderly."""

    def __init__(self, own_services: dict[str, type[BaseResponse]]) -> None:
        setattr(werkzeug_app, "RegexConverter", AnyTextConverter)  # noqa: B010 - not exported, says mypy
        super().__init__(create_backend_app)
        self.requests = RLock()
        self.hooks: list[Hook] = []
        """The first is the outermost: it sees a request first and the answer last."""
        self._own_services = own_services
        self._own_apps: dict[str, Flask] = {}
        # moto looks through its folder of services for each request: a quarter of what a request costs
        self._backend_of = lru_cache(_HOSTS_REMEMBERED)(super().get_backend_for_host)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            _read_body(environ)
            asked = wire.read(environ)
            try:
                reply = self._through(asked, 0)
            except wire.UnreadableError as error:
                reply = _unreadable(asked, error)
            return reply.send(start_response)
        except Exception as error:  # whatever it is, the next request must be served
            log.exception("%s %s", environ.get("REQUEST_METHOD"), environ.get("PATH_INFO"))
            message = f"{type(error).__name__}: {error}"
            return error_reply(environ, "500 Internal Server Error", "InternalFailure", message).send(start_response)

    def _through(self, asked: Asked, depth: int) -> Reply:
        if depth < len(self.hooks):
            return self.hooks[depth](asked, lambda: self._through(asked, depth + 1))
        asked.parameters  # noqa: B018 - what cannot be read does not reach the services
        asked.environ["wsgi.input"].seek(0)  # a hook may proceed more than once
        try:
            with self.requests:
                return wire.ask(self.get_application(asked.environ), asked.environ)
        except (NotImplementedError, OperationNotFoundError) as error:
            # What moto says where it finds no operation in a request; one that it finds and lacks is the seam's.
            log.warning("unknown to moto: %s %s (%s)", asked.service, asked.environ.get("REQUEST_METHOD"), error)
            message = f"the emulated AWS does not know this operation: {error}"
            return error_reply(asked.environ, "400 Bad Request", "InvalidAction", message)

    def get_backend_for_host(self, host: str | None) -> Any:
        return self._backend_of(host)

    def get_application(self, environ: Environ) -> Any:
        service = _signed_service(environ)
        if service in self._own_services:
            return self._own_app(service)
        if service and service not in _KNOWN and not _is_known(self, environ):
            return _refusal(service)
        return super().get_application(environ)

    def _own_app(self, service: str) -> Flask:
        if service not in self._own_apps:
            self._own_apps[service] = _app_of(self._own_services[service])
        return self._own_apps[service]


_KNOWN = frozenset(backends.list_of_moto_modules())


def _is_known(gateway: DomainDispatcherApplication, environ: Environ) -> bool:
    host = gateway.infer_service_region_host(environ, environ.get("PATH_INFO", ""))
    return bool(gateway.get_backend_for_host(host))


def _signed_service(environ: Environ) -> str:
    """The service in the credential scope of the signature; empty without one."""
    scope = wire.credential(environ).split("/")
    return scope[3].lower() if len(scope) == 5 else ""


def _unreadable(asked: Asked, error: wire.UnreadableError) -> Reply:
    log.warning("%s", error)
    protocol = protocol_of(asked.environ)
    is_header = protocol == "rest-xml" and not error.in_body
    code = "InvalidArgument" if is_header else _UNREADABLE.get(protocol, "SerializationException")
    return error_reply(asked.environ, "400 Bad Request", code, str(error))


def _read_body(environ: Environ) -> None:
    """Take the whole body off the wire before the lock: a slow client must not hold up the others."""
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        body = environ["wsgi.input"].read()
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING")
    else:
        body = environ["wsgi.input"].read(get_content_length(environ) or 0)  # a negative one would never end
    environ["wsgi.input"] = io.BytesIO(body)


class AnyTextConverter(RegexConverter):
    """moto's routes are regular expressions in which `.` stops at a newline; in S3 a key may hold one."""

    def __init__(self, url_map: Map, *items: str) -> None:
        super().__init__(url_map, *items)
        self.regex = f"(?s:{items[0]})"


class _Anything(BaseConverter):
    regex = "(?s:.*)"
    part_isolating = False


def _app_of(response_class: type[BaseResponse]) -> Flask:
    """An application whose every path goes to one response class."""
    app = Flask("emulator")
    app.debug = True  # faults come to the gateway
    app.request_class = BackendRequest
    app.url_map = Map(converters={"anything": _Anything})
    app.add_url_rule(
        "/<anything:path>",
        "dispatch",
        convert_to_flask_response(lambda request, *_: response_class.dispatch(request)),
        methods=["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"],
        strict_slashes=False,
    )
    return app


def _refusal(service: str) -> Application:
    def refuse(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        known = "known to AWS" if service in shapes.session().get_available_services() else "unknown to AWS as well"
        message = f"the emulated AWS has no service {service!r} ({known}); it is added in emulator/ledger_rows.py"
        log.warning("%s: %s %s", message, environ.get("REQUEST_METHOD"), environ.get("PATH_INFO"))
        return error_reply(environ, "400 Bad Request", "UnknownOperationException", message).send(start_response)

    return refuse


def error_reply(environ: Environ, status: str, code: str, message: str) -> Reply:
    """An error in the words of the request's protocol, so that an SDK shows the message."""
    form = XML_ERRORS.get(protocol_of(environ))
    if form:
        kind, body = "text/xml", form.format(code=code, message=escape(message)).encode()
    else:
        kind = "application/json"
        body = json.dumps({"__type": code, "code": code, "message": message, "Message": message}).encode()
    body = b"" if environ.get("REQUEST_METHOD") == "HEAD" else body
    length = str(len(body))
    return Reply(status, (("Content-Type", kind), ("x-amzn-ErrorType", code), ("Content-Length", length)), body)


def message_reply(status: str, message: str) -> Reply:
    """What is no answer of a service's protocol: a message and nothing else."""
    body = json.dumps({"message": message}).encode()
    return Reply(status, (("Content-Type", "application/json"), ("Content-Length", str(len(body)))), body)


def protocol_of(environ: Environ) -> str:
    """That of the request where a service speaks several."""
    service = wire.SIGNED_AS.get(_signed_service(environ), _signed_service(environ))
    if service not in shapes.session().get_available_services():
        return "json"
    protocol = str(shapes.service_model(service).metadata["protocol"])
    is_form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    return "query" if is_form and protocol not in XML_ERRORS else protocol
