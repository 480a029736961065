"""`mlteam evaluate`: score the candidate, and the champion beside it, on images that no training set holds.

Writes predictions (JSON lines) to the artifact bucket and to the MLflow run, each metric with its interval over
groups to the run and to the record. Decides nothing: that is the gate's.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click

from workflow import s3
from workflow.context import Context
from workflow.deployment import ModelReference, read_deployment
from workflow.errors import DriftError, ResourceError
from workflow.manifest_store import read_manifest
from workflow.model_store import fetch_model, log_evaluation
from workflow.predictor import PredictionError, Predictor, load_predictor
from workflow.project import Project, load_project
from workflow.record import read_section, write_section
from workflow.reserved import Reserved, read_images, refuse_leak
from workflow.sampling import EVALUATION
from workflow.sections import SampleRecord, TrainRecord
from workflow.serving.loadout import load_archive
from workflow.source import open_source
from workflow.statistics.auc import delong_bound, groups_per_class, one_image_per_group
from workflow.statistics.bootstrap import Bound, Sample
from workflow.statistics.bounds import difference_bound, metric_bound
from workflow.statistics.metrics import METRICS, Floats
from workflow.steps.options import project_option
from workflow.verdicts import ChampionScores, EvaluateRecord

SEED: Final = 20240229
"""Of the bootstrap: fixed, so that the same predictions always get the same bounds, and recorded."""


@dataclass(frozen=True, kw_only=True)
class _Scored:
    """The reserved images with the scores of the candidate and of the champion (if there is one)."""

    reserved: Reserved
    scores: Floats
    champion: ModelReference | None
    champion_scores: Floats | None

    def sample(self) -> Sample:
        groups = [image.group for image in self.reserved.images]
        return Sample(labels=self.reserved.labels, scores=self.scores, groups=groups)


def run(context: Context, project_folder: Path) -> EvaluateRecord:
    """Write the section `evaluate`."""
    project = load_project(project_folder)
    stack = context.platform.stack
    train = read_section(context.record_path, "train", TrainRecord, stack=stack)
    sample = read_section(context.record_path, "sample", SampleRecord, stack=stack)
    reserved = _reserved(context, project, train, sample)
    scored = _score(context, train, reserved)
    record = measured(project, train.digest, sample.manifest(EVALUATION).digest, scored)
    record = replace(record, predictions_uri=_publish(context, train, record, scored))
    write_section(context.record_path, "evaluate", record, stack=stack)
    return record


def _reserved(context: Context, project: Project, train: TrainRecord, sample: SampleRecord) -> Reserved:
    reserved, trained = sample.manifest(EVALUATION), sample.manifest(train.tier)
    if trained.digest != train.manifest_digest:
        raise DriftError("the candidate was trained on another sample than the record's", cure="mlteam train")
    client = context.aws.client("s3")
    images = read_manifest(client, reserved.uri, reserved.digest)
    refuse_leak(images, read_manifest(client, trained.uri, trained.digest))
    waiting = context.progress.waiting(f"reading {len(images)} reserved images")
    with waiting, open_source(client, reserved.pack_uri) as source:
        return read_images(source, project, images)


def _score(context: Context, train: TrainRecord, reserved: Reserved) -> _Scored:
    serving = context.platform.serving
    champion = read_deployment(context.aws.client("s3"), serving.deployment_uri).deployment.champion
    with tempfile.TemporaryDirectory(prefix="mlteam-evaluate-") as name:
        with context.progress.waiting(f"fetching model {train.model_uri}"):
            candidate = load_predictor(fetch_model(context, train, Path(name)))
        scores = _scores(candidate, reserved.rows, train.digest)
    if champion is None:
        return _Scored(reserved=reserved, scores=scores, champion=None, champion_scores=None)
    archive = s3.parse(serving.models_uri) / f"{champion.digest}.zip"
    stored = s3.read(context.aws.client("s3"), archive)
    if stored is None:
        raise DriftError(f"the archive of the champion is gone: {archive}", cure=s3.restoring(archive))
    scores_of_champion = _scores(load_archive(stored.body, champion.digest), reserved.rows, champion.digest)
    return _Scored(reserved=reserved, scores=scores, champion=champion, champion_scores=scores_of_champion)


def _scores(predictor: Predictor, rows: Floats, digest: str) -> Floats:
    try:
        return predictor(rows)
    except (PredictionError, ValueError) as error:
        raise ResourceError(f"model {digest} cannot score the reserved images: {error}", cure="mlteam train") from error


def measured(project: Project, digest: str, manifest_digest: str, scored: _Scored) -> EvaluateRecord:
    """All metrics with their intervals; the predictions' address is not known yet."""
    sample, confidence = scored.sample(), project.confidence
    negative_groups, positive_groups = groups_per_class(sample)
    independent = one_image_per_group(sample)
    return EvaluateRecord(
        digest=digest,
        manifest_digest=manifest_digest,
        images=len(sample.labels),
        negative_groups=negative_groups,
        positive_groups=positive_groups,
        broken=scored.reserved.broken,
        seed=SEED,
        metrics=_bounds(sample, confidence),
        delong=delong_bound(sample.labels, sample.scores, confidence=confidence) if independent else None,
        champion=_against(scored, confidence),
        predictions_uri="",
    )


