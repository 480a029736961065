"""Read a tracking server, entry by entry, in the order in which they can be written elsewhere.

Reads experiments, runs with every metric point, logged models, registered models, versions and aliases, active and
deleted ones, and the files of each. Leaves behind what MLflow has no way to write again as it was: traces, prompts,
users and their permissions, the data sets and models that runs name as inputs, and the stages of versions.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from workflow.migration import artifacts
from workflow.migration.entries import MOVING_TAG, ORIGIN_TAG, PARENT_TAG, Entry, Kind, in_order, number
from workflow.migration.order import as_made
from workflow.migration.origins import (
    address,
    experiment_origin,
    model_origin,
    registered_origins,
    run_origin,
    version_origins,
)
from workflow.migration.sides import Side

PAGE: Final = 500
MODELS_PER_PAGE: Final = 50
REGISTERED_PER_PAGE: Final = 100
ACTIVE: Final = "active"
KEPT_ELSEWHERE: Final = ("mlflow.runName", PARENT_TAG)
"""Tags of a run that its entry has in words of its own."""


def read(side: Side) -> Iterator[Entry]:
    """Everything. The side is entered for each page and each entry only, so that another may be between."""
    yield from Reader(side).entries()


def pages(side: Side, ask: Callable[[Any, str | None], Any]) -> Iterator[Any]:
    """Every item of a paged answer."""
    token: str | None = None
    while True:
        with side.active() as client:
            page = ask(client, token)
        yield from page
        token = page.token
        if not token:
            return


def experiments(side: Side) -> Iterator[Any]:
    """MLflow's own, deleted ones too, in the order of their making."""
    from mlflow.entities import ViewType

    def ask(client: Any, token: str | None) -> Any:
        return client.search_experiments(view_type=ViewType.ALL, max_results=PAGE, page_token=token)

    yield from sorted(pages(side, ask), key=lambda each: int(each.experiment_id))


def runs(side: Side, experiment_ids: list[str]) -> Iterator[Any]:
    """MLflow's own, deleted ones too, the oldest first."""
    from mlflow.entities import ViewType

    order = ["attributes.start_time ASC"]

    def ask(client: Any, token: str | None) -> Any:
        return client.search_runs(
            experiment_ids, run_view_type=ViewType.ALL, max_results=PAGE, order_by=order, page_token=token
        )

    yield from pages(side, ask) if experiment_ids else ()


def logged_models(side: Side, experiment_ids: list[str]) -> Iterator[Any]:
    def ask(client: Any, token: str | None) -> Any:
        return client.search_logged_models(experiment_ids, max_results=MODELS_PER_PAGE, page_token=token)

    found = list(pages(side, ask)) if experiment_ids else []
    yield from sorted(found, key=lambda each: (each.creation_timestamp, each.model_id))


def versions(side: Side) -> Iterator[Any]:
    """Of every registered model, as they were made. Without a filter: no quoting of MLflow's holds every name."""

    def ask(client: Any, token: str | None) -> Any:
        return client.search_model_versions(max_results=PAGE, page_token=token)

    yield from as_made(pages(side, ask))


def registered_models(side: Side) -> Iterator[Any]:
    """By name."""

    def ask(client: Any, token: str | None) -> Any:
        return client.search_registered_models(max_results=REGISTERED_PER_PAGE, page_token=token)

    yield from sorted(pages(side, ask), key=lambda each: str(each.name))


