"""The reserved images as they are read: a label that nobody has is the team's mistake, and is said so."""

import io
from typing import Any

import pytest
from PIL import Image as Picture

from workflow.errors import ResourceError, UsageError
from workflow.manifest import Image
from workflow.project import Project
from workflow.reserved import read_images
from workflow.source import objects


def uploaded(world: Any, label: str, size: tuple[int, int] = (2, 2)) -> Image:
    body = io.BytesIO()
    Picture.new("L", size).save(body, "PNG")
    key = f"landing/{label}.png"
    world.client.put_object(Bucket="mlteam-dev-prod", Key=key, Body=body.getvalue())
    return Image(key, "mlteam-dev-prod", label, label, len(body.getvalue()), "")


@pytest.fixture
def images(world: Any) -> list[Image]:
    return [uploaded(world, "cat"), uploaded(world, "dog")]


def project(positive_label: str, **more: Any) -> Project:
    thresholds = {"auc": ">= 0.9"}
    return Project.model_validate(
        {"project": "pets", "positive_label": positive_label, "thresholds": thresholds} | more
    )


def test_the_positive_label_is_one(world: Any, images: list[Image]) -> None:
    assert read_images(objects(world.client), project("dog"), images).labels.tolist() == [0.0, 1.0]


def test_a_positive_label_that_no_image_has_is_refused(world: Any, images: list[Image]) -> None:
    with pytest.raises(UsageError, match=r"2 reserved images has the label 'dgo'; there are 'cat', 'dog'"):
        read_images(objects(world.client), project("dgo"), images)


def test_an_image_of_another_size_than_the_others_is_left_out_and_named(world: Any, images: list[Image]) -> None:
    odd = uploaded(world, "cow", (3, 3))
    found = read_images(objects(world.client), project("dog", max_broken_fraction=0.5), [*images, odd])
    assert found.rows.shape == (2, 4)
    assert found.broken == ("landing/cow.png: 9 pixels, the others have 4",)
    with pytest.raises(ResourceError, match="1 of 3 images cannot be used"):
        read_images(objects(world.client), project("dog"), [*images, odd])
