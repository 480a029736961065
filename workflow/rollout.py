"""One change of what is served, from the write to the proof: every verb that changes a deployment goes through here.

Under the stack's lock: write the deployment object over exactly what was read, wait until the model server says that
it serves it, and enter it in the ledger. A deployment that does not load is taken back, and the server's own words are
the error.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from workflow.backends.serving_oss import ModelServer
from workflow.context import Context
from workflow.deployment import Deployment, Stored, write_deployment
from workflow.errors import ResourceError
from workflow.ledger import Entry, record_generation
from workflow.lock import Lock

WAIT_SECONDS: Final = 120.0
"""Loading takes 5-10 s the first time (the server imports MLflow), a poll 2 s, an archive of 1 GB half a minute."""
_LOOK_SECONDS: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """Who changes what and why; `wait_seconds` bounds the wait for the server."""

    context: Context
    lock: Lock
    verb: str
    reason: str = ""
    wait_seconds: float = WAIT_SECONDS

    def change(self, stored: Stored, wanted: Deployment) -> None:
        """Make it so. ResourceError when it does not load; the deployment of before is wanted again then."""
        etag = self._write(wanted, stored.etag)
        try:
            self._wait(wanted)
        except ResourceError as error:
            self._take_back(stored, wanted, etag)
            raise ResourceError(f"{error}\n  what was served before is still served; nothing is lost") from error

    def force(self, stored: Stored, wanted: Deployment) -> None:
        """Make it so and leave it so, even if the server does not answer: for a way back."""
        self._write(wanted, stored.etag)
        self._wait(wanted)

    def _write(self, wanted: Deployment, etag: str) -> str:
        self.lock.check()
        platform, client = self.context.platform, self.context.aws.client("s3")
        written = write_deployment(client, platform.serving.deployment_uri, wanted, etag)
        entry = Entry(
            verb=self.verb,
            author=self.lock.lease.owner,
            fencing=self.lock.fencing,
            reason=self.reason,
            deployment=wanted,
        )
        record_generation(client, platform.storage.artifact_bucket, platform.stack, entry)
        return written

    def _take_back(self, stored: Stored, failed: Deployment, etag: str) -> None:
        restored = failed.restored_to(stored.deployment)
        back = Rollout(context=self.context, lock=self.lock, verb="restore", reason=f"{self.verb} did not load")
        back._write(restored, etag)
        try:
            back._wait(restored)
        except ResourceError as error:
            self.context.progress.warn(f"the deployment of before is wanted again, but not confirmed: {error}")

    def _wait(self, wanted: Deployment) -> None:
        server = ModelServer(self.context.platform.serving.url)
        deadline = time.monotonic() + self.wait_seconds
        with self.context.progress.waiting(f"waiting until {server.url} serves generation {wanted.generation}"):
            while not serves(status := server.status(), wanted):
                if time.monotonic() > deadline:
                    raise too_late(status, wanted, self.wait_seconds)
                time.sleep(_LOOK_SECONDS)


def serves(status: Mapping[str, Any], wanted: Deployment) -> bool:
    """Whether the server serves exactly this, every arm; ResourceError when it has said that it cannot."""
    if status["wanted_generation"] != wanted.generation:
        return False
    faults = [fault for fault in status["errors"] if fault["place"] != "previous"]
    if faults:
        said = "; ".join(f"{fault['place']} {fault['digest'][:12]}: {fault['message']}" for fault in faults)
        raise ResourceError(
            f"the model server cannot serve generation {wanted.generation}: {said}", cure="mlteam logs model-server"
        )
    arms = {place: arm["digest"] for place, arm in status["arms"].items() if place != "previous"}
    wanted_arms = {place: each.digest for place, each in wanted.references().items() if place != "previous"}
    return bool(status["healthy"]) and arms == wanted_arms


def too_late(status: Mapping[str, Any], wanted: Deployment, seconds: float) -> ResourceError:
    """With what keeps the server from reading it, if it has said that."""
    why = f": {status['store_error']}" if status["store_error"] else ""
    return ResourceError(
        f"the model server did not serve generation {wanted.generation} in {seconds:.0f} s{why}",
        cure="mlteam logs model-server",
    )