def pulse(side: Side) -> str:
    """sha256 of what a few pages tell, no file read: another once anything but files, or points of a metric before its
    last, was logged or changed."""
    found = list(experiments(side))
    known = [each.experiment_id for each in found]
    told = [
        *([each.experiment_id, each.name, each.lifecycle_stage, each.tags] for each in found),
        *([run.to_dictionary(), _last_points(run)] for run in runs(side, known)),
        *(
            [each.model_id, str(each.status), each.last_updated_timestamp, each.tags]
            for each in logged_models(side, known)
        ),
        *([each.name, each.last_updated_timestamp, each.tags, each.aliases] for each in registered_models(side)),
        *([each.name, each.version, each.last_updated_timestamp, each.tags] for each in versions(side)),
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def _last_points(run: Any) -> list[list[Any]]:
    return in_order([each.key, each.step, each.timestamp, each.value] for each in run.data.to_proto().metrics)


@dataclass
class Reader:
    """One pass over a side; remembers which origin stands behind each of its ids."""

    side: Side
    _experiments: dict[str, str] = field(default_factory=dict)
    _runs: dict[str, str] = field(default_factory=dict)
    _models: dict[str, str] = field(default_factory=dict)
    _versions: dict[str, str] = field(default_factory=dict)
    _older: dict[str, str] = field(default_factory=dict)
    """Those that were read before: what a version is a copy of, its name may belong to a newer one."""
    _roots: dict[str, str] = field(default_factory=dict)
    """Where the files of a logged model are -> its origin."""
    _links: dict[str, list[list[Any]]] = field(default_factory=dict)
    """Id of a logged model -> the metric points and outputs of runs that name it."""

    def entries(self) -> Iterator[Entry]:
        for found in experiments(self.side):
            origin = self._experiments[found.experiment_id] = experiment_origin(found)
            body = {"name": found.name, "deleted": found.lifecycle_stage != ACTIVE, "tags": _tags(found.tags)}
            yield Entry(kind=Kind.EXPERIMENT, origin=origin, body=body, id=found.experiment_id)
        # All ids first: a nested run may have begun before its parent.
        self._runs = {run.info.run_id: run_origin(run) for run in self._whole_runs()}
        for run in self._whole_runs():
            self._runs[run.info.run_id] = run_origin(run)
            yield self._run(run)
        for model in logged_models(self.side, list(self._experiments)):
            self._models[model.model_id] = model_origin(model)
            yield self._model(model)
        yield from self._registry()

    def _whole_runs(self) -> Iterator[Any]:
        """Without copies that an interrupted move has left half made."""
        return (run for run in runs(self.side, list(self._experiments)) if MOVING_TAG not in run.data.tags)

    def _run(self, run: Any) -> Entry:
        info, origin = run.info, run_origin(run)
        with self.side.active() as client:
            points = [
                point for key in sorted(run.data.metrics) for point in client.get_metric_history(info.run_id, key)
            ]
            listed = artifacts.listed(artifacts.repository(info.artifact_uri, self.side.tracking_uri))
        for point in points:
            if point.model_id:
                self._link(point.model_id, [origin, point.key, number(point.value), point.timestamp, point.step])
        for output in (run.outputs.model_outputs or ()) if run.outputs else ():
            self._link(output.model_id, [origin, "", 0, 0, output.step])
        parent = run.data.tags.get(PARENT_TAG, "")
        body = {
            "experiment": self._experiments[info.experiment_id],
            "name": info.run_name,
            "parent": self._runs.get(parent, parent),
            "status": info.status,
            "start_ms": info.start_time,
            "end_ms": info.end_time,
            "deleted": info.lifecycle_stage != ACTIVE,
            "params": dict(run.data.params),
            "tags": {key: value for key, value in _tags(run.data.tags).items() if key not in KEPT_ELSEWHERE},
            "metrics": in_order([point.key, point.step, point.timestamp, number(point.value)] for point in points),
        }
        return Entry(
            kind=Kind.RUN, origin=origin, body=body, artifacts=listed, id=info.run_id, artifact_uri=info.artifact_uri
        )

    def _link(self, model_id: str, link: list[Any]) -> None:
        self._links.setdefault(model_id, []).append(link)

    def _model(self, model: Any) -> Entry:
        self._roots[model.artifact_location] = model_origin(model)
        with self.side.active():
            listed = artifacts.listed(artifacts.repository(model.artifact_location, self.side.tracking_uri))
        body = {
            "experiment": self._experiments[model.experiment_id],
            "run": self._runs.get(model.source_run_id or "", ""),
            "name": model.name,
            "status": str(model.status),
            "type": model.model_type or "",
            "params": dict(model.params),
            "tags": _tags(model.tags),
            "links": in_order(self._links.get(model.model_id, [])),
        }
        return Entry(
            kind=Kind.LOGGED_MODEL,
            origin=model_origin(model),
            body=body,
            artifacts=listed,
            id=model.model_id,
            artifact_uri=model.artifact_location,
        )

    def _registry(self) -> Iterator[Entry]:
        known, models = list(versions(self.side)), list(registered_models(self.side))
        names = registered_origins(models)
        self._versions = version_origins(known, names)
        for model in models:
            aliases = {alias: self._versions[f"{model.name}/{number}"] for alias, number in model.aliases.items()}
            body = {
                "name": model.name,
                "description": model.description or "",
                "tags": _tags(model.tags),
                "aliases": aliases,
            }
            yield Entry(kind=Kind.REGISTERED_MODEL, origin=names[model.name], body=body, id=model.name)
        for each in known:
            yield self._version(each)
            self._older[address(each)] = self._versions[address(each)]

    def _version(self, version: Any) -> Entry:
        body = {
            "name": version.name,
            "run": self._runs.get(version.run_id or "", ""),
            "source": self._source(version),
            "description": version.description or "",
            "tags": _tags(version.tags),
        }
        return Entry(
            kind=Kind.MODEL_VERSION, origin=self._versions[address(version)], body=body, id=str(version.version)
        )

    def _source(self, version: Any) -> list[str]:
        """Where the version's files are: below a logged model, another version's, below a run, or elsewhere at an
        address of its own."""
        source = str(version.source)
        other = source.removeprefix("models:/")
        if source.startswith("models:/") and other in self._older:
            return ["version", self._older[other], ""]
        if source.startswith("models:/") and other in self._older.values():  # its model was renamed since
            return ["version", other, ""]
        model_id, _, path = other.partition("/")
        if source.startswith("models:/") and model_id in self._models:
            return ["model", self._models[model_id], path]
        if version.run_id in self._runs:
            with self.side.active() as client:
                root = client.get_run(version.run_id).info.artifact_uri
            if _is_below(source, root):
                return ["run", self._runs[version.run_id], source.removeprefix(root).strip("/")]
        if source.startswith("models:/"):  # a copy of a version that is gone, or called otherwise
            with self.side.active() as client:
                files = client.get_model_version_download_uri(version.name, version.version)
            for root, origin in self._roots.items():
                if _is_below(files, root):
                    return ["model", origin, files.removeprefix(root).strip("/")]
        return ["elsewhere", "", source]


def _is_below(address: str, root: str) -> bool:
    return address == root or address.startswith(f"{root}/")


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key != ORIGIN_TAG}
