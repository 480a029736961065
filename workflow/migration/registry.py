"""Registered models, their versions and aliases, written to another tracking server.

A version keeps its number, because people and pipelines name models by it; only where the target gave that number to
another model meanwhile does it get the next free one, which is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from workflow.errors import RefusedError
from workflow.migration.entries import ORIGIN_TAG, Entry
from workflow.migration.naming import renames
from workflow.migration.origins import registered_origins, version_origins
from workflow.migration.reading import registered_models, versions
from workflow.migration.sides import Side

MAX_GAP: Final = 10_000
"""A version number further on than this is a mistake, not a history of deleted versions."""


@dataclass
class Registry:
    """`runs` and `models` say where an origin is on the target; `renames`: its models get the source's names."""

    source: Side
    target: Side
    runs: Mapping[str, str]
    models: Mapping[str, str]
    renames: bool = True
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Origin of a version -> its model's name and its number on the target."""
    _aliases: dict[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def renumbered(self) -> dict[str, str]:
        """Origins of the versions that had to take another number, and which."""
        return {origin: number for origin, (_, number) in self.places.items() if str(_number(origin)) != number}

    @cached_property
    def _names(self) -> set[str]:
        """Of the models that the target had before, where each is called as on the source now."""
        mine, there = (
            {origin: name for name, origin in registered_origins(list(registered_models(side))).items()}
            for side in (self.source, self.target)
        )
        with self.target.active() as client:
            for origin, name in renames(mine, there, "registered model") if self.renames else ():
                client.set_registered_model_tag(there[origin], ORIGIN_TAG, origin)  # its name does not tell it any more
                client.rename_registered_model(there[origin], name)
                there[origin] = name
        return set(there.values())

    @cached_property
    def _there(self) -> list[tuple[str, Any]]:
        """The versions that the target had before, by origin."""
        found = list(versions(self.target))
        origins = version_origins(found, registered_origins(list(registered_models(self.target))))
        return [(origins[f"{each.name}/{each.version}"], each) for each in found]

    def model(self, entry: Entry) -> None:
        name = entry.body["name"]
        with self.target.active() as client:
            if name not in self._names:
                client.create_registered_model(name)
            client.update_registered_model(name, description=entry.body["description"])
            for key, value in {**entry.body["tags"], ORIGIN_TAG: entry.origin}.items():
                client.set_registered_model_tag(name, key, value)
        self._aliases[name] = entry.body["aliases"]

    def version(self, entry: Entry) -> None:
        name = entry.body["name"]
        there = self._find(name, entry)
        with self.target.active() as client:
            number = there or self._make(client, name, entry)
            client.update_model_version(name, number, description=entry.body["description"])
            for key, value in entry.body["tags"].items():
                client.set_model_version_tag(name, number, key, value)
        self.places[entry.origin] = (name, number)

    def set_aliases(self) -> None:
        """After all versions are there."""
        with self.target.active() as client:
            for name, aliases in self._aliases.items():
                for alias, origin in aliases.items():
                    client.set_registered_model_alias(name, alias, self.places[origin][1])

    def _find(self, name: str, entry: Entry) -> str | None:
        """Its number where the target has it already: by origin, and with files at the place that they were sent to.

        One below its own number was to be deleted again (see `_make`) when a move was interrupted."""
        with self.target.active() as client:
            source, number = self._source(client, entry), None
            is_copy = entry.body["source"][0] == "version"  # by a name that may have changed
            for origin, found in self._there:
                if (origin, found.name) == (entry.origin, name) and (is_copy or found.source == source):
                    if int(found.version) >= _number(origin):
                        number = str(found.version)
                    else:
                        client.delete_model_version(name, str(found.version))
        return number

    def _make(self, client: Any, name: str, entry: Entry) -> str:
        """With its own number if that is free: numbers of deleted versions before it are made, and deleted again. Its
        origin comes in the call that makes it, so that an interruption leaves nothing that nobody knows."""
        wanted = _number(entry.origin)
        if wanted > MAX_GAP:
            raise RefusedError(f"model version {entry.origin} has a number beyond {MAX_GAP}", cure="delete it first")
        source, run_id = self._source(client, entry), self.runs.get(entry.body["run"])
        where, origin, _ = entry.body["source"]
        model_id = self.models[origin] if where == "model" else None
        tags = {ORIGIN_TAG: entry.origin}
        while True:
            made = str(client.create_model_version(name, source, run_id=run_id, model_id=model_id, tags=tags).version)
            if int(made) >= wanted:
                return made
            client.delete_model_version(name, made)

    def _source(self, client: Any, entry: Entry) -> str:
        """The version's files on the target."""
        where, origin, path = entry.body["source"]
        if where == "elsewhere":
            return str(path)
        if where == "version":
            return "models:/{}/{}".format(*self.places[origin])
        if where == "run":
            root = client.get_run(self.runs[origin]).info.artifact_uri
        else:
            root = f"models:/{self.models[origin]}"
        return f"{root}/{path}" if path else str(root)


def _number(origin: str) -> int:
    """The number of a version where it was first made; a copy has the same, or the next one that is free after it."""
    return int(origin.rpartition("/")[2].partition("@")[0])
