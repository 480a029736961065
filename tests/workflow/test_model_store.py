"""What a tracking server's refusal becomes, over real HTTP."""

import dataclasses
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from workflow.context import Context
from workflow.errors import CredentialsError, ResourceError
from workflow.model_store import fetch_model
from workflow.sections import TrainRecord

pytestmark = pytest.mark.slow

NAMES = {field.name: "x" for field in dataclasses.fields(TrainRecord)}
TRAIN = TrainRecord(**{**NAMES, "model_uri": "models:/tiny/1"})


class Refusing(BaseHTTPRequestHandler):
    """Answers everything with one status and text, as MLflow's login does: in plain."""

    status, text = 401, b"no"

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.text)))
        self.end_headers()
        self.wfile.write(self.text)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def context(world: Any, tmp_path: Path) -> Iterator[Context]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        platform = world.context.platform
        tracking = dataclasses.replace(platform.tracking, tracking_uri=f"http://127.0.0.1:{server.server_address[1]}")
        path = tmp_path / "platform.json"
        path.write_text(json.dumps(dataclasses.asdict(dataclasses.replace(platform, tracking=tracking))))
        yield dataclasses.replace(world.context, platform_path=path)
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "kind"), [(401, CredentialsError), (403, CredentialsError), (404, ResourceError)])
def test_a_wrong_password_is_no_fault_of_the_platform(
    context: Context, status: int, kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Refusing, "status", status)
    with pytest.raises(kind):
        fetch_model(context, TRAIN, tmp_path / "model")


def test_what_mlflow_does_not_know_may_be_at_the_other_variant(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a change of the flag alone, what was logged before is not there: no right is missing."""
    monkeypatch.setattr(Refusing, "status", 404)
    monkeypatch.setattr(Refusing, "text", b'{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such version"}')
    with pytest.raises(ResourceError, match=r"no such version\n.*mlteam swap tracking VARIANT"):
        fetch_model(context, TRAIN, tmp_path / "model")
