"""Copy a tier's images to its own bucket: by S3 itself, and never what is there already, so that it may be repeated."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from components.storage.contract import LANDING_PREFIX
from workflow import s3
from workflow.manifest import Image

COPY_PREFIX: Final = "images/"
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
        for batch in batches(images):
            last = copied(batch[-1], bucket).key
            while reached < last and (page := next(listing, None)):  # both sides are sorted by key: a merge
                there |= page
                reached = max(key for key, _, _ in page)
            wanted = [image for image in batch if (copied(image, bucket).key, image.size, image.etag) not in there]
            list(pool.map(lambda image: _copy(client, image, bucket), wanted))
            count += sum(image.size for image in wanted)
            there = {each for each in there if each[0] > last}
    return count


def _existing(client: Any, prefix: s3.Address) -> Iterator[set[tuple[str, int, str]]]:
    for page in s3.pages(client, prefix):
        if page:
            yield {(each["Key"], each["Size"], each["ETag"].strip('"')) for each in page}


def _copy(client: Any, image: Image, bucket: str) -> None:
    source = {"Bucket": image.bucket, "Key": image.key}
    client.copy_object(Bucket=bucket, Key=copied(image, bucket).key, CopySource=source, CopySourceIfMatch=image.etag)


def batches(images: Iterable[Image]) -> Iterator[list[Image]]:
    iterator = iter(images)
    while batch := list(islice(iterator, BATCH)):
        yield batch
