"""`python -m workflow.serving`: the model server as a process, on exactly the address it is given.

Ends with the code of `errors.py`: 2 when the port is taken. SIGTERM lets running requests finish.
"""

import argparse
import logging
import socket
import sys
import threading
from typing import Any, Final

import boto3
import uvicorn
from botocore.config import Config

from workflow.errors import MlteamError, UsageError
from workflow.serving.app import create_app
from workflow.serving.telemetry import Telemetry
from workflow.serving.watcher import Watcher

POLL_SECONDS: Final = 2.0
"""A conditional GET costs $0.0000004: watching for a month costs 0.52 USD."""
_DRAIN_SECONDS: Final = 20
_STORE: Final = Config(connect_timeout=3, read_timeout=30, retries={"mode": "standard", "max_attempts": 2})
"""Short: while S3 is away the server must find out, say so in /status, and look again."""


def main(arguments: list[str] | None = None) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    options = _parser().parse_args(arguments)
    try:
        listener = _listen(options.host, options.port)
    except MlteamError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the service's log is its stderr
        return error.exit_code
    _serve(options, listener)
    return 0


def _serve(options: argparse.Namespace, listener: socket.socket) -> None:
    watcher = Watcher(client=_client(), deployment_uri=options.deployment_uri, models_uri=options.models_uri)
    telemetry = Telemetry()

    def publish() -> None:
        telemetry.generation.set(watcher.loadout.deployment.generation)
        telemetry.healthy.set(bool(watcher.status()["healthy"]))

    threading.Thread(target=watcher.run, args=(options.poll_seconds, publish), daemon=True, name="watcher").start()
    config = uvicorn.Config(
        create_app(watcher, telemetry), access_log=False, log_level="info", timeout_graceful_shutdown=_DRAIN_SECONDS
    )
    uvicorn.Server(config).run(sockets=[listener])
    watcher.stop()


def _client() -> Any:
    return boto3.client("s3", config=_STORE)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        cure = f"stop what listens there (ss -ltnp 'sport = :{port}'), or choose another --port"
        raise UsageError(f"the model server cannot listen on {host}:{port}: {error.strerror}", cure=cure) from error
    return listener


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workflow.serving", description=__doc__)
    parser.add_argument("--deployment-uri", required=True, help="s3:// address of the deployment object")
    parser.add_argument("--models-uri", required=True, help="s3:// prefix of the model archives <digest>.zip")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--poll-seconds", type=float, default=POLL_SECONDS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
