"""Train a binary classifier on pixels: `--data` in, an MLflow model in `--model` out.

Reads the data folder that mlteam made (manifest.jsonl: path, label, group), turns each image into its grey levels
0..255, line by line, as the model server's clients do, and saves a scikit-learn pipeline. Classes are 0 and 1, 1 being
the `positive_label` of mlteam.yaml. Everything is drawn from `--seed`.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import mlflow.sklearn
import numpy as np
import sklearn
import yaml
from mlflow.models import infer_signature
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from threadpoolctl import threadpool_limits

from workflow.training.run_logger import RunLogger

ENOUGH_PER_CLASS = 100
"""Below it the images are augmented, unless --augment says how often."""
MOST_COPIES = 20
TURN_DEGREES = 10.0
SHIFT_SHARE = 0.06
NOISE = 12.0
"""Standard deviation in grey levels."""
FOLDS = 3
KINDS = ("logistic", "kernel", "network")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def load(folder: Path, positive_label: str) -> tuple[list[NDArray[np.float64]], NDArray[np.int64], list[str]]:
    """Images (height, width), classes (n,) and groups."""
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    images = []
    for row in rows:
        with Image.open(folder / row["path"]) as image:
            images.append(np.asarray(image.convert("L"), dtype=np.float64))
    classes = np.array([int(row["label"] == positive_label) for row in rows])
    return images, classes, [row["group"] for row in rows]


def copies_wanted(classes: NDArray[np.int64], augment: int) -> int:
    """`augment` copies per image; -1: as many as the rarer class needs, none if there is enough."""
    if augment >= 0:
        return augment
    rarer = min(int(classes.sum()), int((1 - classes).sum()))
    return 0 if rarer >= ENOUGH_PER_CLASS else min(MOST_COPIES, -(-ENOUGH_PER_CLASS // max(rarer, 1)) - 1)


def varied(image: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """A copy, slightly turned, moved and covered with noise; its group is its original's."""
    turned = ndimage.rotate(
        image, generator.uniform(-TURN_DEGREES, TURN_DEGREES), reshape=False, order=1, mode="nearest"
    )
    moved = ndimage.shift(turned, generator.normal(0, SHIFT_SHARE, 2) * image.shape, order=1, mode="nearest")
    return np.clip(np.rint(moved + generator.normal(0, NOISE, image.shape)), 0, 255)


def augmented(
    images: Sequence[NDArray[np.float64]], classes: NDArray[np.int64], groups: Sequence[str], copies: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], list[str]]:
    """Rows of pixels, classes and groups: the images and `copies` of each."""
    generator = np.random.default_rng(seed)
    rows, all_classes, all_groups = [], [], []
    for image, each, group in zip(images, classes, groups, strict=True):
        versions = [image, *(varied(image, generator) for _ in range(copies))]
        rows += [version.reshape(-1) for version in versions]
        all_classes += [each] * len(versions)
        all_groups += [group] * len(versions)
    return np.stack(rows), np.array(all_classes), all_groups


def make_model(kind: str, c: float, max_iter: int, seed: int) -> Pipeline:
    """`C` is the inverse of regularisation. No trees: skops cannot check their nodes, a forged file could crash us."""
    logistic = LogisticRegression(C=c, max_iter=max_iter, random_state=seed)
    if kind == "logistic":
        return make_pipeline(StandardScaler(), logistic)
    if kind == "kernel":
        return make_pipeline(MinMaxScaler(), Nystroem(gamma=0.1, n_components=200, random_state=seed), logistic)
    network = MLPClassifier((64,), alpha=1 / c, solver="lbfgs", max_iter=max_iter, random_state=seed)
    return make_pipeline(StandardScaler(), network)


def cross_validate(
    model: Pipeline, rows: NDArray[np.float64], classes: NDArray[np.int64], groups: Sequence[str], run: RunLogger
) -> None:
    """AUC on groups that were not trained on, one step per fold. mlteam's gate uses images of its own instead."""
    if (
        min(len({group for group, each in zip(groups, classes, strict=True) if each == wanted}) for wanted in (0, 1))
        < FOLDS
    ):
        say(f"fewer than {FOLDS} groups in a class: no cross-validation")
        return
    folds = StratifiedGroupKFold(FOLDS).split(rows, classes, groups)
    for step, (train, test) in enumerate(folds):
        model.fit(rows[train], classes[train])
        auc = float(roc_auc_score(classes[test], model.predict_proba(rows[test])[:, 1]))
        run.log_metric("cv.auc", auc, step)
        say(f"fold {step}: AUC {auc:.4f} on {len(test)} rows")


def save(model: Pipeline, rows: NDArray[np.float64], folder: Path) -> None:
    """skops holds no code, unlike pickle. Explicit requirements spare MLflow a trial run of the model, 7 s; an input
    example would cost 5 s and say no more than the signature."""
    example = rows[:2]
    mlflow.sklearn.save_model(
        model,
        str(folder),
        serialization_format="skops",
        signature=infer_signature(example, model.predict_proba(example)[:, 1]),
        pip_requirements=[
            f"mlflow=={mlflow.__version__}",
            f"scikit-learn=={sklearn.__version__}",
            f"numpy=={np.__version__}",
        ],
    )


def train(options: argparse.Namespace, run: RunLogger) -> None:
    positive = yaml.safe_load(Path(__file__).with_name("mlteam.yaml").read_text(encoding="utf-8"))["positive_label"]
    images, classes, groups = load(options.data, str(positive))
    if len(set(classes.tolist())) < 2:
        raise SystemExit(f"all {len(classes)} images are of one class (positive: {positive!r}); train on a larger tier")
    copies = copies_wanted(classes, options.augment)
    if copies:
        say(f"{len(images)} images are few: each gets {copies} copies, slightly turned, moved and noisy")
    rows, all_classes, all_groups = augmented(images, classes, groups, copies, options.seed)
    # the parameters themselves are logged by whoever started this: mlteam's worker or `mlflow run`
    run.log_params({"copies": copies, "rows": len(rows), "positives": int(all_classes.sum())})
    model = make_model(options.kind, options.C, options.max_iter, options.seed)
    cross_validate(model, rows, all_classes, all_groups, run)
    model.fit(rows, all_classes)
    run.log_metric("train.auc", float(roc_auc_score(all_classes, model.predict_proba(rows)[:, 1])))
    save(model, rows, options.model)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--kind", choices=KINDS, default="logistic")
    parser.add_argument("--C", type=float, default=1.0)
    parser.add_argument("--max-iter", type=int, default=300)
    parser.add_argument("--augment", type=int, default=-1, help="copies of each image; -1: as many as it takes")
    parser.add_argument("--seed", type=int, default=0)
    # On matrices as small as these, threads of BLAS wait for one another: two of them cost 18 times the CPU of one.
    with threadpool_limits(1, "blas"), RunLogger.from_environment() as run:
        train(parser.parse_args(), run)


if __name__ == "__main__":
    main()
