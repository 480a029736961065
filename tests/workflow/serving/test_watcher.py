"""Following the deployment object: switch when all is loaded, keep what is served when anything goes wrong."""

from collections.abc import Iterator
from typing import Any

import boto3
import numpy as np
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from workflow.deployment import Deployment, ModelReference, write_deployment
from workflow.errors import ResourceError
from workflow.predictor import Predictor
from workflow.serving.watcher import Watcher

pytestmark = pytest.mark.slow

URI = "s3://artifacts/serving/deployment.json"
A, B, C = (ModelReference(digest=letter * 64, run_id=f"run-{letter}", name=f"model-{letter}") for letter in "abc")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="artifacts")
        for letter in "abc":
            client.put_object(Bucket="artifacts", Key=f"serving/models/{letter * 64}.zip", Body=letter.encode())
        yield client


@pytest.fixture
def watcher(client: Any) -> Watcher:
    """Loads everything but model c."""

    def load(archive: bytes, digest: str) -> Predictor:
        if archive == b"c":
            raise ResourceError("the model does not load: ValueError: planted")
        return Predictor(scores=lambda rows: np.zeros(len(rows)), features=None)

    return Watcher(client=client, deployment_uri=URI, models_uri="s3://artifacts/serving/models/", load_archive=load)


def wanted(client: Any, etag: str = "", **fields: Any) -> str:
    return write_deployment(client, URI, Deployment(**fields), etag)


def places(watcher: Watcher) -> dict[str, str]:
    return {place: model.reference.run_id for place, model in watcher.loadout.models.items()}


def test_nothing_deployed_is_healthy(watcher: Watcher) -> None:
    watcher.poll()
    assert watcher.status()["healthy"] is True
    assert watcher.status()["generation"] == 0


def test_a_deployment_is_served_once_all_its_models_are_loaded(client: Any, watcher: Watcher) -> None:
    wanted(client, generation=2, champion=A, challenger=B, challenger_weight=0.1)
    watcher.poll()
    assert places(watcher) == {"champion": "run-a", "challenger": "run-b"}
    assert watcher.status()["healthy"] is True


def test_an_object_that_did_not_change_is_not_fetched_again(client: Any, watcher: Watcher) -> None:
    wanted(client, generation=1, champion=A)
    watcher.poll()
    before = watcher.loadout
    watcher.poll()
    assert watcher.loadout is before


def test_a_model_that_does_not_load_keeps_what_is_served(client: Any, watcher: Watcher) -> None:
    etag = wanted(client, generation=1, champion=A)
    watcher.poll()
    wanted(client, etag, generation=2, champion=A, challenger=C, challenger_weight=0.5)
    watcher.poll()
    status = watcher.status()
    assert places(watcher) == {"champion": "run-a"}
    assert (status["generation"], status["wanted_generation"], status["healthy"]) == (1, 2, False)
    assert "planted" in str(status["errors"])


def test_a_first_champion_is_served_without_its_broken_challenger(client: Any, watcher: Watcher) -> None:
    wanted(client, generation=5, champion=A, challenger=C, challenger_weight=0.5)
    watcher.poll()
    assert places(watcher) == {"champion": "run-a"}
    assert watcher.status()["healthy"] is False


def test_a_previous_model_that_is_lost_does_not_stop_a_deployment(client: Any, watcher: Watcher) -> None:
    wanted(client, generation=5, champion=A, previous=C)
    watcher.poll()
    assert places(watcher) == {"champion": "run-a"}
    assert watcher.status()["healthy"] is True
    assert "planted" in str(watcher.status()["errors"]), "the lost rollback must be seen"


def test_a_rollback_downloads_nothing(client: Any, watcher: Watcher) -> None:
    etag = wanted(client, generation=1, champion=B, previous=A)
    watcher.poll()
    client.delete_object(Bucket="artifacts", Key=f"serving/models/{A.digest}.zip")
    wanted(client, etag, generation=2, champion=A)
    watcher.poll()
    assert places(watcher) == {"champion": "run-a"}
    assert watcher.status()["healthy"] is True


def test_an_outage_of_the_store_goes_on_serving_and_heals(client: Any, watcher: Watcher) -> None:
    wanted(client, generation=1, champion=A)
    watcher.poll()

    class Away:
        def get_object(self, **_: object) -> None:
            raise EndpointConnectionError(endpoint_url="http://s3")

    watcher.client = Away()
    watcher.poll()
    assert places(watcher) == {"champion": "run-a"}
    assert "EndpointConnectionError" in str(watcher.status()["store_error"])
    watcher.client = client
    watcher.poll()
    assert watcher.status()["healthy"] is True


def test_no_fault_of_whatever_kind_ends_the_watching(client: Any, watcher: Watcher) -> None:
    def load(archive: bytes, digest: str) -> Predictor:
        raise KeyError("planted")

    good, watcher.load_archive = watcher.load_archive, load
    wanted(client, generation=1, champion=A)
    watcher.poll()
    assert "planted" in str(watcher.status()["store_error"])
    watcher.load_archive = good
    watcher.poll()
    assert watcher.status()["healthy"] is True


def test_an_archive_that_is_not_there_yet_is_asked_for_again(client: Any, watcher: Watcher) -> None:
    client.delete_object(Bucket="artifacts", Key=f"serving/models/{A.digest}.zip")
    wanted(client, generation=1, champion=A)
    watcher.poll()
    assert watcher.status()["store_error"]
    client.put_object(Bucket="artifacts", Key=f"serving/models/{A.digest}.zip", Body=b"a")
    watcher.poll()
    assert places(watcher) == {"champion": "run-a"}


@pytest.mark.parametrize(
    "body", [b"", b"not json", b'{"version": 2}', b'{"generation": NaN}', b'{"champion": {"digest": "../x"}}']
)
def test_an_object_that_is_no_deployment_changes_nothing(client: Any, watcher: Watcher, body: bytes) -> None:
    wanted(client, generation=1, champion=A)
    watcher.poll()
    client.put_object(Bucket="artifacts", Key="serving/deployment.json", Body=body)
    watcher.poll()
    assert places(watcher) == {"champion": "run-a"}
    assert "not valid" in str(watcher.status()["store_error"])
