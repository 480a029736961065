"""The instance metadata service, version 2 (and 1 where the instance allows it), one small server per instance.

Promises: a token is required where `HttpTokens` is `required`; tags are shown only where the instance says so;
credentials are those of the role in the instance profile, as STS gives them; loopback only. An instance finds it by
`AWS_EC2_METADATA_SERVICE_ENDPOINT`, because 169.254.169.254 is not ours to take. `POST /emulator/power-off` is how the
shim of `shutdown` reaches the emulator.
"""

import json
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final
from urllib.parse import unquote

log = logging.getLogger(__name__)

TOKEN_PATH: Final = "/latest/api/token"  # noqa: S105
TTL_HEADER: Final = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER: Final = "X-aws-ec2-metadata-token"  # noqa: S105
LONGEST_SECONDS: Final = 21600


@dataclass(frozen=True)
class Metadata:
    """What the instance may know now; `tree` maps a path below `/latest/` to its text."""

    is_enabled: bool
    is_token_required: bool
    tree: dict[str, str]


@dataclass
class Tokens:
    """Session tokens and when they end."""

    _ends: dict[str, float] = field(default_factory=dict)

    def make(self, ttl_seconds: int) -> str:
        token = secrets.token_urlsafe(40)
        self._ends[token] = time.monotonic() + ttl_seconds
        return token

    def is_valid(self, token: str | None) -> bool:
        return token is not None and self._ends.get(token, 0) > time.monotonic()


class MetadataService:
    """A server on a free loopback port; `look` is asked for each request, so that changes show at once."""

    def __init__(self, look: Callable[[], Metadata | None], power_off: Callable[[], None]) -> None:
        self.look, self.power_off, self.tokens = look, power_off, Tokens()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, name="imds", daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(_Handler):
            metadata_service = service

        return Handler


class _Handler(BaseHTTPRequestHandler):
    metadata_service: MetadataService

    def do_PUT(self) -> None:
        lifetime = self.headers.get(TTL_HEADER, "")
        if self.path != TOKEN_PATH:
            self._send(404, "")
        elif "X-Forwarded-For" in self.headers:
            self._send(403, "")  # AWS: a request that came through a proxy gets no token
        elif not lifetime.isdigit() or not 1 <= int(lifetime) <= LONGEST_SECONDS:
            self._send(400, f"{TTL_HEADER}: {lifetime!r}; allowed: 1 to {LONGEST_SECONDS}")
        else:
            self._send(200, self.metadata_service.tokens.make(int(lifetime)), {TTL_HEADER: lifetime})

    def do_POST(self) -> None:
        if self.path != "/emulator/power-off":
            self._send(404, "")
            return
        self._send(200, "")
        Thread(target=self.metadata_service.power_off, daemon=True).start()

    def do_GET(self) -> None:
        metadata = self.metadata_service.look()
        token = self.headers.get(TOKEN_HEADER)
        if metadata is None or not metadata.is_enabled:
            self._send(403, "")
        elif (token or metadata.is_token_required) and not self.metadata_service.tokens.is_valid(token):
            self._send(401, "")
        else:
            text = read(metadata.tree, unquote(self.path.partition("?")[0]))
            self._send(404, "") if text is None else self._send(200, text)

    def _send(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain", "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        log.debug(format, *args)


def read(tree: dict[str, str], path: str) -> str | None:
    """The text at a path, or the list of what is below it, as IMDS answers; None where there is nothing."""
    wanted = path.removeprefix("/latest/").strip("/")
    if not path.startswith("/latest"):
        return None
    if wanted in tree:
        return tree[wanted]
    prefix = f"{wanted}/" if wanted else ""
    rest = [name.removeprefix(prefix) for name in tree if name.startswith(prefix)]
    below = dict.fromkeys(f"{name.split('/')[0]}/" if "/" in name else name for name in rest)
    return "\n".join(below) if below else None


def credentials(access_key: str, secret_key: str, token: str, expiration: str) -> str:
    document = {
        "Code": "Success",
        "LastUpdated": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "Type": "AWS-HMAC",
        "AccessKeyId": access_key,
        "SecretAccessKey": secret_key,
        "Token": token,
        "Expiration": expiration,
    }
    return json.dumps(document, indent=2)


def no_credentials(role_arn: str) -> str:
    """What IMDS says when the role in the profile does not trust EC2."""
    document = {
        "Code": "AssumeRoleUnauthorizedAccess",
        "Message": f"EC2 cannot assume the role {role_arn.rpartition('/')[2]}. Its trust policy must allow EC2 to.",
        "LastUpdated": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    return json.dumps(document, indent=2)
