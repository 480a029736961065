"""A manifest: one image per line, as JSON. What a tier's training set is, without a copy of it.

Rows are sorted by key and written in one way only, so the same images have the same digest.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from workflow.decode import DecodeError, decode
from workflow.errors import UsageError


@dataclass(frozen=True)
class Image:
    """`key` and `bucket` say where it is; images of one `group` never stand on both sides of an evaluation."""

    key: str
    bucket: str
    label: str
    group: str
    size: int
    etag: str


def line_of(image: Image) -> str:
    return json.dumps(asdict(image), ensure_ascii=False, separators=(",", ":")) + "\n"


def images_of(lines: Iterable[bytes | str], *, source: str) -> Iterator[Image]:
    """One image per line; UsageError names the line that is none."""
    for number, line in enumerate(lines, start=1):
        try:
            yield decode(Image, json.loads(line))
        except (DecodeError, ValueError) as error:
            raise UsageError(f"line {number} of {source} is no image: {error}", cure="mlteam sample") from error
