"""Write entries of one tracking server to another: what is missing, and nothing twice.

Every step may be repeated: an entry that is there is completed, not doubled. A run or logged model is found by its
origin, whether it is the original that came home or a copy of an earlier move. Models and versions: `registry.py`.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from workflow.migration import artifacts
from workflow.migration.entries import (
    ENDS,
    FINAL,
    MOVING_TAG,
    ORIGIN_TAG,
    PARENT_TAG,
    Entry,
    Key,
    Kind,
    has_ended,
    onto,
)
from workflow.migration.naming import renames
from workflow.migration.origins import experiment_origin, model_origin, run_origin
from workflow.migration.reading import ACTIVE, experiments, logged_models, read, runs
from workflow.migration.registry import Registry
from workflow.migration.sides import Side

METRICS_PER_CALL: Final = 1_000
PARAMS_PER_CALL: Final = 100
TAGS_PER_CALL: Final = 100
"""MLflow's limits of one log-batch request."""
SAY_EVERY: Final = 100
MOST_RUNS: Final = 50_000
"""MLflow's limit of one search."""


@dataclass
class Writer:
    """Writes what `source` holds to `target`; remembers where each origin is on the target. `kept`, if given, is what
    the target holds: it stays as it is, and is only added to."""

    source: Side
    target: Side
    kept: Mapping[Key, Entry] | None = None
    _nested: list[Entry] = field(default_factory=list)
    _trash: list[Entry] = field(default_factory=list)

    def write(self, entry: Entry) -> None:
        there = (self.kept or {}).get(entry.key)
        entry = onto(entry, there)
        if entry == there and entry.kind is not Kind.MODEL_VERSION:  # others ask where a version is
            return
        writers: Mapping[Kind, Callable[[Entry], None]] = {
            Kind.EXPERIMENT: self._experiment,
            Kind.RUN: self._run,
            Kind.LOGGED_MODEL: self._model,
            Kind.REGISTERED_MODEL: self.registry.model,
            Kind.MODEL_VERSION: self.registry.version,
        }
        writers[entry.kind](entry)
        if entry.body.get("parent"):
            self._nested.append(entry)
        if entry.body.get("deleted"):
            self._trash.append(entry)

    def finish(self, say: Callable[[str], None]) -> None:
        """What needs all of the others, then the trash of the source: nothing can be written to what is deleted. An
        experiment in which the target has runs of its own stays: they would go with it."""
        self.registry.set_aliases()
        with self.target.active() as client:
            for entry in self._nested:
                parent = entry.body["parent"]
                client.set_tag(self._runs[entry.origin], PARENT_TAG, self._runs.get(parent, parent))
            for entry in reversed(self._trash):
                if entry.kind is Kind.RUN:
                    client.delete_run(self._runs[entry.origin])
                elif client.search_runs([self._experiments[entry.origin]], max_results=1):
                    name = entry.body["name"]
                    say(f"experiment {name!r} was deleted, and stays for runs that only {self.target.name} has")
                else:
                    client.delete_experiment(self._experiments[entry.origin])

    @cached_property
    def registry(self) -> Registry:
        return Registry(
            source=self.source, target=self.target, runs=self._runs, models=self._models, renames=self.kept is None
        )

    @cached_property
    def _experiments(self) -> dict[str, str]:
        """Origin -> id on the target, where each is called as on the source now."""
        mine = {experiment_origin(found): found.name for found in experiments(self.source)}
        there = {experiment_origin(found): found for found in experiments(self.target)}
        names = {origin: found.name for origin, found in there.items()}
        with self.target.active() as client:
            for origin, name in renames(mine, names, "experiment") if self.kept is None else ():
                _restore(client, there[origin].experiment_id)  # nothing else can be renamed
                client.rename_experiment(there[origin].experiment_id, name)
        on_both = {found.name: found.experiment_id for origin, found in there.items() if origin not in mine}
        by_name = {origin: on_both[name] for origin, name in mine.items() if origin not in there and name in on_both}
        return {origin: found.experiment_id for origin, found in there.items()} | by_name

    @cached_property
    def _runs(self) -> dict[str, str]:
        """Origin -> id on the target."""
        return {run_origin(run): run.info.run_id for run in runs(self.target, list(self._experiments.values()))}

    @cached_property
    def _models(self) -> dict[str, str]:
        """Origin of a logged model -> id on the target."""
        found = logged_models(self.target, list(self._experiments.values()))
        return {model_origin(model): model.model_id for model in found}

    def _experiment(self, entry: Entry) -> None:
        with self.target.active() as client:
            if entry.origin not in self._experiments:
                made = client.create_experiment(entry.body["name"], tags={ORIGIN_TAG: entry.origin})
                self._experiments[entry.origin] = made
            identity = self._experiments[entry.origin]
            there = _restore(client, identity)
            if experiment_origin(there) != entry.origin:  # made on both sides by this name
                client.set_experiment_tag(identity, ORIGIN_TAG, entry.origin)
            for key, value in entry.body["tags"].items():
                client.set_experiment_tag(identity, key, value)

    def _run(self, entry: Entry) -> None:
        body = entry.body
        with self.target.active() as client:
            if entry.origin not in self._runs:
                home, tags = self._experiments[body["experiment"]], {ORIGIN_TAG: entry.origin, MOVING_TAG: "true"}
                _restore(client, home)
                made = client.create_run(home, start_time=body["start_ms"], tags=tags, run_name=body["name"])
                self._runs[entry.origin] = made.info.run_id
            identity = self._runs[entry.origin]
            there = client.get_run(identity)
            if there.info.lifecycle_stage != ACTIVE:
                client.restore_run(identity)
            _log(client, identity, body)
        self._send(entry, there.info.artifact_uri)
        with self.target.active() as client:
            if there.info.status in ENDS and not has_ended(body):  # it was left running, and has come to its end here
                client.update_run(identity, name=body["name"])
                return
            client.update_run(identity, status=body["status"], name=body["name"])
            if body["end_ms"] is not None:
                client.set_terminated(identity, status=body["status"], end_time=body["end_ms"])
            if MOVING_TAG in there.data.tags:
                client.delete_tag(identity, MOVING_TAG)

    def _model(self, entry: Entry) -> None:
        body = entry.body
        with self.target.active() as client:
            if entry.origin not in self._models:
                made = client.create_logged_model(
                    self._experiments[body["experiment"]],
                    name=body["name"],
                    source_run_id=self._runs.get(body["run"]),
                    tags={ORIGIN_TAG: entry.origin},
                    params=dict(body["params"]),
                    model_type=body["type"] or None,
                )
                self._models[entry.origin] = made.model_id
            identity = self._models[entry.origin]
            there = client.get_logged_model(identity)
        self._send(entry, there.artifact_location)
        with self.target.active() as client:
            if body["status"] in FINAL:
                client.finalize_logged_model(identity, body["status"])
            client.set_logged_model_tags(identity, dict(body["tags"]))
            self._link(client, identity, body["links"])

    def _link(self, client: Any, identity: str, links: Iterable[list[Any]]) -> None:
        """Tie the metric points and outputs of runs to the logged model that they are about."""
        from mlflow.entities import LoggedModelOutput, Metric

        for origin, key, value, timestamp, step in links:
            run_id = self._runs[origin]
            if key:
                point = Metric(key, float(value), timestamp, step, model_id=identity)
                client.log_batch(run_id, metrics=[point], synchronous=True)
            elif not _has_output(client, run_id, identity):  # MLflow would take it twice
                client.log_outputs(run_id, [LoggedModelOutput(identity, step)])

    def _send(self, entry: Entry, artifact_uri: str) -> None:
        """The files that the target lacks or has otherwise, one at a time."""
        if not entry.artifacts:
            return
        with self.target.active():
            store = artifacts.repository(artifact_uri, self.target.tracking_uri)
            there = {each.path: each for each in artifacts.listed(store)}
        for artifact in entry.artifacts:
            if there.get(artifact.path) != artifact:
                self._copy(entry, artifact.path, store)

    def _copy(self, entry: Entry, path: str, store: Any) -> None:
        with ExitStack() as stack:
            with self.source.active():
                mine = artifacts.repository(entry.artifact_uri, self.source.tracking_uri)
                file = stack.enter_context(artifacts.fetched(mine, path))
            with self.target.active():
                artifacts.send(store, file, path)


