"""What was deleted on one side after a move is deleted on the other after the way back, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest

from workflow.migration.reading import read
from workflow.migration.removal import recorded, removals, remove
from workflow.migration.report import compare
from workflow.migration.sides import Side
from workflow.migration.writing import move

pytestmark = pytest.mark.slow

TAGS = {"stays": "as it was", "goes": "soon", "changes": "soon"}


def fill(client: Any) -> None:
    home = client.create_experiment("digits", tags=TAGS)
    run = client.create_run(home, run_name="first", tags=TAGS).info
    client.set_terminated(run.run_id)
    client.create_registered_model("model", tags=TAGS)
    client.create_registered_model("whole")
    for name, count in (("model", 5), ("whole", 1)):
        for _ in range(count):
            client.create_model_version(name, run.artifact_uri, run_id=run.run_id, tags=TAGS)
    for alias, number in (("champion", "1"), ("goes", "1"), ("moved-at-home", "1"), ("on-2", "2")):
        client.set_registered_model_alias("model", alias, number)
    client.create_logged_model(home, name="forest", tags=TAGS)
    client.create_experiment("given up")
    client.create_run(home, run_name="a mistake", tags={"goes": "soon"})


def delete(client: Any) -> None:
    home = client.get_experiment_by_name("digits").experiment_id
    mistake, run = client.search_runs([home])
    [forest] = client.search_logged_models([home])
    client.delete_experiment_tag(home, "goes")
    client.delete_tag(run.info.run_id, "goes")
    client.set_tag(run.info.run_id, "changes", "there")
    client.delete_logged_model_tag(forest.model_id, "goes")
    client.delete_registered_model_tag("model", "goes")
    client.delete_model_version_tag("model", "1", "goes")
    for alias in ("goes", "moved-at-home"):
        client.delete_registered_model_alias("model", alias)
    for number in ("2", "3", "4", "5"):
        client.delete_model_version("model", number)
    client.delete_registered_model("whole")
    client.delete_tag(mistake.info.run_id, "goes")
    client.delete_run(mistake.info.run_id)
    client.delete_experiment(client.get_experiment_by_name("given up").experiment_id)


def go_on_at_home(client: Any) -> None:
    """What nobody has moved: it is not to be lost."""
    home = client.get_experiment_by_name("digits").experiment_id
    client.set_experiment_tag(home, "own", "of home")
    client.set_registered_model_alias("model", "own", "3")
    client.set_registered_model_alias("model", "moved-at-home", "4")
    client.delete_registered_model_alias("model", "moved-at-home")
    client.set_registered_model_alias("model", "moved-at-home", "3")
    client.update_model_version("model", "4", description="changed here")
    client.create_run(client.get_experiment_by_name("given up").experiment_id, run_name="late")


def tags_of(client: Any) -> dict[str, dict[str, str]]:
    """Without those that are the move's and MLflow's own."""
    experiment = client.get_experiment_by_name("digits")
    [run] = client.search_runs([experiment.experiment_id])
    found = {
        "experiment": experiment.tags,
        "run": run.data.tags,
        "logged model": client.search_logged_models([experiment.experiment_id])[0].tags,
        "registered model": client.get_registered_model("model").tags,
        "version": client.get_model_version("model", "1").tags,
    }
    return {what: {key: tags[key] for key in tags if not key.startswith("ml")} for what, tags in found.items()}


@pytest.fixture(scope="module")
def came_home(empty: Callable[[str], Side]) -> tuple[Side, tuple[str, ...], list[str]]:
    """Home after the way back, what is told to be kept, and what was said."""
    home, there = empty("home"), empty("there")
    with home.active() as client:
        fill(client)
    export = [entry.to_line() for entry in read(home)]
    move(home, there, print)
    for side, change in ((there, delete), (home, go_on_at_home)):
        with side.active() as client:
            change(client)
    said: list[str] = []
    move(there, home, said.append)
    wanted = list(read(there))
    what = removals(dict(recorded(export)), wanted, list(read(home)))
    remove(home, what)
    assert compare(wanted, read(home)).is_equal
    return home, what.kept, said


def test_tags_that_were_deleted_or_changed_are_so_and_home_s_own_stay(came_home: Any) -> None:
    left = {key: TAGS[key] for key in ("stays", "changes")}
    with came_home[0].active() as client:
        found = tags_of(client)
    assert found.pop("experiment") == {**left, "own": "of home"}
    assert found.pop("run") == {**left, "changes": "there"}
    assert found == dict.fromkeys(("logged model", "registered model", "version"), left)


def test_aliases_that_were_deleted_are_gone_unless_home_has_moved_them_since(came_home: Any) -> None:
    with came_home[0].active() as client:
        aliases = client.get_registered_model("model").aliases
    assert {name: str(number) for name, number in aliases.items()} == {
        "champion": "1",
        "own": "3",
        "moved-at-home": "3",
    }


def test_versions_that_were_deleted_are_gone_unless_home_still_needs_them_and_that_is_told(came_home: Any) -> None:
    home, kept, _ = came_home
    with home.active() as client:
        found = {f"{each.name}/{each.version}" for each in client.search_model_versions()}
    assert found == {"model/1", "model/3", "model/4", "whole/1"}
    assert sorted(kept) == [
        *("model version 'model/3'", "model version 'model/4'", "model version 'whole/1'", "registered model 'whole'")
    ]


def test_runs_and_experiments_are_in_the_trash_unless_home_has_runs_of_its_own_there(came_home: Any) -> None:
    home, _, said = came_home
    stages = {entry.body["name"]: entry.body["deleted"] for entry in read(home) if "deleted" in entry.body}
    assert stages == {
        **{"Default": False, "digits": False, "given up": False, "late": False},
        **{"first": False, "a mistake": True},
    }
    assert said == ["experiment 'given up' was deleted, and stays for runs that only home has"]
