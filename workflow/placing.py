"""Put a tier's images where training reads them fastest or cheapest: nowhere (manifest), copied, or packed.

Copies are made by S3 itself and never twice; shards are tar files that hold a manifest's images in its order, with an
index of where each one starts. What is there already is left alone, so every mode may be repeated.
"""

import io
import json
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from components.storage.contract import LANDING_PREFIX
from workflow import s3
from workflow.manifest import Image

COPY_PREFIX: Final = "images/"
SHARD_BYTES: Final = 256 << 20
"""Large enough that a request's price vanishes, small enough that a spot machine loses little."""
THREADS: Final = 16
BATCH: Final = 1000


def copied(image: Image, bucket: str) -> Image:
    """The image as it will stand in the tier's bucket: a prefix instead of landing/."""
    return replace(image, bucket=bucket, key=COPY_PREFIX + image.key.removeprefix(LANDING_PREFIX))


def copy_images(client: Any, images: Iterable[Image], bucket: str) -> int:
    """Copy what is not there yet (same key, size and ETag) and answer how many bytes that were."""
    there: set[tuple[str, int, str]] = set()
    listing = _existing(client, s3.Address(bucket, COPY_PREFIX))
    reached, count = "", 0
    with ThreadPoolExecutor(THREADS) as pool:
        for batch in _batches(images):
            last = copied(batch[-1], bucket).key
            while reached < last and (page := next(listing, None)):  # both sides are sorted by key: a merge
                there |= page
                reached = max(key for key, _, _ in page)
            wanted = [image for image in batch if (copied(image, bucket).key, image.size, image.etag) not in there]
            list(pool.map(lambda image: _copy(client, image, bucket), wanted))
            count += sum(image.size for image in wanted)
            there = {each for each in there if each[0] > last}
    return count


def pack_images(client: Any, images: Iterable[Image], prefix: s3.Address) -> s3.Address:
    """Tar shards below `prefix` and their index, written last: an index that is there is complete."""
    index = prefix / "index.jsonl"
    if s3.exists(client, index):
        return index
    with ThreadPoolExecutor(THREADS) as pool, tempfile.TemporaryFile("w+", encoding="utf-8") as entries:
        for number, shard in enumerate(_shards(images)):
            with tempfile.TemporaryFile() as file:
                entries.writelines(_write_shard(client, pool, shard, file, f"{number:05}.tar"))
                file.seek(0)
                client.upload_fileobj(file, prefix.bucket, (prefix / f"{number:05}.tar").key)
        entries.seek(0)
        client.upload_fileobj(entries.buffer, index.bucket, index.key)
    return index


def _existing(client: Any, prefix: s3.Address) -> Iterator[set[tuple[str, int, str]]]:
    for page in s3.pages(client, prefix):
        if page:
            yield {(each["Key"], each["Size"], each["ETag"].strip('"')) for each in page}


def _copy(client: Any, image: Image, bucket: str) -> None:
    source = {"Bucket": image.bucket, "Key": image.key}
    client.copy_object(Bucket=bucket, Key=copied(image, bucket).key, CopySource=source, CopySourceIfMatch=image.etag)


def _batches(images: Iterable[Image]) -> Iterator[list[Image]]:
    iterator = iter(images)
    while batch := list(islice(iterator, BATCH)):
        yield batch


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


def _write_shard(client: Any, pool: ThreadPoolExecutor, shard: list[Image], file: Any, name: str) -> Iterator[str]:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for batch in _batches(shard):
            for image, body in zip(batch, pool.map(lambda each: _fetch(client, each), batch), strict=True):
                entry = tarfile.TarInfo(image.key)
                entry.size = len(body)
                tar.addfile(entry, io.BytesIO(body))
                row = {"key": image.key, "shard": name, "offset": file.tell(), "size": len(body)}
                row["offset"] -= -(-len(body) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE  # back over the padded body
                yield json.dumps(row, ensure_ascii=False) + "\n"


def _fetch(client: Any, image: Image) -> bytes:
    answer = client.get_object(Bucket=image.bucket, Key=image.key, IfMatch=image.etag)
    return bytes(answer["Body"].read())
