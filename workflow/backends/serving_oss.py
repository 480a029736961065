"""The team's own model server, as its clients see it: /status and /invocations over HTTP, connections kept open."""

import http.client
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from workflow.errors import ResourceError, UsageError

TIMEOUT_SECONDS: Final = 10.0
_CURE: Final = "mlteam wake, then mlteam logs model-server"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """`status` is 0 when there was no answer; `scores` is empty unless `status` is 200."""

    status: int
    arm: str
    scores: tuple[float, ...]
    seconds: float


class ModelServer:
    """A client that threads may share: each keeps a connection of its own."""

    def __init__(self, url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise UsageError(f"the model server's address is {url!r}; allowed: http://host:port")
        self.url = url
        self._host, self._port, self._timeout = parts.hostname, parts.port or 80, timeout_seconds
        self._local = threading.local()

    def status(self) -> Mapping[str, Any]:
        """What /status says; ResourceError when nothing sensible answers."""
        try:
            code, _, body = self._exchange("GET", "/status", b"", {})
            answer = json.loads(body) if code == 200 else None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ResourceError(f"the model server {self.url} does not answer: {error}", cure=_CURE) from error
        if not isinstance(answer, dict) or answer.get("version") != 1:
            raise ResourceError(f"{self.url}/status answers {code}, but not as the model server does", cure=_CURE)
        return answer

    def predict(self, body: bytes, unit: str) -> Reply:
        """One scoring request; a failure is a reply too."""
        started = time.perf_counter()
        headers = {"Content-Type": "application/json", "X-Mlteam-Unit": unit}
        try:
            code, arm, answer = self._exchange("POST", "/invocations", body, headers)
            scores = tuple(map(float, json.loads(answer)["predictions"])) if code == 200 else ()
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            return Reply(status=0, arm="", scores=(), seconds=time.perf_counter() - started)
        return Reply(status=code, arm=arm, scores=scores, seconds=time.perf_counter() - started)

    def _exchange(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
        """Once more on a fresh connection when a kept one turns out to be closed: all requests here may be repeated."""
        kept = getattr(self._local, "connection", None) is not None
        try:
            return self._send(method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self._close()  # a connection that failed once refuses every later request
            if not kept or isinstance(error, TimeoutError):
                raise
        try:
            return self._send(method, path, body, headers)
        except (OSError, http.client.HTTPException):
            self._close()
            raise

    def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
            self._local.connection = connection
        connection.request(method, path, body=body, headers=dict(headers))
        response = connection.getresponse()
        return response.status, response.headers.get("X-Mlteam-Arm", ""), response.read()

    def _close(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
        self._local.connection = None
