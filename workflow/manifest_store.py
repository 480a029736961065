"""Manifests on their way to S3 and back: counted while they are written, stored under their digest, held to it."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow import s3
from workflow.errors import DriftError
from workflow.manifest import Image, images_of, line_of
from workflow.sections import ManifestRecord


@dataclass(frozen=True)
class Draft:
    """A manifest on disk, and where it will stand."""

    name: str
    path: Path
    record: ManifestRecord


def draft_of(path: Path, images: Iterable[Image], prefix: s3.Address) -> Draft:
    """Write the images to `path`; the address is `prefix`/<sha256 of the bytes>.jsonl."""
    digest, labels, size = hashlib.sha256(), Counter[str](), 0
    with path.open("wb") as file:
        for image in images:
            line = line_of(image).encode()
            file.write(line)
            digest.update(line)
            labels[image.label] += 1
            size += image.size
    record = ManifestRecord(
        uri=str(prefix / f"{digest.hexdigest()}.jsonl"),
        digest=digest.hexdigest(),
        count=labels.total(),
        size_bytes=size,
        labels=dict(sorted(labels.items())),
    )
    return Draft(path.stem, path, record)


def store(client: Any, draft: Draft) -> None:
    """Upload it unless the same one is there: its name is its content."""
    address = s3.parse(draft.record.uri)
    if not s3.exists(client, address):
        client.upload_file(str(draft.path), address.bucket, address.key)


def read_manifest(client: Any, uri: str, digest: str) -> list[Image]:
    """DriftError when it is gone or not the one that was meant."""
    stored = s3.read(client, s3.parse(uri))
    if stored is None:
        raise DriftError(f"manifest {uri} is gone", cure="mlteam sample")
    found = hashlib.sha256(stored.body).hexdigest()
    if found != digest:
        raise DriftError(f"manifest {uri} has digest {found}, recorded: {digest}", cure="mlteam sample")
    return list(images_of(stored.body.split(b"\n")[:-1], source=uri))
