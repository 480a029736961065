"""A manifest's images, wherever they lie: each an object of its own, or all of them in shards."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workflow import s3
from workflow.manifest import Image
from workflow.packs import open_pack
from workflow.pixels import BrokenImageError

Source = Callable[[Image], bytes]
"""The image's bytes; BrokenImageError says why they cannot be had. Threads may share it."""


@contextmanager
def open_source(client: Any, pack_uri: str) -> Iterator[Source]:
    """From the pack, where there is one (its shards lie on disk until the block ends), else from the objects."""
    if not pack_uri:
        yield objects(client)
        return
    with tempfile.TemporaryDirectory(prefix="mlteam-pack-") as folder:
        yield open_pack(client, pack_uri, Path(folder))


def objects(client: Any) -> Source:
    """A request per image, from where the manifest says it is."""

    def read(image: Image) -> bytes:
        stored = s3.read(client, s3.Address(image.bucket, image.key))
        if stored is None:
            raise BrokenImageError("not there")
        return stored.body

    return read
