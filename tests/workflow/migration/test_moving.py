"""A tracking server's content moved to another and back: MLflow's own stores on SQLite, no server between."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workflow.errors import ResourceError
from workflow.migration.entries import Entry, Kind
from workflow.migration.finding import run_here
from workflow.migration.reading import read
from workflow.migration.report import Comparison, compare, summary
from workflow.migration.sides import Side
from workflow.migration.writing import Writer, move

pytestmark = pytest.mark.slow

EXPERIMENT = "which digit is an 8?"
MODEL = "is-it's an 8"
COPY = "a champion"
"""Comes before the model that it is a copy of, by its name."""
NAN = float("nan")
CHILDREN = {"child": None, "began before its parent": 1_600_000_000_000}
FILES = {"model/MLmodel": b"flavors: {}", "with space/\u00fcnic\u00f6de \u753b.txt": b"x" * 10, "top.json": b"{}"}


@pytest.fixture(scope="module")
def old(empty: Callable[[str], Side], tmp_path_factory: pytest.TempPathFactory) -> Side:
    """A side with one of everything."""
    made = empty("old")
    with made.active() as client:
        experiment = client.create_experiment(EXPERIMENT, tags={"team": "vision"})
        run_id = _run(client, experiment, tmp_path_factory.mktemp("files"))
        _registry(client, run_id, _logged_model(client, experiment, run_id, tmp_path_factory.mktemp("model")))
        for name, start_ms in CHILDREN.items():
            child = client.create_run(experiment, start_ms, tags={"mlflow.parentRunId": run_id}, run_name=name)
            client.set_terminated(child.info.run_id, status="FAILED")
        client.create_run(experiment, run_name="still running")
        client.delete_run(client.create_run(experiment, run_name="a mistake").info.run_id)
        client.delete_experiment(client.create_experiment("given up"))
    return made


def _run(client: Any, experiment: str, folder: Path) -> str:
    from mlflow.entities import Metric, Param, RunTag

    run = client.create_run(experiment, start_time=1_700_000_000_000, run_name="first", tags={"mlflow.user": "ada"})
    points = [Metric("auc", 0.5 + step / 10, 1_700_000_000_000 + step, step) for step in range(5)]
    odd = [Metric("loss", value, 1_700_000_000_000, step) for value, step in ((NAN, 0), (2.0, 0), (float("inf"), 1))]
    client.log_batch(run.info.run_id, [*points, *odd], [Param("kind", "network")], [RunTag("note", "a\nb")])
    for path, body in FILES.items():
        file = folder / Path(path).name
        file.write_bytes(body)
        parent = Path(path).parent.as_posix()
        client.log_artifact(run.info.run_id, str(file), None if parent == "." else parent)
    client.set_terminated(run.info.run_id, status="FINISHED", end_time=1_700_000_009_000)
    return str(run.info.run_id)


def _logged_model(client: Any, experiment: str, run_id: str, folder: Path) -> str:
    from mlflow.entities import LoggedModelOutput, Metric

    (folder / "MLmodel").write_text("flavors: {sklearn: {}}")
    model = client.create_logged_model(experiment, name="forest", source_run_id=run_id, params={"trees": "7"})
    client.log_model_artifacts(model.model_id, str(folder))
    client.finalize_logged_model(model.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 4)])
    client.log_batch(run_id, [Metric("f1", 0.9, 1_700_000_000_000, 4, model_id=model.model_id)])
    return str(model.model_id)


def _registry(client: Any, run_id: str, model_id: str) -> None:
    """Versions 1 and 3; 2 was deleted."""
    root = client.get_run(run_id).info.artifact_uri
    client.create_registered_model(MODEL, tags={"owner": "vision"}, description="tells 8s")
    client.create_model_version(MODEL, f"{root}/model", run_id=run_id, tags={"mlteam.digest": "d1"}, description="one")
    client.delete_model_version(MODEL, str(client.create_model_version(MODEL, root, run_id=run_id).version))
    client.create_model_version(MODEL, f"models:/{model_id}", run_id=run_id, model_id=model_id)
    client.copy_model_version(f"models:/{MODEL}/3", COPY)
    client.set_registered_model_alias(MODEL, "champion", "3")
    client.set_registered_model_alias(MODEL, "before", "1")


@pytest.fixture(scope="module")
def moved(old: Side, empty: Callable[[str], Side]) -> Side:
    new = empty("new")
    move(old, new, print)
    return new


def compared(source: Side, target: Side) -> Comparison:
    return compare(read(source), read(target))


def numbers(side: Side) -> dict[str, tuple[str, ...]]:
    """Registered model -> the numbers of its versions, and of its aliases."""
    with side.active() as client:
        found = sorted(str(each.version) for each in client.search_model_versions() if each.name == MODEL)
        aliases = client.get_registered_model(MODEL).aliases
    return {"versions": tuple(found), "aliases": tuple(f"{name}={aliases[name]}" for name in sorted(aliases))}


def test_everything_is_counted(old: Side) -> None:
    told = summary(read(old))
    assert told.counts == {
        "experiments": 3,
        "runs": 5,
        "params": 1,
        "metric points": 9,
        "logged models": 1,
        "registered models": 2,
        "model versions": 3,
        "aliases": 2,
        "files": 4,
        "bytes": sum(len(body) for body in FILES.values()) + len("flavors: {sklearn: {}}"),
    }


def test_the_new_side_says_the_same_as_the_old(old: Side, moved: Side) -> None:
    comparison = compared(old, moved)
    assert (comparison.missing, comparison.different) == ((), ())
    assert comparison.source == comparison.target
    assert comparison.is_equal


def test_versions_keep_their_numbers_and_aliases_their_versions(old: Side, moved: Side) -> None:
    assert numbers(moved) == numbers(old) == {"versions": ("1", "3"), "aliases": ("before=1", "champion=3")}


def test_versions_that_were_registered_at_once_keep_their_numbers(
    empty: Callable[[str], Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of trainings side by side: MLflow looks at the clock before it gives the number."""
    old, new = empty("at-once"), empty("at-once-moved")
    with old.active() as client, monkeypatch.context() as patch:
        for ms in (1_775, 1_771, 1_780):
            patch.setattr("mlflow.store.model_registry.sqlalchemy_store.get_current_time_millis", lambda ms=ms: ms)
            if ms == 1_775:
                client.create_registered_model(MODEL)
            client.create_model_version(MODEL, f"s3://elsewhere/{ms}")
    assert move(old, new, print).renumbered == {}
    with new.active() as client:
        sources = [client.get_model_version(MODEL, number).source for number in "123"]
    assert sources == ["s3://elsewhere/1775", "s3://elsewhere/1771", "s3://elsewhere/1780"]


