"""A manifest's images on the training machine: fetched by many threads, looked at, the broken ones set aside.

Writes `images/<number><extension>` and manifest.jsonl with one {"path", "label", "group"} a line; keys are no file
names (they may hold anything), so numbers are.
"""

import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from workflow.errors import ResourceError
from workflow.manifest import Image
from workflow.pixels import BrokenImageError, row_of
from workflow.source import Source

THREADS: Final = 16
NAMED: Final = 5
EXTENSION: Final = re.compile(r"^\.[A-Za-z0-9]{1,8}$")


@dataclass(frozen=True)
class Fetched:
    """`broken` names what was set aside and why."""

    count: int
    broken: tuple[str, ...]


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
    try:
        body = source(image)
        row_of(body)
    except BrokenImageError as error:
        return "", str(error)
    extension = PurePosixPath(image.key).suffix
    path = f"images/{number:08}{extension if EXTENSION.match(extension) else ''}"
    (folder / path).write_bytes(body)
    return path, ""
