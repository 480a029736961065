"""What an entry is known by on every side: its origin, by MLflow's own objects."""

from collections.abc import Mapping
from typing import Any

from workflow.migration.entries import ORIGIN_TAG


def experiment_origin(experiment: Any) -> str:
    """Its id alone is a small number, which each server gives."""
    return str(experiment.tags.get(ORIGIN_TAG, f"{experiment.experiment_id}@{experiment.creation_time}"))


def run_origin(run: Any) -> str:
    return str(run.data.tags.get(ORIGIN_TAG, run.info.run_id))


def model_origin(model: Any) -> str:
    return str(model.tags.get(ORIGIN_TAG, model.model_id))


def registered_origins(models: list[Any]) -> dict[str, str]:
    """Name -> origin: the name where it was first made, and with its time where one that was renamed has that name."""
    origins = {each.name: each.tags[ORIGIN_TAG] for each in models if ORIGIN_TAG in each.tags}
    own = {each.name: (each.name, each.creation_timestamp) for each in models if each.name not in origins}
    return origins | _unique(own, origins)


def version_origins(versions: list[Any], models: Mapping[str, str]) -> dict[str, str]:
    """`name/number` -> origin, by the origins of models. MLflow's own copy of a version has its tags too: the oldest
    keeps an origin, the others have their own."""
    oldest = {each.tags[ORIGIN_TAG]: address(each) for each in reversed(versions) if ORIGIN_TAG in each.tags}
    tagged = {address: origin for origin, address in oldest.items()}
    own = {
        address(each): (f"{models[each.name]}/{each.version}", each.creation_timestamp)
        for each in versions
        if address(each) not in tagged
    }
    return tagged | _unique(own, tagged)


def _unique(own: Mapping[str, tuple[str, int]], taken: Mapping[str, str]) -> dict[str, str]:
    """With the time of their making, in ms, where a copy has the origin already."""
    return {key: f"{name}@{ms}" if name in taken.values() else name for key, (name, ms) in own.items()}


def address(version: Any) -> str:
    return f"{version.name}/{version.version}"