def test_a_model_is_loaded_from_the_new_side_by_name_and_number(moved: Side, tmp_path: Path) -> None:
    import mlflow

    with moved.active():
        for name, number, wanted in (
            (MODEL, "1", "flavors: {}"),
            (MODEL, "3", "flavors: {sklearn: {}}"),
            (COPY, "1", "flavors: {sklearn: {}}"),
        ):
            there = tmp_path / name / number
            folder = mlflow.artifacts.download_artifacts(f"models:/{name}/{number}", dst_path=str(there))
            assert (Path(folder) / "MLmodel").read_text() == wanted


def test_a_run_is_found_by_the_id_that_it_had_before(old: Side, moved: Side) -> None:
    """Records of pipelines and deployments were written before the swap."""
    from mlflow.exceptions import MlflowException

    [before] = [entry.id for entry in read(old) if entry.body.get("name") == "first"]
    with moved.active() as client:
        here = run_here(client, before)
        assert here != before
        assert client.get_run(here).info.run_name == "first"
        with pytest.raises(MlflowException, match="f" * 32):
            run_here(client, "f" * 32)
    with old.active() as client:
        assert run_here(client, before) == before


def test_nested_runs_stay_below_their_parent(old: Side, moved: Side) -> None:
    for side in (old, moved):
        identities = {entry.body["name"]: entry.id for entry in read(side) if entry.kind is Kind.RUN}
        with side.active() as client:
            for name in CHILDREN:
                assert client.get_run(identities[name]).data.tags["mlflow.parentRunId"] == identities["first"]


def test_a_second_move_doubles_nothing(old: Side, moved: Side) -> None:
    before = Counter(entry.fingerprint for entry in read(moved))
    registry = move(old, moved, print)
    assert Counter(entry.fingerprint for entry in read(moved)) == before
    assert registry.renumbered == {}


@pytest.mark.parametrize("after", [4, 11])
def test_a_move_that_was_interrupted_anywhere_is_finished_by_the_next(
    old: Side, empty: Callable[[str], Side], after: int
) -> None:
    new = empty(f"interrupted-{after}")
    writer = Writer(old, new)
    for _, entry in zip(range(after), read(old), strict=False):
        writer.write(entry)
    assert not compared(old, new).is_equal
    move(old, new, print)
    assert compared(old, new).is_equal


