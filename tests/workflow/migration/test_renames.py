"""What was renamed on one side between two moves is renamed on the other, and neither lost nor doubled."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from workflow.errors import RefusedError
from workflow.migration.entries import Kind
from workflow.migration.naming import renames
from workflow.migration.reading import read
from workflow.migration.report import compare
from workflow.migration.sides import Side
from workflow.migration.writing import move


def renamed(source: dict[str, str], target: dict[str, str]) -> dict[str, str]:
    """The target's names afterwards; no step may take a name that another has."""
    names = dict(target)
    for origin, name in renames(source, target, "experiment"):
        assert name not in names.values()
        names[origin] = name
    return names


@pytest.mark.parametrize(
    "source",
    [
        {"1": "a", "2": "b"},
        {"1": "c", "2": "b"},
        {"1": "b", "2": "a"},
        {"1": "b", "2": "c"},
        {"2": "a"},
        {"1": "a", "2": "b", "3": "c"},
    ],
)
def test_what_both_sides_have_is_called_as_on_the_source(source: dict[str, str]) -> None:
    target = {"1": "a", "2": "b"} if "1" in source else {"2": "b"}
    assert renamed(source, target) == {origin: name for origin, name in source.items() if origin in target}


def test_a_name_that_only_the_target_s_own_has_is_not_taken_from_it() -> None:
    with pytest.raises(RefusedError, match=r"experiment 'a' is called 'b' where it comes from.*\n.*rename one"):
        renames({"1": "b"}, {"1": "a", "9": "b"}, "experiment")


def fill(client: Any) -> None:
    for name in ("night", "day"):
        home = client.create_experiment(name)
        run = client.create_run(home, run_name=f"of the {name}")
        client.set_terminated(run.info.run_id)
        client.create_registered_model(f"{name}-model")
        client.create_model_version(f"{name}-model", run.info.artifact_uri, run_id=run.info.run_id)
    client.copy_model_version("models:/night-model/1", "a-champion")
    client.set_registered_model_alias("night-model", "best", "1")


def rename(client: Any) -> None:
    """Two experiments change names, a model leaves its name to a new one, and a version is copied."""
    night, day = (client.get_experiment_by_name(name).experiment_id for name in ("night", "day"))
    for identity, name in ((night, "between"), (day, "night"), (night, "day")):
        client.rename_experiment(identity, name)
    client.rename_registered_model("night-model", "owl")
    client.create_registered_model("night-model", description="another")
    client.create_model_version("night-model", "s3://elsewhere/model")
    client.copy_model_version("models:/day-model/1", "a-second-champion")


@pytest.mark.slow
def test_new_names_come_home_with_all_that_has_them(empty: Callable[[str], Side]) -> None:
    home, there = empty("home"), empty("there")
    with home.active() as client:
        fill(client)
    move(home, there, print)
    before = Counter(entry.kind for entry in read(home))
    with there.active() as client:
        rename(client)
    move(there, home, print)
    came = list(read(home))
    assert compare(read(there), came).is_equal
    assert Counter(entry.kind for entry in came) - before == Counter({Kind.REGISTERED_MODEL: 2, Kind.MODEL_VERSION: 2})
    with home.active() as client:
        [run] = client.search_runs([client.get_experiment_by_name("day").experiment_id])
        assert run.info.run_name == "of the night"
        assert client.get_model_version_by_alias("owl", "best").run_id == run.info.run_id
        assert client.get_registered_model("night-model").description == "another"
    move(home, there, print)
    assert compare(came, read(there)).is_equal


@pytest.mark.slow
def test_what_was_made_by_the_same_name_on_both_sides_is_one_and_keeps_its_name_in_common(
    empty: Callable[[str], Side],
) -> None:
    """So it is after moves that knew experiments and models by their names."""
    one, other = empty("one"), empty("other")
    for side in (one, other):
        with side.active() as client:
            client.create_experiment("same")
            client.create_registered_model("same")
    move(one, other, print)
    with other.active() as client:
        client.rename_experiment(client.get_experiment_by_name("same").experiment_id, "new")
        client.rename_registered_model("same", "new")
    move(other, one, print)
    assert compare(read(other), read(one)).is_equal
    assert sorted(entry.body["name"] for entry in read(one)) == ["Default", "new", "new"]
