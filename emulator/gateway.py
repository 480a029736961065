"""The WSGI application in front of moto: one AWS endpoint for all services.

Promises: requests are handled one after another (moto's backends are plain dictionaries; and a conditional write to S3
must be atomic), a fault in a handler is an answer and not the end of the server, S3 keys may hold a newline (moto's
router gives 404), and a service that moto lacks is answered from the ledger or refused by name.
"""

import io
import json
import logging
from collections.abc import Callable, Iterable
from threading import RLock
from typing import Any, Final
from xml.sax.saxutils import escape

from flask import Flask
from moto import backends
from moto.core.responses import BaseResponse
from moto.core.utils import convert_to_flask_response
from moto.moto_server import werkzeug_app
from moto.moto_server.utilities import RegexConverter
from moto.moto_server.werkzeug_app import BackendRequest, DomainDispatcherApplication, create_backend_app
from werkzeug.routing import BaseConverter, Map

from emulator.engine import shapes

log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_ERROR: Final = "<Error><Code>{code}</Code><Message>{message}</Message></Error>"
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
        self._own_services = own_services
        self._own_apps: dict[str, Flask] = {}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            _read_body(environ)
            with self.requests:
                answer: Iterable[bytes] = self.get_application(environ)(environ, start_response)
            return answer
        except NotImplementedError as error:  # moto's word for a request that it cannot even read
            return _error(_signed_service(environ), start_response, "400 Bad Request", "InvalidAction", str(error))
        except Exception as error:  # whatever it is, the next request must be served
            log.exception("%s %s", environ.get("REQUEST_METHOD"), environ.get("PATH_INFO"))
            return _fault(_signed_service(environ), start_response, error)

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
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition(",")[0].split("/")
    return scope[3].lower() if len(scope) == 5 else ""


def _read_body(environ: Environ) -> None:
    """Take the whole body off the wire before the lock: a slow client must not hold up the others."""
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        body = environ["wsgi.input"].read()
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING")
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
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


def _refusal(service: str) -> Callable[[Environ, StartResponse], Iterable[bytes]]:
    def refuse(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        known = "known to AWS" if service in shapes.session().get_available_services() else "unknown to AWS as well"
        message = f"the emulated AWS has no service {service!r} ({known}); it is added in emulator/ledger_rows.py"
        log.warning("%s: %s %s", message, environ.get("REQUEST_METHOD"), environ.get("PATH_INFO"))
        return _error(service, start_response, "400 Bad Request", "UnknownOperationException", message)

    return refuse


def _fault(service: str, start_response: StartResponse, error: Exception) -> Iterable[bytes]:
    message = f"{type(error).__name__}: {error}"
    return _error(service, start_response, "500 Internal Server Error", "InternalFailure", message)


def _error(service: str, start_response: StartResponse, status: str, code: str, message: str) -> Iterable[bytes]:
    """An error in the words of the service's protocol, so that an SDK shows the message."""
    known = service in shapes.session().get_available_services()
    protocol = shapes.service_model(service).metadata["protocol"] if known else "json"
    if protocol in XML_ERRORS:
        body = XML_ERRORS[protocol].format(code=code, message=escape(message)).encode()
        kind = "text/xml"
    else:
        body = json.dumps({"__type": code, "code": code, "message": message, "Message": message}).encode()
        kind = "application/json"
    length = str(len(body))
    start_response(status, [("Content-Type", kind), ("x-amzn-ErrorType", code), ("Content-Length", length)])
    return [body]
