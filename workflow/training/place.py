"""Where a job may run, as `mlteam train` sees it, and how it waits for one to end."""

import time
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from workflow import s3
from workflow.errors import ResourceError, StepTimeoutError
from workflow.progress import Progress
from workflow.training.job import LOG_FILE, Job, State, Status, read_status, write_status

POLL_SECONDS: Final = 2.0
LAST_LINES: Final = 20
LAST_WORD_SECONDS: Final = 5.0
"""A machine that is gone may have written its status a moment before."""


class Place(Protocol):
    """Something that runs one job and goes away."""

    def find(self, job: Job, /) -> bool:
        """Attach to what runs the job already; False when nothing does."""
        ...

    def start(self, job: Job, attempt: int, /) -> None: ...

    def gone_because(self) -> str:
        """Why it runs no more; empty while it does."""
        ...

    def finish(self) -> None:
        """The job has said its last word: let it upload its log and end."""
        ...

    def stop(self) -> None:
        """End it at once, whatever it does."""
        ...


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """`poll_seconds` is between two looks at the job's status."""

    client: Any
    progress: Progress
    timeout_seconds: float
    poll_seconds: float = POLL_SECONDS

    def run(self, job: Job, place: Place) -> Status:
        """Start the job or join the one that runs, and answer its last status.

        A job that takes too long, and one whose waiter is interrupted, is ended with its machine.
        """
        before = read_status(self.client, job.folder)
        is_there = before is not None and before.state is State.RUNNING and place.find(job)
        try:
            if not is_there:
                self._start(job, place, before.attempt + 1 if before else 1)
            status = self._wait(job, place)
        except (KeyboardInterrupt, StepTimeoutError) as error:
            place.stop()
            self._close(job, str(error) or "cancelled")
            raise
        place.finish()
        return status

    def _start(self, job: Job, place: Place, attempt: int) -> None:
        write_status(self.client, job.folder, Status(state=State.RUNNING, attempt=attempt, message="starting"))
        try:
            place.start(job, attempt)
        except Exception as error:
            self._close(job, f"not started: {error}")
            place.stop()  # it may run all the same: the answer can have been lost
            raise

    def _wait(self, job: Job, place: Place) -> Status:
        deadline = time.monotonic() + self.timeout_seconds
        said = ""
        with self.progress.waiting(f"job {job.id}"):
            while time.monotonic() < deadline:
                gone = place.gone_because()
                status = read_status(self.client, job.folder)
                if status is not None and status.state is not State.RUNNING:
                    return status
                if gone:
                    return self._last_word(job, gone)
                if status is not None and status.message != said:
                    said = status.message
                    self.progress.say(f"job {job.id}: {said}")
                time.sleep(self.poll_seconds)
        raise StepTimeoutError(
            f"job {job.id} was not done after {self.timeout_seconds:.0f} s and was ended",
            cure=f"mlteam logs --job {job.id}; then a smaller tier, or a larger mlteam:trainingMaxHours",
        )

    def _last_word(self, job: Job, reason: str) -> Status:
        deadline = time.monotonic() + min(LAST_WORD_SECONDS, 5 * self.poll_seconds)
        while time.monotonic() < deadline:
            status = read_status(self.client, job.folder)
            if status is not None and status.state is not State.RUNNING:
                return status
            time.sleep(self.poll_seconds / 2)
        self._close(job, reason)
        log = s3.read(self.client, job.folder / LOG_FILE)
        lines = log.body.decode(errors="replace").splitlines()[-LAST_LINES:] if log else ["(no log was uploaded)"]
        raise ResourceError(
            f"job {job.id} ended before it was done: {reason}; the last lines of its log:\n" + "\n".join(lines),
            cure=f"mlteam logs --job {job.id}; the same `mlteam train` again starts a new machine",
        )

    def _close(self, job: Job, message: str) -> None:
        """So that nobody waits for it any more."""
        status = read_status(self.client, job.folder) or Status(state=State.FAILED)
        if status.state is State.RUNNING:
            write_status(self.client, job.folder, replace(status, state=State.FAILED, message=message))
