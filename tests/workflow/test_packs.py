"""Packs: what went in comes out, whatever its name, or the pack is refused."""

import io
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from workflow import packs
from workflow.errors import DriftError
from workflow.manifest import Image
from workflow.metering import GIB, Meter
from workflow.packs import FILE_BYTES, Once, pack_images, packed_size
from workflow.s3 import Address
from workflow.source import open_source

BUCKET = "mlteam-dev-prod"
PREFIX = Address("mlteam-dev-dev", "packs/p")
BODIES = {"a b,\n.png": b"first", "line\u2028break.png": b"", "\u753b\u50cf" * 60: b"long name" * 100, "d": b"last"}


@pytest.fixture
def images(world: Any) -> list[Image]:
    found = []
    for key, body in BODIES.items():
        etag = world.client.put_object(Bucket=BUCKET, Key=key, Body=body)["ETag"].strip('"')
        found.append(Image(key, BUCKET, "1", "g", len(body), etag))
    return found


@pytest.fixture
def pack(world: Any, images: list[Image], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Address:
    monkeypatch.setattr(packs, "SHARD_BYTES", 904)  # two shards
    return pack_images(world.client, Once(world.client, tmp_path / "once"), images, PREFIX)


def test_each_image_comes_out_as_it_went_in(world: Any, images: list[Image], pack: Address) -> None:
    with Meter(world.client) as meter, open_source(world.client, str(pack)) as source:
        assert [source(image) for image in images] == list(BODIES.values())
    assert meter.requests["GetObject"] == 3, "an index and two shards"


def test_what_was_packed_before_is_left_alone(world: Any, images: list[Image], pack: Address, tmp_path: Path) -> None:
    with Meter(world.client) as meter:
        assert pack_images(world.client, Once(world.client, tmp_path / "again"), images, PREFIX) == pack
    assert meter.requests == Counter(ListObjectsV2=1)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda body: body[: body.index(b"last") + 2], "has other bytes for 'd' in 00001.tar than were packed"),
        (lambda body: body.replace(b"last", b"lost"), "has other bytes for 'd' in 00001.tar than were packed"),
        (None, "has lost its shard 00001.tar"),
    ],
    ids=["cut off", "exchanged", "gone"],
)
def test_a_shard_that_is_not_what_was_packed_is_refused(
    world: Any, images: list[Image], pack: Address, damage: Any, said: str
) -> None:
    shard = {"Bucket": PREFIX.bucket, "Key": f"{PREFIX.key}/00001.tar"}
    body = world.client.get_object(**shard)["Body"].read()
    world.client.delete_object(**shard)
    if damage:
        world.client.put_object(**shard, Body=damage(body))
    with pytest.raises(DriftError, match=said), open_source(world.client, str(pack)) as source:
        [source(image) for image in images]


def test_an_index_that_is_not_the_recorded_one_is_refused_with_the_cure(world: Any, pack: Address) -> None:
    world.client.upload_fileobj(io.BytesIO(b""), pack.bucket, pack.key)
    cure = r"as an administrator: aws s3 rm --recursive s3://mlteam-dev-dev/packs/p/, then: mlteam sample --mode pack"
    with pytest.raises(DriftError, match=f"not that of its name\n.*{cure}"), open_source(world.client, str(pack)):
        pass
    world.client.delete_object(Bucket=pack.bucket, Key=pack.key)
    with pytest.raises(DriftError, match="is gone"), open_source(world.client, str(pack)):
        pass


def test_an_image_that_was_not_packed_is_refused(world: Any, pack: Address) -> None:
    with pytest.raises(DriftError, match="holds no 'other'"), open_source(world.client, str(pack)) as source:
        source(Image("other", BUCKET, "1", "g", 1, ""))


@pytest.mark.parametrize(
    ("shard_bytes", "name"),
    [(30, "x" * 50), (1 << 20, "x" * 50), (1 << 20, "x" * 1020), (1 << 20, "\u753b" * 340), (1 << 20, "\t" * 1020)],
    ids=["small shards", "one shard", "long names", "long names of no ASCII", "names of control characters"],
)
def test_a_pack_is_no_larger_than_was_said(
    world: Any, monkeypatch: pytest.MonkeyPatch, shard_bytes: int, name: str
) -> None:
    monkeypatch.setattr(packs, "SHARD_BYTES", shard_bytes)
    images = [Image(f"{number:03}{name}", BUCKET, "1", "g", 1 + number % 20, "") for number in range(200)]
    names = sum(len(json.dumps(image.key, ensure_ascii=False).encode()) for image in images)
    puts, stored = packed_size(len(images), sum(image.size for image in images), names)
    with Meter(world.client) as meter:
        pack_images(world.client, lambda image: b"x" * image.size, images, PREFIX)
    assert meter.requests["PutObject"] <= puts
    assert stored / 4 < meter.bill().stored_gib * GIB <= stored


@pytest.mark.parametrize("body", [b"another", None], ids=["exchanged", "gone"])
def test_an_image_that_is_no_longer_the_listed_one_is_refused_by_name(
    world: Any, images: list[Image], tmp_path: Path, body: bytes | None
) -> None:
    world.client.delete_object(Bucket=BUCKET, Key="d")
    if body:
        world.client.put_object(Bucket=BUCKET, Key="d", Body=body)
    with pytest.raises(DriftError, match=rf"^s3://{BUCKET}/d was changed or removed .*\n.*mlteam sample --mode pack"):
        pack_images(world.client, Once(world.client, tmp_path / "once"), images, PREFIX)


@pytest.mark.parametrize(("room", "requests"), [(2, 4 + 2), (4, 4), (0, 8)])
def test_an_image_is_asked_for_once_while_there_is_room(
    world: Any, images: list[Image], tmp_path: Path, room: int, requests: int
) -> None:
    once = Once(world.client, tmp_path / "once", room * FILE_BYTES + sum(image.size for image in images[:room]))
    with Meter(world.client) as meter:
        assert [once(image) for image in images * 2] == [*BODIES.values()] * 2
    assert meter.requests["GetObject"] == requests


def test_an_image_that_is_being_kept_is_read_whole(
    world: Any, images: list[Image], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once, write, read = Once(world.client, tmp_path / "once"), Path.write_bytes, list[bytes]()

    def write_slowly(path: Path, body: bytes) -> int:
        write(path, body[:2])
        if threading.current_thread() is threading.main_thread():
            with ThreadPoolExecutor(1) as pool:
                read.append(pool.submit(once, images[0]).result())
        return write(path, body)

    monkeypatch.setattr(Path, "write_bytes", write_slowly)
    assert [once(images[0]), once(images[0]), *read] == [b"first"] * 3
