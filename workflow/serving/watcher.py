"""Follows the deployment object: asks S3 every few seconds, cheaply, and switches when it changed and loads.

S3 away, an object that is no deployment, a model that does not load: each is reported by /status, and what was
served before goes on being served.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from workflow import s3
from workflow.deployment import Deployment, parse_deployment
from workflow.errors import MlteamError
from workflow.predictor import Predictor
from workflow.serving.loadout import LoadedModel, LoadFault, Loadout, load_archive, next_loadout

_NOT_MODIFIED: Final = "304"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The last look at the store: which object it was, what it wanted, and what was wrong."""

    etag: str | None = None
    generation: int = 0
    faults: tuple[LoadFault, ...] = ()
    store_error: str = ""


@dataclass(kw_only=True)
class Watcher:
    """`loadout` and `seen` are replaced whole, never changed: a request reads one and keeps it."""

    client: Any
    deployment_uri: str
    models_uri: str
    load_archive: Callable[[bytes, str], Predictor] = load_archive
    loadout: Loadout = field(default_factory=Loadout)
    seen: Seen = field(default_factory=Seen)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, poll_seconds: float, after_poll: Callable[[], None]) -> None:
        """Until `stop`; `after_poll` is called after each look."""
        while not self._stopped.is_set():
            self.poll()
            after_poll()
            self._stopped.wait(poll_seconds)

    def stop(self) -> None:
        self._stopped.set()

    def poll(self) -> None:
        """One look at the store. Never raises: the thread that calls this must not die."""
        try:
            changed = self._read_if_changed()
            self.seen = Seen(etag=self.seen.etag, generation=self.seen.generation, faults=self.seen.faults)
            if changed is not None:
                self._switch(*changed)
        except (BotoCoreError, ClientError, OSError) as error:
            self._note(f"{type(error).__name__}: {error}")
        except MlteamError as error:
            self._note(str(error))
        except Exception as error:  # a bug of ours, or of a library on bytes that it does not know
            _log.exception("the deployment was not looked at")
            self._note(f"{type(error).__name__}: {error}")

    def status(self) -> dict[str, object]:
        """What /status answers: the generation that is served, the one that is wanted, arms, faults."""
        served = self.loadout.deployment
        return {
            "version": 1,
            "generation": served.generation,
            "wanted_generation": self.seen.generation,
            "healthy": served.generation == self.seen.generation and not self._blocking() and not self.seen.store_error,
            "challenger_weight": served.challenger_weight,
            "arms": {place: _describe(model) for place, model in self.loadout.models.items()},
            "errors": [asdict(fault) for fault in self.seen.faults],
            "store_error": self.seen.store_error,
        }

    def _blocking(self) -> list[LoadFault]:
        return [fault for fault in self.seen.faults if fault.place != "previous"]

    def _note(self, problem: str) -> None:
        seen = self.seen
        self.seen = Seen(etag=seen.etag, generation=seen.generation, faults=seen.faults, store_error=problem)

    def _read_if_changed(self) -> tuple[Deployment, str] | None:
        bucket, key = s3.parse(self.deployment_uri)
        condition = {"IfNoneMatch": self.seen.etag} if self.seen.etag else {}
        try:
            response = self.client.get_object(Bucket=bucket, Key=key, **condition)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == _NOT_MODIFIED or (code in s3.MISSING_CODES and self.seen.etag is None):
                return None
            raise
        return parse_deployment(response["Body"].read(), self.deployment_uri), response["ETag"]

    def _switch(self, wanted: Deployment, etag: str) -> None:
        """A store that fails half way leaves `etag` as it was, so that the next look tries again; a model that does
        not load is not tried again before the object changes."""
        loadout, faults = next_loadout(self.loadout, wanted, self._load)
        if loadout is not None:
            self.loadout = loadout
        self.seen = Seen(etag=etag, generation=wanted.generation, faults=tuple(faults))

    def _load(self, digest: str) -> Predictor:
        bucket, key = s3.parse(self.models_uri) / f"{digest}.zip"
        response = self.client.get_object(Bucket=bucket, Key=key)
        return self.load_archive(response["Body"].read(), digest)


def _describe(model: LoadedModel) -> dict[str, object]:
    return {**model.reference.model_dump(), "state": "ready"}
