"""What a side is read as."""

from collections.abc import Callable
from typing import Any

import pytest

from workflow.migration.entries import Kind
from workflow.migration.reading import pulse, read
from workflow.migration.refusals import refusals
from workflow.migration.sides import Side

pytestmark = pytest.mark.slow

BUCKET = "mlteam-dev-artifacts"


def log_model(client: Any, home: str) -> str:
    """Its id."""
    model_id = str(client.create_logged_model(home, name="forest").model_id)
    client.finalize_logged_model(model_id, "READY")
    return model_id


def test_the_pulse_is_another_after_whatever_is_logged_and_the_same_after_nothing(
    empty: Callable[[str], Side],
) -> None:
    side = empty("pulse")
    with side.active() as client:
        home = client.create_experiment("digits")
        run_id = client.create_run(home).info.run_id
        client.log_metric(run_id, "auc", 0.9, step=1)
        model_id = log_model(client, home)
    changes: dict[str, Callable[[Any], object]] = {
        "the same value at the next step": lambda client: client.log_metric(run_id, "auc", 0.9, step=2),
        "a logged model": lambda client: log_model(client, home),
        "a logged model's tag": lambda client: client.set_logged_model_tags(model_id, {"kind": "forest"}),
        "an experiment's name": lambda client: client.rename_experiment(home, "numerals"),
        "a registered model": lambda client: client.create_registered_model("digits"),
    }
    seen = [pulse(side)]
    assert pulse(side) == seen[0]
    for change in changes.values():
        with side.active() as client:
            change(client)
        seen.append(pulse(side))
    assert [name for name, one, next_one in zip(changes, seen, seen[1:], strict=False) if one == next_one] == []


@pytest.mark.parametrize("change", ["deleted", "renamed", "made anew"])
def test_a_copied_version_has_its_files_whatever_became_of_what_it_was_copied_from(
    empty: Callable[[str], Side], change: str
) -> None:
    side = empty(f"copied-{change}")
    with side.active() as client:
        home = client.create_experiment("digits")
        model_id = log_model(client, home)
        for name in ("trial", "production"):
            client.create_registered_model(name)
        client.create_model_version("trial", f"models:/{model_id}", model_id=model_id)
        client.copy_model_version("models:/trial/1", "production")
        if change == "renamed":
            client.rename_registered_model("trial", "trials")
        else:
            client.delete_model_version("trial", "1")
        if change == "made anew":
            client.create_model_version("trial", f"models:/{log_model(client, home)}")
    entries = list(read(side))
    [copy] = [each for each in entries if each.kind is Kind.MODEL_VERSION and each.body["name"] == "production"]
    assert copy.body["source"] == ["model", model_id, ""]
    assert [each for entry in entries for each in refusals(entry, BUCKET)] == []
