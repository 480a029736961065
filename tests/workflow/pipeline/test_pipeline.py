"""The whole way of a model, each step real: MLflow on a file, S3 in this process, the model server over HTTP."""

import dataclasses
import json
from typing import Any

import pytest

from workflow.context import Context
from workflow.deployment import read_deployment
from workflow.errors import DriftError, GateError, RefusedError, ResourceError
from workflow.manifest import Image
from workflow.manifest_store import draft_of, store
from workflow.metering import Meter
from workflow.record import read_section, write_section
from workflow.s3 import Address
from workflow.sections import TrainRecord
from workflow.steps import abtest, approve, deploy, evaluate, gate, promote, rollback, status
from workflow.verdicts import EvaluateRecord, GateRecord

pytestmark = pytest.mark.slow

BUCKET = "mlteam-dev-prod"


def test_a_model_goes_all_the_way_and_back(stack: Any) -> None:
    first = stack.passed("weak")
    assert deploy.run(first, stack.folder).place == "champion"

    second = stack.passed("good")
    record = json.loads(second.record_path.read_text())
    assert record["evaluate"]["champion"]["differences"]["auc"]["lower"] > 0
    deployed = deploy.run(second, stack.folder)
    assert (deployed.place, deployed.challenger_weight) == ("challenger", 0.5)
    assert deploy.run(second, stack.folder) == deployed, "once more changes nothing, and needs no new approval"

    with Meter(second.aws.client("s3")) as meter:
        tested = abtest.run(second, stack.folder)
    assert meter.requests["GetObject"] < 10, "200 images come in one shard"
    assert tested.decision == "promote"
    assert tested.difference.lower > 0
    promoted = promote.run(second)
    assert promoted.alias_set is True
    assert promote.run(second).generation == promoted.generation, "once more changes nothing"

    client = stack.world.client
    client.delete_object(Bucket="mlteam-dev-artifacts", Key=f"serving/models/{promoted.previous_digest}.zip")
    back = rollback.run(stack.context("nothing"), reason="a test")
    assert back.digest == promoted.previous_digest
    assert back.withdrawn == (promoted.digest,)
    shown = status.run(stack.context("nothing"))
    assert shown.problem == ""
    assert [line.split()[1] for line in shown.history] == ["rollback", "promote", "deploy", "deploy"]
    assert "weak" in shown.text()
    with pytest.raises(RefusedError, match="no previous champion"):
        rollback.run(stack.context("nothing"))


def test_a_point_that_passes_is_not_enough(stack: Any) -> None:
    context = stack.train("weak")
    measured = evaluate.run(context, stack.folder).metrics["auc"]
    between = (measured.point + measured.lower) / 2
    project = stack.folder / "mlteam.yaml"
    project.write_text(project.read_text().replace("0.70", f"{between:.4f}"))
    with pytest.raises(GateError, match=f"auc {measured.point:.4f}.*bound {measured.lower:.4f}.*{between:.4f}"):
        gate.run(context, stack.folder)
    with pytest.raises(GateError, match="cannot be approved"):
        approve.run(stack.approver(context))
    with pytest.raises(GateError, match="cannot be approved or deployed"):
        deploy.run(context, stack.folder)


def test_without_approval_nothing_is_deployed(stack: Any) -> None:
    context = stack.train("good")
    evaluate.run(context, stack.folder)
    gate.run(context, stack.folder)
    with pytest.raises(RefusedError, match="is not approved"):
        deploy.run(context, stack.folder)
    with pytest.raises(RefusedError, match="trained this model"):
        approve.run(stack.approver(context, person="grace"))
    assert status.run(context).deployment["generation"] == 0


def test_a_record_that_was_edited_after_the_gate_is_noticed(stack: Any) -> None:
    context = stack.train("weak")
    evaluate.run(context, stack.folder)
    gate.run(context, stack.folder)
    edited = json.loads(context.record_path.read_text())
    edited["evaluate"]["metrics"]["auc"]["lower"] = 0.99
    context.record_path.write_text(json.dumps(edited))
    with pytest.raises(DriftError, match="not of this model and evaluation"):
        approve.run(stack.approver(context))


