"""The models that the server holds: fetched by digest, verified, loaded, then switched to all at once.

A new deployment that cannot be held completely changes nothing; only a server that holds nothing at all takes what
it can get (after a reboot a broken challenger must not keep the champion down).
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from workflow.archives import unpack
from workflow.deployment import Deployment, ModelReference
from workflow.errors import DriftError, MlteamError
from workflow.models import model_digest
from workflow.predictor import Predictor, load_predictor

Load: TypeAlias = Callable[[str], Predictor]
"""The model of a digest; MlteamError when it is not to be had, OSError or botocore's when the store is away."""


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    reference: ModelReference
    predictor: Predictor


@dataclass(frozen=True, kw_only=True)
class Loadout:
    """What is served: `deployment` is the object it was made from, `models` by place (champion, ...)."""

    deployment: Deployment = field(default_factory=Deployment)
    models: Mapping[str, LoadedModel] = field(default_factory=dict)

    def model_of(self, digest: str) -> LoadedModel | None:
        return next((model for model in self.models.values() if model.reference.digest == digest), None)


@dataclass(frozen=True, kw_only=True)
class LoadFault:
    """Why a model of a deployment is not held."""

    place: str
    digest: str
    message: str


def next_loadout(current: Loadout, wanted: Deployment, load: Load) -> tuple[Loadout | None, list[LoadFault]]:
    """The loadout for the wanted deployment, or None (keep the current one), and what went wrong.

    A previous champion that cannot be held costs the rollback, not the deployment.
    """
    models: dict[str, LoadedModel] = {}
    faults: list[LoadFault] = []
    for place, reference in wanted.references().items():
        try:
            models[place] = _hold(current, reference, load)
        except MlteamError as error:
            faults.append(LoadFault(place=place, digest=reference.digest, message=str(error)))
    blocking = [fault for fault in faults if fault.place != "previous"]
    serves_nothing_yet = "champion" not in current.models
    if blocking and not (serves_nothing_yet and "champion" in models):
        return None, faults
    return Loadout(deployment=wanted, models=models), faults


def load_archive(archive: bytes, digest: str) -> Predictor:
    """The model of an archive, only if it is the model of that digest."""
    with tempfile.TemporaryDirectory(prefix="mlteam-model-") as name:
        folder = Path(name)
        unpack(archive, folder)
        found = model_digest(folder)
        if found != digest:
            raise DriftError(f"the archive of model {digest} holds another model, {found}")
        return load_predictor(folder)


def _hold(current: Loadout, reference: ModelReference, load: Load) -> LoadedModel:
    held = current.model_of(reference.digest)
    predictor = held.predictor if held else load(reference.digest)
    return LoadedModel(reference=reference, predictor=predictor)
