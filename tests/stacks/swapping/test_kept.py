"""Interrupted anywhere, a swap writes nothing over what people have at the side to which they go on or back."""

from typing import Any

import pytest

from stacks.swapping.journal import Step

pytestmark = pytest.mark.slow

OLD, NEW, MODEL, FILES = "oss", "managed", "digits", "s3://mlteam-dev-artifacts/mlflow/model"


@pytest.fixture
def full(team: Any) -> Any:
    """A team whose old side has a model with two versions, a champion, a logged model and a run in the trash."""
    with team.side(OLD).active() as client:
        client.create_registered_model(MODEL, description="the team's")
        for number in ("1", "2"):
            client.create_model_version(MODEL, FILES + number, description=f"v{number}")
        client.set_registered_model_alias(MODEL, "champion", "1")
        home = client.get_experiment_by_name("digits").experiment_id
        run_id = client.create_run(home, run_name="trash").info.run_id
        client.set_terminated(run_id)
        client.delete_run(run_id)
        client.finalize_logged_model(client.create_logged_model(home, name="forest").model_id, "READY")
    return team


def shown(team: Any, variant: str) -> dict[str, Any]:
    """All of a side that people can change."""
    from mlflow.entities import ViewType

    with team.side(variant).active() as client:
        experiments = client.search_experiments(view_type=ViewType.ALL)
        ids = [each.experiment_id for each in experiments]
        runs = client.search_runs(ids, run_view_type=ViewType.ALL)
        versions = client.search_model_versions()
        return {
            "experiments": {each.name: each.lifecycle_stage for each in experiments},
            "runs": {each.info.run_name: (each.info.lifecycle_stage, each.info.status) for each in runs},
            "models": {each.name: (each.description, each.aliases) for each in client.search_registered_models()},
            "versions": {each.version: (each.description, each.tags) for each in versions},
            "logged models": {each.name: str(each.status) for each in client.search_logged_models(ids)},
        }


def test_an_undo_leaves_what_was_changed_at_home_since_the_last_swap(full: Any) -> None:
    """The other side still has it as it was, and nothing was moved there yet."""
    full.to()
    full.to(OLD)
    with full.side(OLD).active() as client:
        client.set_registered_model_alias(MODEL, "champion", "2")
        client.update_registered_model(MODEL, description="new words")
        client.update_model_version(MODEL, "2", description="signed off")
        home = client.get_experiment_by_name("digits").experiment_id
        client.rename_experiment(home, "numerals")
        client.delete_run(client.search_runs([home])[0].info.run_id)
    before = shown(full, OLD)
    with full.killed_at(Step.MOVE):
        full.to()
    assert full.back().outcome == "undone"
    assert shown(full, OLD) == before
    assert "registered model 'digits' is kept as it is at tracking/oss" in full.said.getvalue()


@pytest.mark.parametrize(
    "place",
    [
        "mlflow.MlflowClient.set_terminated",
        "mlflow.MlflowClient.finalize_logged_model",
        "mlflow.MlflowClient.update_registered_model",
        "mlflow.MlflowClient.update_model_version",
        "mlflow.MlflowClient.set_registered_model_alias",
        "workflow.migration.writing.Writer.finish",
    ],
)
def test_an_undo_brings_home_nothing_that_was_moved_half(full: Any, place: str) -> None:
    before = shown(full, OLD)
    with full.killed_at(place):
        full.to()
    assert full.back().outcome == "undone"
    assert shown(full, OLD) == before


def test_what_people_changed_at_the_new_side_stays_when_a_swap_goes_on(full: Any) -> None:
    """They are sent there before it ends; what is new at the old side comes along all the same."""
    with full.killed_at(Step.RETIRE):
        full.to()
    with full.side(NEW).active() as client:
        client.set_registered_model_alias(MODEL, "champion", "2")
    full.log(OLD, "late")
    assert full.to().outcome == "done"
    there = shown(full, NEW)
    assert there["models"][MODEL][1] == {"champion": 2}
    assert there["runs"]["late"] == ("active", "FINISHED")


def test_new_runs_of_an_experiment_in_the_trash_come_home_and_leave_the_others_there(full: Any) -> None:
    with full.killed_at(Step.MOVE):
        full.to()
    full.log(NEW, "meanwhile")
    full.to()
    full.to(OLD)
    with full.side(OLD).active() as client:
        client.delete_experiment(client.get_experiment_by_name("digits").experiment_id)
    with full.killed_at(Step.MOVE):
        full.to()
    full.log(NEW, "newer")
    assert full.back().outcome == "undone"
    assert full.runs(OLD) == ["newer"]


def test_the_copy_of_a_run_that_was_cut_off_does_not_hold_the_way_back_once_it_has_ended_at_home(team: Any) -> None:
    team.log(OLD, "cut off", ends=False)
    team.to(leave_running=True)
    with team.side(OLD).active() as client:
        [run] = client.search_runs([client.get_experiment_by_name("digits").experiment_id], "status = 'RUNNING'")
        client.set_terminated(run.info.run_id)
    assert team.to(OLD).outcome == "done"
    assert team.ends(OLD) == {"first": "FINISHED", "cut off": "FINISHED"}
