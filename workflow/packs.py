"""A tier's images in tar shards, with an index of where each one starts: few large objects instead of many small ones.

One format, written and read here. What is read is held to what was packed: the index has each image's SHA-256, the
index's own stands in its name, and the name in the record. (An ETag would not do: that of an object in parts or under
a KMS key is no MD5, and does not say which it is.)
"""

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Lock, get_ident
from typing import Any, Final

from workflow import s3
from workflow.errors import DriftError
from workflow.manifest import Image
from workflow.placing import THREADS, batches

INDEX: Final = "index-"
SHARD_BYTES: Final = 256 << 20
"""Large enough that a request's price vanishes, small enough that a spot machine loses little."""
ENTRY_BYTES: Final = 5 * tarfile.BLOCKSIZE
"""Of an image in a pack beside its content and twice its name (in shard and index), at most."""
PART_BYTES: Final = 8 << 20
PUTS_BESIDE_PARTS: Final = 3
"""boto3 puts a larger object in parts of this size: one request to begin, one to complete, one for the last part."""
KEPT_BYTES: Final = 1 << 30
"""Of images on the sampler's disk, so that a staging tier of a terabyte does not fill it."""
FILE_BYTES: Final = 4096
"""What a file takes beside its content, at most: a block of the usual file systems."""
AGAIN: Final = "mlteam sample --mode pack"

Fetch = Callable[[Image], bytes]


class Once:
    """GETs an image; what stands in several tiers is asked for once, as long as it fits on disk. Threads may share."""

    def __init__(self, client: Any, folder: Path, limit_bytes: int = KEPT_BYTES) -> None:
        self._client, self._folder, self._left = client, folder, limit_bytes
        self._lock = Lock()
        folder.mkdir()

    def __call__(self, image: Image) -> bytes:
        path = self._folder / hashlib.sha256(image.key.encode()).hexdigest()
        with suppress(FileNotFoundError):
            return path.read_bytes()
        body = self._get(image)
        if self._fits(len(body) + FILE_BYTES):
            part = path.with_suffix(f".{get_ident()}")
            part.write_bytes(body)
            part.replace(path)  # whole at once: another thread may ask for it meanwhile
        return body

    def _get(self, image: Image) -> bytes:
        """DriftError when it is no longer the one that was listed."""
        try:
            answer = self._client.get_object(Bucket=image.bucket, Key=image.key, IfMatch=image.etag)
        except self._client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in s3.LOST_CODES | s3.MISSING_CODES:
                where = s3.Address(image.bucket, image.key)
                raise DriftError(f"{where} was changed or removed after it was listed", cure=AGAIN) from error
            raise
        return bytes(answer["Body"].read())

    def _fits(self, size: int) -> bool:
        with self._lock:
            if fits := size <= self._left:
                self._left -= size
            return fits


def pack_images(client: Any, fetch: Fetch, images: Iterable[Image], prefix: s3.Address) -> s3.Address:
    """Shards below `prefix` and their index, written last: one that is there is complete, and left as it is."""
    for page in s3.pages(client, prefix / INDEX):
        if page:
            return s3.Address(prefix.bucket, page[0]["Key"])
    digest = hashlib.sha256()
    with ThreadPoolExecutor(THREADS) as pool, tempfile.TemporaryFile() as entries:
        for number, shard in enumerate(_shards(images)):
            name = f"{number:05}.tar"
            with tempfile.TemporaryFile() as file:
                for line in _write_shard(fetch, pool, shard, file, name):
                    entries.write(line)
                    digest.update(line)
                file.seek(0)
                client.upload_fileobj(file, prefix.bucket, (prefix / name).key)
        entries.seek(0)
        index = prefix / f"{INDEX}{digest.hexdigest()}.jsonl"
        client.upload_fileobj(entries, index.bucket, index.key)
    return index


def packed_size(count: int, size_bytes: int, names_bytes: int) -> tuple[int, int]:
    """PUT-class requests and bytes, both at most, of a pack of `count` images, index and all; `names_bytes` as JSON."""
    objects = 2 * size_bytes // SHARD_BYTES + 2  # any two shards that follow one another hold more than one's bytes
    stored = size_bytes + 2 * names_bytes + count * ENTRY_BYTES + objects * tarfile.RECORDSIZE
    return objects * PUTS_BESIDE_PARTS + stored // PART_BYTES, stored


def open_pack(client: Any, pack_uri: str, scratch: Path) -> Fetch:
    """Download a pack, shard by shard, to read images from it.

    DriftError, now or later, where it is not what was packed: that is no broken image, of which a few are let pass.
    """
    index = s3.parse(pack_uri)
    places = {entry["key"]: entry for entry in map(json.loads, _index_lines(client, index))}
    for name in sorted({entry["shard"] for entry in places.values()}):
        _download(client, index, name, scratch / name)

    def fetch(image: Image) -> bytes:
        if image.key not in places:
            raise _drift(index, f"holds no {image.key!r}")
        entry = places[image.key]
        with (scratch / entry["shard"]).open("rb") as shard:
            shard.seek(entry["offset"])
            body = bytes(shard.read(entry["size"]))
        if hashlib.sha256(body).hexdigest() != entry["sha256"]:
            raise _drift(index, f"has other bytes for {image.key!r} in {entry['shard']} than were packed")
        return body

    return fetch


def _index_lines(client: Any, index: s3.Address) -> list[bytes]:
    stored = s3.read(client, index)
    if stored is None:
        raise _drift(index, "is gone")
    found = hashlib.sha256(stored.body).hexdigest()
    if not index.key.endswith(f"/{INDEX}{found}.jsonl"):
        raise _drift(index, f"has digest {found}, not that of its name")
    return stored.body.splitlines()


def _download(client: Any, index: s3.Address, name: str, path: Path) -> None:
    try:
        client.download_file(index.bucket, f"{_folder(index)}/{name}", str(path))
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in s3.MISSING_CODES:
            raise _drift(index, f"has lost its shard {name}") from error
        raise


def _folder(index: s3.Address) -> str:
    return index.key.rpartition("/")[0]


def _drift(index: s3.Address, what: str) -> DriftError:
    cure = f"as an administrator: aws s3 rm --recursive s3://{index.bucket}/{_folder(index)}/, then: {AGAIN}"
    return DriftError(f"pack {index} {what}", cure=cure)


def _shards(images: Iterable[Image]) -> Iterator[list[Image]]:
    """Runs of images that fill a shard; a single larger image gets one of its own."""
    shard: list[Image] = []
    size = 0
    for image in images:
        if shard and size + image.size > SHARD_BYTES:
            yield shard
            shard, size = [], 0
        shard.append(image)
        size += image.size
    if shard:
        yield shard


def _write_shard(fetch: Fetch, pool: ThreadPoolExecutor, shard: list[Image], file: Any, name: str) -> Iterator[bytes]:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for batch in batches(shard):
            for image, body in zip(batch, pool.map(fetch, batch), strict=True):
                entry = tarfile.TarInfo(image.key)
                entry.size = len(body)
                tar.addfile(entry, io.BytesIO(body))
                padded = -(-len(body) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
                row = {"key": image.key, "shard": name, "offset": file.tell() - padded, "size": len(body)}
                row["sha256"] = hashlib.sha256(body).hexdigest()
                yield (json.dumps(row, ensure_ascii=False) + "\n").encode()