def test_a_model_that_mlflow_has_exchanged_is_noticed(stack: Any) -> None:
    exchanged = dataclasses.replace(stack.registry.models["good"], digest="0" * 64)
    stack.registry = dataclasses.replace(stack.registry, models={"good": exchanged})
    with pytest.raises(DriftError, match=f"recorded {'0' * 64}\n.*mlteam train; .*tag mlteam.origin"):
        evaluate.run(stack.train("good"), stack.folder)


def test_a_model_that_does_not_load_loses_nothing(stack: Any) -> None:
    first = stack.passed("weak")
    deploy.run(first, stack.folder)
    second = stack.passed("good")
    broken = stack.train("broken")
    before = status.run(first).deployment["champion"]
    evaluate_as(broken, second)
    approve.run(stack.approver(broken))
    with pytest.raises(ResourceError, match=r"cannot serve generation 2: challenger.*does not load"):
        deploy.run(broken, stack.folder)
    shown = status.run(first)
    assert shown.problem == ""
    assert shown.deployment["champion"] == before
    assert (shown.deployment["challenger"], shown.deployment["generation"]) == (None, 3)
    with pytest.raises(RefusedError, match="used already"):
        deploy.run(broken, stack.folder)


def evaluate_as(broken: Context, donor: Context) -> None:
    """The donor's evaluation under the broken model's name: as if it had broken between evaluation and deployment."""
    train = read_section(broken.record_path, "train", TrainRecord)
    found = read_section(donor.record_path, "evaluate", EvaluateRecord)
    evaluation = dataclasses.replace(found, digest=train.digest)
    write_section(broken.record_path, "evaluate", evaluation, stack="dev")
    checks = read_section(donor.record_path, "gate", GateRecord).checks
    write_section(broken.record_path, "gate", gate.gate_record(evaluation, checks), stack="dev")


def test_a_leak_between_training_and_evaluation_is_refused(stack: Any) -> None:
    leaked = [Image("k", BUCKET, "dark", "g10000", 1, "")]
    draft = draft_of(stack.folder / "leak.jsonl", leaked, Address(BUCKET, "manifests/prod"))
    store(stack.world.client, draft)
    stack.sample = dataclasses.replace(stack.sample, manifests={**stack.sample.manifests, "prod": draft.record})
    with pytest.raises(DriftError, match="'g10000'"):
        evaluate.run(stack.train("good"), stack.folder)


def test_packed_images_cost_an_evaluation_no_request_each(stack: Any) -> None:
    context = stack.train("good")
    with Meter(context.aws.client("s3")) as meter:
        assert evaluate.run(context, stack.folder).images == 200
    assert meter.requests["GetObject"] < 10


def test_a_broken_image_is_named_and_too_many_are_refused(stack: Any) -> None:
    stack.read_from_objects("evaluation")
    context = stack.train("good")
    lines = stack.world.read(stack.sample.manifests["evaluation"].uri).splitlines()
    keys = [json.loads(line)["key"] for line in lines]
    stack.world.client.put_object(Bucket=BUCKET, Key=keys[0], Body=b"no image")
    record = evaluate.run(context, stack.folder)
    assert record.images == len(keys) - 1
    assert keys[0] in record.broken[0]
    for key in keys[1:3]:
        stack.world.client.put_object(Bucket=BUCKET, Key=key, Body=b"")
    with pytest.raises(ResourceError, match="3 of 200 images cannot be used"):
        evaluate.run(context, stack.folder)


def test_an_ab_test_of_the_same_model_twice_keeps_the_champion(stack: Any) -> None:
    first = stack.passed("good")
    deploy.run(first, stack.folder)
    twin = stack.passed("twin")
    deploy.run(twin, stack.folder)
    with pytest.raises(GateError, match="keeps the champion"):
        abtest.run(twin, stack.folder)
    with pytest.raises(GateError, match="said keep"):
        promote.run(twin)
    assert rollback.run(twin, challenger_only=True).digest != ""
    assert read_deployment(stack.world.client, twin.platform.serving.deployment_uri).deployment.challenger is None
