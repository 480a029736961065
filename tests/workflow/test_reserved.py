"""The reserved images as they are read: a label that nobody has is the team's mistake, and is said so."""

import io
from typing import Any

import pytest
from PIL import Image as Picture

from workflow.errors import UsageError
from workflow.manifest import Image
from workflow.project import Project
from workflow.reserved import read_images


def uploaded(world: Any, label: str) -> Image:
    body = io.BytesIO()
    Picture.new("L", (2, 2)).save(body, "PNG")
    key = f"landing/{label}.png"
    world.client.put_object(Bucket="mlteam-dev-prod", Key=key, Body=body.getvalue())
    return Image(key, "mlteam-dev-prod", label, label, len(body.getvalue()), "")


@pytest.fixture
def images(world: Any) -> list[Image]:
    return [uploaded(world, "cat"), uploaded(world, "dog")]


def project(positive_label: str) -> Project:
    thresholds = {"auc": ">= 0.9"}
    return Project.model_validate({"project": "pets", "positive_label": positive_label, "thresholds": thresholds})


def test_the_positive_label_is_one(world: Any, images: list[Image]) -> None:
    assert read_images(world.context, project("dog"), images).labels.tolist() == [0.0, 1.0]


def test_a_positive_label_that_no_image_has_is_refused(world: Any, images: list[Image]) -> None:
    with pytest.raises(UsageError, match=r"2 reserved images has the label 'dgo'; there are 'cat', 'dog'"):
        read_images(world.context, project("dgo"), images)
