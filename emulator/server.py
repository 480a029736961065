"""The emulator's server process: moto behind the gateway, the ledger, the executors and the Pulumi provider.

Promises to bind loopback only, to have no account but the emulated one, and to end what it started when it is told to
end (SIGTERM, SIGINT). What happens after kill -9 is the business of the next `start` or `stop`.
"""

import gc
import importlib.util
import ipaddress
import logging
import os
import signal
import socket
import sys
from threading import Event, Thread
from typing import Any, Final

from emulator.processes import find
from emulator.state import Endpoints, State

log = logging.getLogger(__name__)

HOST: Final = "127.0.0.1"
ACCOUNT_ID: Final = "000000000000"
REGION: Final = "us-east-1"


def serve(state: State, port: int = 0, host: str = HOST) -> None:
    """Serve until told to end."""
    _require_loopback(host)
    _prepare_process(state)
    listener = _listen(host, port)
    aws_endpoint_url = f"http://{host}:{listener.getsockname()[1]}"
    gc.disable()  # what moto loads stays to the end: looking through it meanwhile costs a quarter of the start's CPU
    platform = _assemble(state, aws_endpoint_url)
    server = _http_server(platform.gateway, listener)
    gc.freeze()  # and an eighth of the CPU of what comes after it
    gc.set_threshold(50_000, 20, 100)
    gc.enable()
    Thread(target=server.serve_forever, name="aws", daemon=True).start()
    provider, provider_port = _provider(aws_endpoint_url)
    own = find(os.getpid())
    state.write(Endpoints(os.getpid(), own.started if own else 0, aws_endpoint_url, provider_port, ACCOUNT_ID, REGION))
    log.info("ready on %s, provider on port %s", aws_endpoint_url, provider_port)
    _wait_for_signal()
    _close(state, platform, provider)


def _require_loopback(host: str) -> None:
    if not ipaddress.ip_address(host).is_loopback:
        raise OSError(f"the emulator binds loopback only, not {host}; allowed: 127.0.0.1")


def _prepare_process(state: State) -> None:
    """Settings that moto reads when it is imported; credentials that boto3 finds in this process are dummies."""
    state.prepare()
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    os.environ.update(
        MOTO_ACCOUNT_ID=ACCOUNT_ID,
        MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION="true",
        MOTO_IAM_LOAD_MANAGED_POLICIES="true",
        AWS_ACCESS_KEY_ID="emulator",
        AWS_SECRET_ACCESS_KEY="emulator",  # noqa: S106
        AWS_DEFAULT_REGION=REGION,
        AWS_EC2_METADATA_DISABLED="true",
    )
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        os.environ.pop(name, None)


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise OSError(f"port {port} of {host} is taken ({error.strerror}); give another with --port, or 0") from error
    listener.listen(256)
    return listener


def _assemble(state: State, aws_endpoint_url: str) -> Any:
    from emulator.platform import assemble  # imports moto, which must see the environment above

    return assemble(state, aws_endpoint_url)


def _http_server(application: Any, listener: socket.socket) -> Any:
    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import make_server

    class QuietHandler(MotoRequestHandler):
        def log_request(self, code: object = "-", size: object = "-") -> None:
            pass

    host, port = listener.getsockname()
    return make_server(host, port, application, threaded=True, request_handler=QuietHandler, fd=listener.fileno())


def _provider(aws_endpoint_url: str) -> tuple[Any, int]:
    if importlib.util.find_spec("emulator.provider") is None:
        log.warning("there is no emulator.provider: Pulumi cannot attach")
        return None, 0
    from emulator import provider

    server, port = provider.serve(aws_endpoint_url, ACCOUNT_ID, REGION)
    return server, int(port)


def _wait_for_signal() -> None:
    told = Event()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    while not told.wait(timeout=1):  # a wait without end would not see the signal on every platform
        pass


def _close(state: State, platform: Any, provider: Any) -> None:
    log.info("ending")
    if provider is not None:
        provider.stop(grace=1)
    platform.ec2.close()
    left = state.clean()
    if left:
        log.error("processes that do not end: %s", left)