def move(
    source: Side,
    target: Side,
    say: Callable[[str], None],
    check: Callable[[Entry], None] = lambda _: None,
    kept: Mapping[Key, Entry] | None = None,
) -> Registry:
    """Everything from `source` to `target`, as often as it takes, each entry once `check` has not raised; the answer
    tells which versions got new numbers. `kept` as in Writer."""
    writer = Writer(source, target, kept)
    for count, entry in enumerate(read(source), start=1):
        check(entry)
        writer.write(entry)
        if count % SAY_EVERY == 0:
            say(f"{count} entries moved")
    writer.finish(say)
    return writer.registry


def _restore(client: Any, experiment_id: str) -> Any:
    """The experiment, which is active then; MLflow would bring all its runs back from the trash with it."""
    from mlflow.entities import ViewType

    found = client.get_experiment(experiment_id)
    if found.lifecycle_stage != ACTIVE:
        trash = client.search_runs([experiment_id], run_view_type=ViewType.DELETED_ONLY, max_results=MOST_RUNS)
        client.restore_experiment(experiment_id)
        for run in trash:
            client.delete_run(run.info.run_id)
    return found


def _log(client: Any, identity: str, body: Mapping[str, Any]) -> None:
    from mlflow.entities import Metric, Param, RunTag

    params = [Param(key, value) for key, value in body["params"].items()]
    tags = [RunTag(key, value) for key, value in body["tags"].items()]
    points = [Metric(key, float(value), timestamp, step) for key, step, timestamp, value in body["metrics"]]
    for part in _parts(params, PARAMS_PER_CALL):
        client.log_batch(identity, params=part, synchronous=True)
    for part in _parts(tags, TAGS_PER_CALL):
        client.log_batch(identity, tags=part, synchronous=True)
    for part in _parts(points, METRICS_PER_CALL):
        client.log_batch(identity, metrics=part, synchronous=True)


def _has_output(client: Any, run_id: str, model_id: str) -> bool:
    outputs = client.get_run(run_id).outputs
    return any(output.model_id == model_id for output in (outputs.model_outputs or ())) if outputs else False


def _parts(items: list[Any], size: int) -> Iterable[list[Any]]:
    return (items[at : at + size] for at in range(0, len(items), size))
