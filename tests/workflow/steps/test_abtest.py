"""An A/B test whose server goes away or is given another deployment: over real HTTP, against a small server."""

import dataclasses
import io
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Picture

from workflow.context import Context
from workflow.deployment import Deployment, ModelReference, read_deployment, write_deployment
from workflow.errors import DriftError, ResourceError
from workflow.manifest import Image
from workflow.manifest_store import draft_of, store
from workflow.record import has_section, write_section
from workflow.s3 import Address
from workflow.sections import SampleRecord, TrainRecord
from workflow.serving.split import arm_of
from workflow.steps import abtest

pytestmark = pytest.mark.slow

CHAMPION, CHALLENGER = (ModelReference(digest=letter * 64, run_id=letter, name=letter) for letter in "ab")
DEPLOYMENT = Deployment(generation=1, salt="s", champion=CHAMPION, challenger=CHALLENGER, challenger_weight=0.5)
BUCKET = "mlteam-dev-prod"


class Mortal(ThreadingHTTPServer):
    """A model server that is right on both arms until it has answered `life` requests."""

    daemon_threads = True

    def __init__(self, life: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.life = life
        self.meanwhile: Callable[[], object] = lambda: None
        """Called once, while the test runs."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Mortal

    def do_GET(self) -> None:
        self._answer({"version": 1}) if self.server.life > 0 else self._die()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.life -= 1
        meanwhile, self.server.meanwhile = self.server.meanwhile, lambda: None
        meanwhile()
        self._answer({"predictions": [1.0]}) if self.server.life > 0 else self._die()

    def _answer(self, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Mlteam-Arm", arm_of(self.headers.get("X-Mlteam-Unit", ""), "s", 0.5).value)
        self.end_headers()
        self.wfile.write(body)

    def _die(self) -> None:
        self.close_connection = True  # as a process that was killed: no answer at all

    def log_message(self, *_: object) -> None:
        """Silent."""


def served(life: int) -> Iterator[Mortal]:
    with Mortal(life) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def prepared(world: Any, tmp_path: Path) -> Context:
    """A challenger that is deployed, with one reserved image."""
    (tmp_path / "mlteam.yaml").write_text('project: p1\npositive_label: x\nthresholds: {auc: ">= 0.5"}\n')
    png = io.BytesIO()
    Picture.new("L", (2, 2)).save(png, "PNG")
    world.client.put_object(Bucket=BUCKET, Key="landing/a.png", Body=png.getvalue())
    images = [Image("landing/a.png", BUCKET, "x", "g", 1, "")]
    draft = draft_of(tmp_path / "abtest.jsonl", images, Address(BUCKET, "manifests/abtest"))
    store(world.client, draft)
    context: Context = world.context
    sample = SampleRecord(salt="s", mode="manifest", manifests={"abtest": draft.record})
    write_section(context.record_path, "sample", sample, stack="dev")
    names = {field.name: "" for field in dataclasses.fields(TrainRecord)}
    write_section(context.record_path, "train", {**names, "digest": CHALLENGER.digest}, stack="dev")
    write_deployment(world.client, context.platform.serving.deployment_uri, DEPLOYMENT, "")
    return context


def with_server(context: Context, url: str, tmp_path: Path) -> Context:
    platform = context.platform
    changed = dataclasses.replace(platform, serving=dataclasses.replace(platform.serving, url=url))
    path = tmp_path / "platform.json"
    path.write_text(json.dumps(dataclasses.asdict(changed)))
    return dataclasses.replace(context, platform_path=path)


@pytest.mark.parametrize("life", [0, 1, 150, 250])
def test_a_server_that_is_gone_concludes_nothing(prepared: Context, life: int, tmp_path: Path) -> None:
    for server in served(life):
        context = with_server(prepared, server.url, tmp_path)
        with pytest.raises(ResourceError, match="does not answer"):
            abtest.run(context, tmp_path)
    assert not has_section(prepared.record_path, "abtest"), "`promote` would take it for the test's result"


def test_a_deployment_that_was_changed_during_the_test_concludes_nothing(prepared: Context, tmp_path: Path) -> None:
    def withdraw() -> None:
        client, uri = prepared.aws.client("s3"), prepared.platform.serving.deployment_uri
        write_deployment(client, uri, DEPLOYMENT.without_challenger(), read_deployment(client, uri).etag)

    for server in served(10_000):
        server.meanwhile = withdraw
        context = with_server(prepared, server.url, tmp_path)
        with pytest.raises(DriftError, match="changed during the test"):
            abtest.run(context, tmp_path)
    assert not has_section(prepared.record_path, "abtest")
