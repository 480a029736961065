"""Images on their way to a script: whatever their names, without the broken ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from workflow.errors import ResourceError
from workflow.manifest import Image
from workflow.source import objects
from workflow.training.data import fetch

BUCKET = "mlteam-dev-prod"


@pytest.fixture
def images(world: Any, pngs: dict[str, bytes]) -> list[Image]:
    found = []
    for key, body in {**pngs, "line\u2028break.png": pngs["d.png"]}.items():
        etag = world.client.put_object(Bucket=BUCKET, Key=key, Body=body)["ETag"].strip('"')
        found.append(Image(key, BUCKET, "1", f"group of {key}", len(body), etag))
    return found


def test_every_image_arrives_with_its_label_and_group(world: Any, images: list[Image], tmp_path: Path) -> None:
    fetched = fetch(objects(world.client), images, tmp_path / "data", 0)
    assert fetched.count == len(images)
    rows = [json.loads(line) for line in (tmp_path / "data" / "manifest.jsonl").read_text().split("\n")[:-1]]
    assert [row["group"] for row in rows] == [image.group for image in images]
    for row, image in zip(rows, images, strict=True):
        assert (tmp_path / "data" / row["path"]).read_bytes() == world.read(f"s3://{BUCKET}/{image.key}")


def test_a_key_never_becomes_a_file_name(world: Any, pngs: dict[str, bytes], tmp_path: Path) -> None:
    image = Image("../../evil.png/..", BUCKET, "1", "g", 1, "e")
    fetch(lambda _: pngs["d.png"], [image], tmp_path / "data", 0)
    assert [path.name for path in (tmp_path / "data" / "images").iterdir()] == ["00000000"]


def test_an_image_that_went_away_counts_as_broken(world: Any, images: list[Image], tmp_path: Path) -> None:
    world.client.delete_object(Bucket=BUCKET, Key=images[0].key)
    fetched = fetch(objects(world.client), images, tmp_path / "data", 0.5)
    assert fetched.broken == (f"{images[0].key!r}: not there",)


def test_an_empty_manifest_is_refused(world: Any, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="the manifest is empty"):
        fetch(objects(world.client), [], tmp_path / "data", 0.5)
