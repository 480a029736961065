"""What a step refuses because the world has moved on since its record was written: nothing stale is served."""

import dataclasses
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workflow.context import Context
from workflow.deployment import Deployment, ModelReference, Stored, read_deployment, write_deployment
from workflow.errors import DriftError, GateError, RefusedError
from workflow.lock import acquire, lock_address
from workflow.record import write_section
from workflow.reserved import Reserved
from workflow.rollout import Rollout
from workflow.sections import ManifestRecord, SampleRecord, TrainRecord
from workflow.serving import loadout
from workflow.statistics.bootstrap import Bound
from workflow.steps import approve, deploy, evaluate, gate
from workflow.steps.gate import gate_record
from workflow.steps.promote import check_test
from workflow.verdicts import AbTestRecord, ArmRecord, ChampionScores, Check, EvaluateRecord

A, B, C = (ModelReference(digest=letter * 64, run_id=letter, name=letter) for letter in "abc")
NAMES = {field.name: "" for field in dataclasses.fields(TrainRecord)}
TRAIN = TrainRecord(**{**NAMES, "digest": B.digest, "tier": "dev", "author": "arn:aws:iam::1:user/grace"})
PERFECT = Bound(point=0.99, lower=0.98, upper=1.0, confidence=0.95, method="m")
EVALUATION = EvaluateRecord(
    digest=B.digest,
    manifest_digest="m",
    images=100,
    negative_groups=50,
    positive_groups=50,
    broken=(),
    seed=1,
    metrics={"auc": PERFECT},
    delong=None,
    champion=ChampionScores(digest=A.digest, metrics={}, differences={}),
    predictions_uri="s3://x",
)
PASSED = (Check(name="auc >= 0.9", passed=True, reason="auc 0.99"),)


@pytest.fixture
def context(world: Any, tmp_path: Path) -> Context:
    """A candidate B that was trained; moto's caller may approve."""
    (tmp_path / "mlteam.yaml").write_text('project: p1\npositive_label: x\nthresholds: {auc: ">= 0.9"}\n')
    platform = world.context.platform
    account = world.context.aws.caller_arn().split(":")[4]
    rules = dataclasses.replace(
        platform.approval, approver_role_arn=f"arn:aws:iam::{account}:role/approver", approvers=("moto",)
    )
    path = tmp_path / "platform.json"
    path.write_text(json.dumps(dataclasses.asdict(dataclasses.replace(platform, approval=rules))))
    found: Context = dataclasses.replace(world.context, platform_path=path)
    write_section(found.record_path, "train", TRAIN, stack="dev")
    return found


@pytest.fixture
def serve(context: Context) -> Callable[..., Stored]:
    def call(**fields: Any) -> Stored:
        client, uri = context.aws.client("s3"), context.platform.serving.deployment_uri
        write_deployment(client, uri, Deployment(**fields), read_deployment(client, uri).etag)
        return read_deployment(client, uri)

    return call


def test_a_model_of_another_sample_is_not_evaluated(context: Context, tmp_path: Path) -> None:
    manifest = ManifestRecord(uri="s3://b/m", digest="another", count=1, size_bytes=1, labels={})
    sample = SampleRecord(salt="s", mode="manifest", manifests={"dev": manifest, "evaluation": manifest})
    write_section(context.record_path, "sample", sample, stack="dev")
    write_section(context.record_path, "train", TRAIN, stack="dev")
    with pytest.raises(DriftError, match="trained on another sample"):
        evaluate.run(context, tmp_path)


