"""SageMaker's data plane: behind each MLflow App a real MLflow server, reached at the AWS endpoint as on AWS.

Promises that an app is `Created` only when its server answers and gone only when its processes are; that a call needs
a signature for SageMaker in the app's region; that calls do not wait for each other or for other services' requests.
The header is that of Amazon's own client, sagemaker-mlflow 0.5 (read 2026-11); what AWS answers to a caller without
rights was reported by users of AWS (403, a `message` and nothing else).
"""

import logging
import shutil
from pathlib import Path
from threading import RLock, Thread
from typing import Any, Final

from moto.sagemaker.responses import SageMakerResponse
from moto.sts.models import sts_backends
from werkzeug.exceptions import NotFound
from werkzeug.middleware.http_proxy import ProxyMiddleware

from emulator import wire
from emulator.access.table.sagemaker import NOT_AUTHORIZED
from emulator.executors.mlflow_server import MlflowServer
from emulator.gateway import Proceed, message_reply
from emulator.ledger import Kind, Ledger
from emulator.seam import AwsError, Call, Record, answer
from emulator.state import State
from emulator.validation import validated
from emulator.wire import APP_HEADER, Asked, Reply

log = logging.getLogger(__name__)

SESSION_SECONDS: Final = 43_200
CALL_SECONDS: Final = 600
"""Searching many runs takes a while."""
FOR_AWS: Final = frozenset({"HTTP_AUTHORIZATION", "HTTP_X_AMZ_DATE", "HTTP_X_AMZ_SECURITY_TOKEN", APP_HEADER})
"""What the server behind it does not need: it knows no users."""
_PROXY: Final = ProxyMiddleware(NotFound(), {}, timeout=CALL_SECONDS)


class MlflowAppExecutor:
    """All MLflow Apps of one emulator; `requests` is the gateway's lock, held while moto's state is used."""

    def __init__(self, state: State, aws_endpoint_url: str, ledger: Ledger, app: Kind, requests: RLock) -> None:
        self._state, self._aws_endpoint_url, self._requests = state, aws_endpoint_url, requests
        self._ledger, self._app = ledger, app
        self._servers: dict[str, MlflowServer] = {}

    def install(self) -> None:
        self._ledger.changed.setdefault((self._app.service, self._app.key), []).append(self._changed)
        answer(SageMakerResponse, "CreatePresignedMlflowAppUrl", validated(self._presigned))

    # --- an app's life

    def _changed(self, change: str, record: Record, call: Call) -> None:
        arn = record["Arn"]
        if change == "create":
            self._servers[arn] = MlflowServer(self._folder(arn), self._state.sessions, self._credentials(record, call))
        work = {"create": self._create, "update": self._update, "delete": self._delete}[change]
        Thread(target=work, args=(record, call), name=f"{change} {arn}", daemon=True).start()

    def _folder(self, arn: str) -> Path:
        return self._state.apps / arn.rpartition("/")[2]

    def _create(self, record: Record, _: Call) -> None:
        is_up = self._servers[record["Arn"]].start(record["ArtifactStoreUri"])
        record["Status"] = "Created" if is_up else "CreateFailed"

    def _update(self, record: Record, _: Call) -> None:
        """The artifact root is an argument of the server's: a new one takes a new start, on the same database."""
        server = self._servers[record["Arn"]]
        is_up = not server.stop() and server.start(record["ArtifactStoreUri"])
        record["Status"] = "Updated" if is_up else "UpdateFailed"

    def _delete(self, record: Record, call: Call) -> None:
        left = self._servers[record["Arn"]].stop()
        if left:
            log.error("%s: processes that do not end: %s", record["Arn"], left)
            record["Status"] = "DeleteFailed"
            return
        shutil.rmtree(self._folder(record["Arn"]), ignore_errors=True)
        with self._requests:
            self._ledger.remove(self._app, record, call)
            del self._servers[record["Arn"]]

    def _credentials(self, record: Record, call: Call) -> dict[str, str]:
        """A session of the app's service role, as long as STS gives one."""
        session = sts_backends[call.account_id]["aws"].assume_role(
            region_name=call.region,
            role_session_name="SageMaker",
            role_arn=record["RoleArn"],
            policy="",
            duration=SESSION_SECONDS,
            external_id="",
        )
        return {
            "AWS_ACCESS_KEY_ID": session.access_key_id,
            "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
            "AWS_SESSION_TOKEN": session.session_token,
            "AWS_ENDPOINT_URL": self._aws_endpoint_url,
            "AWS_REGION": call.region,
            "AWS_DEFAULT_REGION": call.region,
        }

    # --- calls to it

    def _presigned(self, call: Call) -> Record:
        """The server's own address: a browser on this machine needs no more."""
        server = self._servers.get(call.parameters["Arn"])
        if server is None:
            raise AwsError("ResourceNotFound", f"{call.operation}: there is no Arn {call.parameters['Arn']!r}")
        if not server.is_up:
            raise AwsError("ConflictException", f"{call.operation}: {call.parameters['Arn']} does not serve now")
        return {"AuthorizedUrl": f"http://{server.address}/"}

    def answer_call(self, asked: Asked, proceed: Proceed) -> Reply:
        """A hook of the gateway's, for requests with the app's header; 503 is what a client waits out."""
        arn = str(asked.environ.get(APP_HEADER, ""))
        server = self._servers.get(arn)
        if not arn:
            return proceed()
        if asked.service != "sagemaker" or arn.split(":")[3:4] != [asked.region]:
            return message_reply("403 Forbidden", NOT_AUTHORIZED)
        if server is None:
            return message_reply("404 Not Found", f"there is no MLflow App {arn}")
        if not server.is_up:
            return message_reply("503 Service Unavailable", f"MLflow App {arn} does not serve now")
        inner = {name: value for name, value in asked.environ.items() if name not in FOR_AWS}
        return wire.ask(_PROXY.proxy_to(_target(server), inner["PATH_INFO"], "/"), inner)


def _target(server: MlflowServer) -> dict[str, Any]:
    """In werkzeug's words."""
    address = server.address
    return {
        "target": f"http://{address}",
        "host": address,
        "headers": {},
        "remove_prefix": False,
        "ssl_context": None,
    }
