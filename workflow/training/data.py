"""A manifest's images on the training machine: fetched by many threads, looked at, the broken ones set aside.

Writes `images/<number><extension>` and manifest.jsonl with one {"path", "label", "group"} a line; keys are no file
names (they may hold anything), so numbers are.
"""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from workflow import s3
from workflow.errors import DriftError, ResourceError
from workflow.manifest import Image, images_of
from workflow.pixels import BrokenImageError, row_of

THREADS: Final = 16
NAMED: Final = 5
Source = Callable[[Image], bytes | None]
EXTENSION: Final = re.compile(r"^\.[A-Za-z0-9]{1,8}$")


@dataclass(frozen=True)
class Fetched:
    """`broken` names what was set aside and why."""

    count: int
    broken: tuple[str, ...]


def read_manifest(client: Any, uri: str, digest: str) -> list[Image]:
    """DriftError when it is gone or not the one that was meant."""
    stored = s3.read(client, s3.parse(uri))
    if stored is None:
        raise DriftError(f"manifest {uri} is gone", cure="mlteam sample")
    found = hashlib.sha256(stored.body).hexdigest()
    if found != digest:
        raise DriftError(f"manifest {uri} has digest {found}, recorded: {digest}", cure="mlteam sample")
    return list(images_of(stored.body.split(b"\n")[:-1], source=uri))


def objects(client: Any) -> Source:
    """Each image from where the manifest says it is: a request per image."""

    def read(image: Image) -> bytes | None:
        stored = s3.read(client, s3.Address(image.bucket, image.key))
        return stored.body if stored else None

    return read


def packed(client: Any, pack_uri: str, scratch: Path) -> Source:
    """Each image from its shard (see `workflow.placing`); a request per shard, made now."""
    index = s3.parse(pack_uri)
    stored = s3.read(client, index)
    if stored is None:
        raise DriftError(f"pack {pack_uri} is gone", cure="mlteam sample --mode pack")
    entries = [json.loads(line) for line in stored.body.splitlines()]
    places = {entry["key"]: (scratch / entry["shard"], entry["offset"], entry["size"]) for entry in entries}
    for name in sorted({path.name for path, _, _ in places.values()}):
        client.download_file(index.bucket, f"{index.key.rpartition('/')[0]}/{name}", str(scratch / name))

    def read(image: Image) -> bytes | None:
        if image.key not in places:
            return None
        path, offset, size = places[image.key]
        with path.open("rb") as shard:
            shard.seek(offset)
            return bytes(shard.read(size))

    return read


def fetch(source: Source, images: Sequence[Image], folder: Path, max_broken_fraction: float) -> Fetched:
    """Write the data folder; ResourceError when more images are broken than the team lets pass, or none is left."""
    (folder / "images").mkdir(parents=True)
    broken: list[str] = []
    written = 0
    with ThreadPoolExecutor(THREADS) as pool, (folder / "manifest.jsonl").open("w", encoding="utf-8") as manifest:
        found = pool.map(lambda number, image: _fetch_one(source, image, folder, number), range(len(images)), images)
        for image, (path, fault) in zip(images, found, strict=True):
            if fault:
                broken.append(f"{image.key!r}: {fault}")
                continue
            manifest.write(json.dumps({"path": path, "label": image.label, "group": image.group}) + "\n")
            written += 1
    if not written or len(broken) > max_broken_fraction * len(images):
        raise ResourceError(
            f"{len(broken)} of {len(images)} images cannot be used, allowed: {max_broken_fraction:.1%}; "
            f"for example {'; '.join(broken[:NAMED]) or 'the manifest is empty'}",
            cure="mend or remove them in landing/ and run `mlteam sample`, or raise max_broken_fraction in mlteam.yaml",
        )
    return Fetched(written, tuple(broken))


def _fetch_one(source: Source, image: Image, folder: Path, number: int) -> tuple[str, str]:
    """(path relative to the folder, empty) or (empty, what is wrong)."""
    body = source(image)
    if body is None:
        return "", "not there"
    try:
        row_of(body)
    except BrokenImageError as error:
        return "", str(error)
    extension = PurePosixPath(image.key).suffix
    path = f"images/{number:08}{extension if EXTENSION.match(extension) else ''}"
    (folder / path).write_bytes(body)
    return path, ""