@pytest.mark.parametrize("place", ["delete_model_version", "update_model_version"])
def test_a_move_that_is_interrupted_at_a_version_doubles_none(
    old: Side, empty: Callable[[str], Side], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Number 2 was deleted on the old side: it is made and deleted again, and in between the process may die."""
    from mlflow import MlflowClient

    def dies(client: Any, name: str, version: str, **_: Any) -> None:
        raise KeyboardInterrupt(f"{client} {name} {version}")

    new = empty(f"killed-at-{place}")
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, place, dies)
        with pytest.raises(KeyboardInterrupt):
            move(old, new, print)
    move(old, new, print)
    assert numbers(new) == numbers(old)
    assert compared(old, new).is_equal


def test_what_came_home_is_not_doubled_and_brings_what_is_new(old: Side, empty: Callable[[str], Side]) -> None:
    there, home = empty("there"), empty("home")
    move(old, home, print)
    move(home, there, print)
    with there.active() as client:
        run = client.create_run(client.get_experiment_by_name(EXPERIMENT).experiment_id, run_name="made there")
        client.log_metric(run.info.run_id, "auc", 0.97, step=1)
        client.set_terminated(run.info.run_id)
        version = client.create_model_version(MODEL, run.info.artifact_uri, run_id=run.info.run_id)
        client.set_registered_model_alias(MODEL, "champion", version.version)
    before = Counter(entry.kind for entry in read(home))
    move(there, home, print)
    after = Counter(entry.kind for entry in read(home))
    assert after - before == Counter({Kind.RUN: 1, Kind.MODEL_VERSION: 1})
    assert compared(there, home).is_equal
    assert numbers(home)["aliases"] == ("before=1", "champion=4")


def test_a_run_that_has_ended_at_home_is_not_running_again_when_its_copy_comes_back(
    old: Side, empty: Callable[[str], Side], tmp_path: Path
) -> None:
    """It was left running at the swap, and went on: points, files and its end are only there."""
    there, home = empty("left-running"), empty("left-home")
    move(old, home, print)
    move(home, there, print)
    [running] = [entry.id for entry in read(home) if entry.body.get("name") == "still running"]
    (tmp_path / "late.txt").write_text("late")
    with home.active() as client:
        client.log_metric(running, "auc", 0.99, step=9)
        client.log_artifact(running, str(tmp_path / "late.txt"))
        client.set_terminated(running, status="FINISHED")
        ended = client.get_run(running).info.end_time
    move(there, home, print)
    assert compared(there, home).is_equal
    with home.active() as client:
        run = client.get_run(running)
        assert (run.info.status, run.info.end_time, run.data.metrics["auc"]) == ("FINISHED", ended, 0.99)


def test_a_number_that_was_given_away_meanwhile_is_not_taken_from_its_owner(
    old: Side, empty: Callable[[str], Side]
) -> None:
    new = empty("taken")
    move(old, new, print)
    for side, text in ((old, "of the old side"), (new, "of the new side")):
        with side.active() as client:
            client.create_model_version(MODEL, f"s3://elsewhere/{text}")
    registry = move(old, new, print)
    assert registry.renumbered == {f"{MODEL}/4": "5"}
    assert compared(old, new).is_equal
    with new.active() as client:
        assert client.get_model_version(MODEL, "4").source == "s3://elsewhere/of the new side"


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: replace(entry, body={**entry.body, "metrics": entry.body["metrics"][:-1]}),
        lambda entry: replace(entry, artifacts=entry.artifacts[1:]),
        lambda entry: replace(entry, body={**entry.body, "tags": {}}),
        lambda entry: replace(entry, body={**entry.body, "status": "RUNNING"}),
        lambda entry: replace(entry, body={**entry.body, "parent": "another"}),
    ],
    ids=["a metric point", "a file", "a tag", "the status", "the parent"],
)
def test_whatever_is_lost_is_seen(old: Side, change: Callable[[Entry], Entry]) -> None:
    entries = list(read(old))
    [first] = [entry for entry in entries if entry.body.get("name") == "first"]
    broken = [change(entry) if entry is first else entry for entry in entries]
    comparison = compare(entries, broken)
    assert comparison.different == (f"run {first.origin!r}",)
    assert not comparison.is_equal
    assert compare(entries, [entry for entry in entries if entry is not first]).missing == (f"run {first.origin!r}",)


def test_a_side_that_does_not_answer_is_named_with_its_cure(tmp_path: Path) -> None:
    gone = Side(
        name="the old side", tracking_uri="http://127.0.0.1:9", settings={"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    )
    with pytest.raises(ResourceError, match=r"the old side \(MLflow at http://127.0.0.1:9\).*\n.*mlteam wake"):
        list(read(gone))