def _bounds(sample: Sample, confidence: float) -> Mapping[str, Bound]:
    return {name: metric_bound(name, sample, confidence=confidence, seed=SEED) for name in METRICS}


def _against(scored: _Scored, confidence: float) -> ChampionScores | None:
    if scored.champion is None or scored.champion_scores is None:
        return None
    sample = scored.sample()
    champion = Sample(labels=sample.labels, scores=scored.champion_scores, groups=sample.groups)
    differences = {
        name: difference_bound(name, sample, champion.scores, confidence=confidence, seed=SEED) for name in METRICS
    }
    metrics = _bounds(champion, confidence)
    return ChampionScores(digest=scored.champion.digest, metrics=metrics, differences=differences)


def _publish(context: Context, train: TrainRecord, record: EvaluateRecord, scored: _Scored) -> str:
    """Predictions to S3 and MLflow, numbers to MLflow; returns the address of the predictions."""
    platform = context.platform
    folder = s3.Address(platform.storage.artifact_bucket, f"workflow/evaluations/{platform.stack}/{train.digest}")
    address = folder / f"{record.manifest_digest[:16]}-predictions.jsonl"
    body = "".join(_prediction_lines(scored)).encode()
    s3.write(context.aws.client("s3"), address, body)
    with tempfile.TemporaryDirectory(prefix="mlteam-evaluate-") as name:
        path = Path(name) / "predictions.jsonl"
        path.write_bytes(body)
        log_evaluation(context, train.run_id, _numbers(record), path)
    return str(address)


def _prediction_lines(scored: _Scored) -> Iterator[str]:
    rivals = [None] * len(scored.scores) if scored.champion_scores is None else scored.champion_scores.tolist()
    rows = zip(scored.reserved.images, scored.reserved.labels, scored.scores.tolist(), rivals, strict=True)
    for image, label, score, rival in rows:
        line = {"key": image.key, "group": image.group, "label": int(label), "score": score, "champion_score": rival}
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _numbers(record: EvaluateRecord) -> dict[str, float]:
    numbers: dict[str, float] = {"evaluation_images": record.images}
    numbers["evaluation_groups"] = record.negative_groups + record.positive_groups
    for name, bound in record.metrics.items():
        numbers |= {f"evaluation_{name}": bound.point, f"evaluation_{name}_lower": bound.lower}
        numbers[f"evaluation_{name}_upper"] = bound.upper
    return numbers


@click.command(help=__doc__)
@project_option
@click.pass_obj
def command(context: Context, /, project: Path) -> EvaluateRecord:
    return run(context, project)
