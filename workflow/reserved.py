"""The reserved images of a sample: their pixels read, the broken ones named and left out, none of them trained on."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from workflow.errors import DriftError, ResourceError, UsageError
from workflow.manifest import Image
from workflow.pixels import BrokenImageError, row_of
from workflow.project import Project
from workflow.source import Source
from workflow.statistics.metrics import Floats

_DOWNLOADS: Final = 16
"""S3 answers a small GET in 20-50 ms: one at a time, a thousand images would take most of a minute."""


@dataclass(frozen=True, kw_only=True)
class Reserved:
    """Images that no training set holds: `rows` (n, pixels), `labels` 0 or 1, and those that could not be read."""

    images: tuple[Image, ...]
    rows: Floats
    labels: Floats
    broken: tuple[str, ...]


def refuse_leak(reserved: Sequence[Image], trained: Sequence[Image]) -> None:
    """DriftError naming groups that stand on both sides: a score on them would be a memory, not a prediction."""
    shared = sorted({image.group for image in reserved} & {image.group for image in trained})
    if shared:
        named = ", ".join(map(repr, shared[:5]))
        raise DriftError(
            f"{len(shared)} groups are in the training manifest and in the reserved one, for example {named}",
            cure="mlteam sample, then train again",
        )


def read_images(source: Source, project: Project, images: Sequence[Image]) -> Reserved:
    """ResourceError when more images are broken than mlteam.yaml allows, or none is left; UsageError when none of
    them has the positive label."""

    def read(image: Image) -> Floats | str:
        try:
            return row_of(source(image))
        except BrokenImageError as error:
            return f"{image.key}: {error}"

    with ThreadPoolExecutor(_DOWNLOADS) as pool:
        found = list(pool.map(read, images))
    return _sorted_out(project, images, found)


def _sorted_out(project: Project, images: Sequence[Image], found: Sequence[Floats | str]) -> Reserved:
    sizes = [len(row) for row in found if not isinstance(row, str)]
    usual = max(set(sizes), key=sizes.count, default=0)
    whole, rows, broken = [], [], []
    for image, row in zip(images, found, strict=True):
        if isinstance(row, str):
            broken.append(row)
        elif len(row) != usual:
            broken.append(f"{image.key}: {len(row)} pixels, the others have {usual}")
        else:
            whole.append(image)
            rows.append(row)
    if not whole or len(broken) > project.max_broken_fraction * len(images):
        raise ResourceError(
            f"{len(broken)} of {len(images)} images cannot be used, allowed: {project.max_broken_fraction:.1%} "
            f"(max_broken_fraction); for example {'; '.join(broken[:3])}",
            cure="mend or remove them in landing/, then mlteam sample",
        )
    if project.positive_label not in {image.label for image in whole}:
        found_labels = ", ".join(map(repr, sorted({image.label for image in whole})[:5]))
        raise UsageError(
            f"none of {len(whole)} reserved images has the label {project.positive_label!r}; there are {found_labels}",
            cure="mend positive_label in mlteam.yaml, or sample more images",
        )
    labels = np.array([float(image.label == project.positive_label) for image in whole])
    return Reserved(images=tuple(whole), rows=np.stack(rows), labels=labels, broken=tuple(broken))
