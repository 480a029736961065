"""The project's own promises: labels become classes, copies stay with their original, the model answers."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image
from threadpoolctl import threadpool_info


@pytest.fixture(scope="module")
def project() -> ModuleType:
    path = Path(__file__).resolve().parents[1] / "train.py"
    spec = importlib.util.spec_from_file_location("team_train", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_labels_become_classes(project: ModuleType, tmp_path: Path) -> None:
    for name, label in (("a", "yes"), ("b", "no")):
        Image.new("L", (4, 2), 128).save(tmp_path / f"{name}.png")
        with (tmp_path / "manifest.jsonl").open("a") as file:
            file.write(json.dumps({"path": f"{name}.png", "label": label, "group": name}) + "\n")
    images, classes, groups = project.load(tmp_path, "yes")
    assert [image.shape for image in images] == [(2, 4), (2, 4)]
    assert classes.tolist() == [1, 0]
    assert groups == ["a", "b"]


def test_copies_are_made_only_where_a_class_is_small(project: ModuleType) -> None:
    few, many = np.array([1] * 10 + [0] * 500), np.array([1] * 500 + [0] * 500)
    assert project.copies_wanted(few, -1) == 9
    assert project.copies_wanted(many, -1) == 0
    assert project.copies_wanted(few, 3) == 3


def test_a_copy_has_the_class_and_the_group_of_its_original(project: ModuleType) -> None:
    images = [np.zeros((8, 8)), np.full((8, 8), 255.0)]
    rows, classes, groups = project.augmented(images, np.array([0, 1]), ["a", "b"], 2, seed=0)
    assert rows.shape == (6, 64)
    assert classes.tolist() == [0, 0, 0, 1, 1, 1]
    assert groups == ["a", "a", "a", "b", "b", "b"]
    assert 0 <= rows.min() <= rows.max() <= 255


def test_the_same_seed_gives_the_same_copies(project: ModuleType) -> None:
    images = [np.arange(64.0).reshape(8, 8)]
    first, second = (project.augmented(images, np.array([1]), ["a"], 2, seed=7)[0] for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize("kind", ["logistic", "kernel", "network"])
def test_every_kind_of_model_answers_with_probabilities(project: ModuleType, kind: str) -> None:
    generator = np.random.default_rng(0)
    rows = generator.uniform(0, 255, (300, 16))
    model = project.make_model(kind, 1.0, 100, 0).fit(rows, (rows[:, 0] > 128).astype(int))
    answers = model.predict_proba(rows)[:, 1]
    assert ((answers >= 0) & (answers <= 1)).all()
    assert answers[rows[:, 0] > 200].mean() > answers[rows[:, 0] < 50].mean()


def test_blas_gets_one_thread(project: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[int] = set()

    def look(*_: object) -> None:
        threads.update(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")

    monkeypatch.chdir(tmp_path)  # without MLflow the run is logged to a file there
    monkeypatch.setattr(project, "train", look)
    monkeypatch.setattr("sys.argv", ["train.py", "--data", str(tmp_path), "--model", str(tmp_path)])
    project.main()
    assert threads == {1}
