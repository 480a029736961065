"""The one place where the workflow makes AWS clients.

Promises one client per service, made on first use (boto3 costs 0.3 s to import), with timeouts that end. Endpoint,
region and credentials are boto3's own business: environment, profile or instance role.
"""

from threading import Lock
from typing import Any, Final

CONNECT_TIMEOUT_SECONDS: Final = 10
READ_TIMEOUT_SECONDS: Final = 60


class Aws:
    """A lazy set of clients; may be shared between threads.

    `settings` are boto3's own words (region_name, endpoint_url, aws_access_key_id, ...) where the process's
    environment shall not decide.
    """

    def __init__(self, **settings: str) -> None:
        self._settings = settings
        self._clients: dict[str, Any] = {}
        self._session: Any = None
        self._lock = Lock()  # making a client is not thread-safe, using one is

    def client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._make(service)
            return self._clients[service]

    def caller_arn(self) -> str:
        """Who AWS says is calling: the only source of an author's or approver's name."""
        return str(self.client("sts").get_caller_identity()["Arn"])

    def _make(self, service: str) -> Any:
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
            retries={"mode": "standard", "max_attempts": 4},
            max_pool_connections=32,
            # An endpoint that was given is the emulated AWS on this machine: no proxy of the caller's leads there.
            proxies={} if "endpoint_url" in self._settings else None,
        )
        self._session = self._session or boto3.session.Session()  # each reads the tables of endpoints anew
        return self._session.client(service, config=config, **self._settings)
