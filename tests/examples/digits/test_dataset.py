"""The example's images: the same every time, copies with their originals, and a question not trivial nor hopeless."""

import csv
import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from examples.digits.dataset import LOOKALIKES, POSITIVE, make_dataset, upload
from workflow.labels import read_labels
from workflow.pixels import row_of

pytestmark = pytest.mark.slow  # importing scikit-learn takes seconds

DIGEST = "94d4a0fcbfaa737bbae89a8f149c8987a7a6c6019c71857a6aff0429915825cf"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digits")
    assert make_dataset(folder) == 1612
    return folder


def rows(folder: Path) -> list[Any]:
    return list(read_labels(folder / "labels.csv", source="labels.csv"))


def test_the_images_are_the_same_every_time(folder: Path) -> None:
    """Of pixels, not of files: another Pillow may compress differently."""
    digest = hashlib.sha256()
    for row in rows(folder):
        digest.update(f"{row.key} {row.label} {row.group} ".encode())
        digest.update(row_of((folder / row.key).read_bytes()).astype("uint8").tobytes())
    assert digest.hexdigest() == DIGEST


def test_every_copy_has_the_group_of_its_original(folder: Path) -> None:
    originals = {row.key: row for row in rows(folder) if "-copy-" not in row.key}
    assert len(originals) == 719
    assert Counter(row.label for row in originals.values())[str(POSITIVE)] == 174
    for row in rows(folder):
        original = originals[f"images/{row.group}.png"]
        assert row.label == original.label
        assert row.key.startswith(f"images/{row.group}")


def test_a_third_is_an_8_and_the_rest_are_lookalikes(folder: Path) -> None:
    labels = Counter(row.label for row in rows(folder))
    assert set(labels) == {str(digit) for digit in (POSITIVE, *LOOKALIKES)}
    assert 0.3 < labels[str(POSITIVE)] / labels.total() < 0.4


def test_every_image_is_64_grey_levels(folder: Path) -> None:
    assert {row_of((folder / row.key).read_bytes()).shape for row in rows(folder)} == {(64,)}


def test_the_label_file_goes_up_after_the_images(tmp_path: Path) -> None:
    """A sampler that runs meanwhile finds images without labels, never labels without images."""

    keys: list[str] = []

    class Store:
        def put_object(self, **arguments: Any) -> None:
            keys.append(f"{arguments['Bucket']}/{arguments['Key']}")

    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"1")
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerow(["key", "label", "group"])
    assert upload(tmp_path, Store(), "s3://bucket/landing/") == 1
    assert keys == ["bucket/landing/images/a.png", "bucket/landing/labels.csv"]