def test_a_champion_whose_archive_is_gone_has_to_be_put_back(
    context: Context, serve: Callable[..., Stored], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(generation=3, champion=A)
    monkeypatch.setattr(evaluate, "fetch_model", lambda *_: Path())
    monkeypatch.setattr(evaluate, "load_predictor", lambda _: lambda rows: rows)
    nothing = Reserved(images=(), rows=np.empty((0, 1)), labels=np.empty(0, dtype=bool), broken=())
    with pytest.raises(
        DriftError, match=f"{A.digest}.zip\n  cure: .*list-object-versions.*{A.digest}.zip.versionId=ID$"
    ):
        evaluate._score(context, TRAIN, nothing)


def test_what_the_gate_refused_is_sent_back_to_the_gates_reasons(context: Context) -> None:
    refused = gate_record(EVALUATION, (Check(name="auc >= 0.9", passed=False, reason="auc 0.8"),))
    write_section(context.record_path, "evaluate", EVALUATION, stack="dev")
    write_section(context.record_path, "gate", refused, stack="dev")
    with pytest.raises(GateError, match=r"cannot be approved or deployed\n  cure: mlteam gate"):
        approve.run(context)


@pytest.mark.parametrize("champion", [None, C])
def test_an_evaluation_against_yesterdays_champion_is_not_judged(
    context: Context, serve: Callable[..., Stored], tmp_path: Path, champion: ModelReference | None
) -> None:
    serve(generation=3, champion=champion)
    write_section(context.record_path, "evaluate", EVALUATION, stack="dev")
    with pytest.raises(DriftError, match=r"the champion is .* now, the evaluation was against aaaaaaaaaaaa"):
        gate.run(context, tmp_path)


def test_a_gate_against_another_champion_lets_nothing_be_deployed() -> None:
    judged = gate_record(EVALUATION, PASSED)
    deploy._refuse_occupied(Deployment(generation=3, champion=A), judged)
    for champion in (None, C):
        with pytest.raises(DriftError, match="compared with champion aaaaaaaaaaaa"):
            deploy._refuse_occupied(Deployment(generation=3, champion=champion), judged)


def test_a_test_that_runs_is_not_disturbed_by_another_candidate() -> None:
    testing = Deployment(generation=3, champion=A, challenger=C, challenger_weight=0.5)
    with pytest.raises(RefusedError, match="is the challenger already"):
        deploy._refuse_occupied(testing, gate_record(EVALUATION, PASSED))


ARM = ArmRecord(requests=100, errors=0, success_rate=0.9, p95_latency_ms=5.0)
TESTED = AbTestRecord(
    digest=B.digest,
    champion_digest=A.digest,
    generation=4,
    decision="promote",
    reason="better",
    champion=ARM,
    challenger=ARM,
    difference=PERFECT,
    p_value=0.01,
    split_p_value=0.5,
    requests=200,
    units=50,
    images=10,
    with_replacement=True,
    seed=0,
)
SERVED = Deployment(generation=4, champion=A, challenger=B, challenger_weight=0.5)


def test_only_the_test_of_exactly_this_deployment_promotes() -> None:
    check_test(TESTED, SERVED, B.digest)
    for change in ({"generation": 3}, {"champion_digest": C.digest}, {"digest": C.digest}):
        with pytest.raises(DriftError, match="another deployment"):
            check_test(dataclasses.replace(TESTED, **change), SERVED, B.digest)
    with pytest.raises(GateError, match="said keep"):
        check_test(dataclasses.replace(TESTED, decision="keep"), SERVED, B.digest)


def test_an_approval_holds_until_the_gates_result_is_another(context: Context) -> None:
    def judge(evaluation: EvaluateRecord) -> None:
        write_section(context.record_path, "evaluate", evaluation, stack="dev")
        write_section(context.record_path, "gate", gate_record(evaluation, PASSED), stack="dev")

    judge(EVALUATION)
    first = approve.run(context)
    assert approve.run(context) == first
    judge(dataclasses.replace(EVALUATION, images=99))
    second = approve.run(context)
    assert second.nonce != first.nonce
    assert second.gate_digest != first.gate_digest


def test_who_has_lost_the_lock_writes_no_deployment(context: Context, serve: Callable[..., Stored]) -> None:
    stored = serve(generation=1, champion=A)
    client, platform = context.aws.client("s3"), context.platform
    address = lock_address(platform.storage.artifact_bucket, platform.stack)
    dead = acquire(client, address, owner="ada", purpose="deploy", ttl_seconds=0)
    acquire(client, address, owner="bob", purpose="promote")
    dead.renew()
    with pytest.raises(RefusedError, match="was lost"):
        Rollout(context=context, lock=dead, verb="deploy").change(stored, stored.deployment.with_candidate(B, 0.5))
    assert read_deployment(client, platform.serving.deployment_uri) == stored


def test_an_archive_that_holds_another_model_is_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[Path] = []
    monkeypatch.setattr(loadout, "load_predictor", loaded.append)
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr("MLmodel", "flavors: {}")
    with pytest.raises(DriftError, match="holds another model"):
        loadout.load_archive((tmp_path / "m.zip").read_bytes(), A.digest)
    assert loaded == []
