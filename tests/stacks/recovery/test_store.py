"""The engine's backend in a folder and in a bucket."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from stacks.recovery.store import FileStore, S3Store, Store, open_store
from workflow.aws import Aws
from workflow.errors import UsageError

STATE = ".pulumi/stacks/mlteam/dev.json"
OURS = re.compile(r"/mlteam/dev(\.json|/)")


@pytest.fixture(params=["file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    if request.param == "file":
        yield open_store(f"file://{tmp_path}?no_tmp_dir=true", Path("/"), Aws())
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        aws = Aws(region_name="us-east-1")
        aws.client("s3").create_bucket(Bucket="states")
        aws.client("s3").put_object(Bucket="states", Key="elsewhere/1.json", Body=b"not ours")
        yield open_store("s3://states/team?region=us-east-1&awssdk=v2", Path("/"), aws)


def test_what_was_written_is_listed_read_and_removed(store: Store) -> None:
    assert store.read(STATE) is None
    store.write(STATE, b"{}")
    store.write("1.json", b"[]")
    assert store.names(".pulumi/") == [STATE]
    assert store.names("") == [STATE, "1.json"]
    assert store.read(STATE) == b"{}"
    store.remove(STATE)
    store.remove(STATE)
    assert store.names("") == ["1.json"]
    assert "?" not in store.url


def test_a_folder_with_a_space_is_the_one_that_the_engine_uses(tmp_path: Path) -> None:
    store = open_store("file:///a%20b", tmp_path, Aws())
    assert isinstance(store, FileStore)
    assert store.folder == Path("/a b")


def test_a_key_of_a_bucket_is_below_its_prefix(tmp_path: Path) -> None:
    store = open_store("s3://states", tmp_path, Aws(region_name="us-east-1"))
    assert isinstance(store, S3Store)
    assert (store.bucket, store.prefix) == ("states", "")


@pytest.mark.parametrize(
    ("query", "endpoint"),
    [
        ("endpoint=http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("endpoint=minio:9000", "https://minio:9000"),
        ("endpoint=minio:9000&disableSSL=true", "http://minio:9000"),
    ],
)
def test_a_bucket_elsewhere_is_asked_there(tmp_path: Path, query: str, endpoint: str) -> None:
    store = open_store(f"s3://states?region=eu-west-1&{query}", tmp_path, Aws())
    assert isinstance(store, S3Store)
    assert (store.client.meta.endpoint_url, store.client.meta.region_name) == (endpoint, "eu-west-1")


def test_what_is_written_in_a_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    open_store(f"file://{tmp_path}", Path("/"), Aws()).write("recovery/dev.json", b"{}")
    assert stat.S_IMODE((tmp_path / "recovery/dev.json").stat().st_mode) == 0o600


def test_a_relative_folder_is_one_of_the_programs(tmp_path: Path) -> None:
    open_store("file://./states", tmp_path, Aws()).write("1.json", b"{}")
    assert (tmp_path / "states/1.json").is_file()


def test_only_torn_attributes_of_the_stack_are_found_and_go(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}", Path("/"), Aws())
    history = ".pulumi/history/mlteam/dev/dev-1.json"
    for name in (STATE, history, ".pulumi/stacks/mlteam/prod.json", ".pulumi/stacks/mlteam/dev.json.bak"):
        store.write(name, b"{}")
        store.write(f"{name}.attrs", b"{}" if name.endswith(".bak") else b"")
    assert store.torn(OURS) == [f"{history}.attrs", f"{STATE}.attrs"]
    store.remove(f"{STATE}.attrs")
    assert store.torn(OURS) == [f"{history}.attrs"]
    assert store.read(STATE) == b"{}", "the state itself stays"


@pytest.mark.parametrize("url", ["https://api.pulumi.com", "gs://states", "azblob://states"])
def test_a_backend_whose_locks_cannot_be_seen_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match=re.escape(url)) as refusal:
        open_store(url, Path("/"), Aws())
    assert "pulumi cancel" in str(refusal.value)
