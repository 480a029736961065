"""Requests for an A/B test: reserved images, drawn at random, sent by visitors who come back.

Sending and judging are apart: workers send, the caller's thread gets one outcome at a time and may stop any time.
"""

import json
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from workflow.backends.serving_oss import ModelServer
from workflow.experiment import Outcome
from workflow.reserved import Reserved
from workflow.serving.split import ArmName, arm_of
from workflow.statistics.metrics import DECISION_THRESHOLD

REQUESTS_PER_UNIT: Final = 4
"""A visitor sends this many, so that stickiness is tried; the draw of images is independent of the visitor."""


@dataclass(frozen=True, kw_only=True)
class Request:
    unit: str
    body: bytes
    positive: bool


@dataclass(frozen=True, kw_only=True)
class Split:
    """How the server should split units: whose failure it is when no answer names an arm."""

    salt: str
    weight: float


def requests_of(reserved: Reserved, count: int, seed: int) -> Iterator[Request]:
    """`count` requests of one image each, in random order; drawn with replacement when there are fewer images."""
    generator = np.random.default_rng(seed)
    available = len(reserved.images)
    drawn = generator.choice(available, size=count, replace=count > available)
    for number, image in enumerate(drawn.tolist()):
        body = json.dumps({"inputs": [reserved.rows[image].tolist()]}).encode()
        unit = f"visitor-{seed}-{number // REQUESTS_PER_UNIT}"
        yield Request(unit=unit, body=body, positive=bool(reserved.labels[image] == 1))


def send(
    server: ModelServer, split: Split, requests: Iterator[Request], workers: int, take: Callable[[Outcome], bool]
) -> None:
    """Give every outcome to `take` until it says True or the requests are used up; then all workers have ended."""
    outcomes: queue.Queue[Outcome | BaseException | None] = queue.Queue(maxsize=workers * 2)
    stop, guard = threading.Event(), threading.Lock()

    def work() -> None:
        try:
            while not stop.is_set():
                with guard:
                    request = next(requests, None)
                if request is None:
                    break
                outcomes.put(_outcome(server, split, request))
        except BaseException as error:
            outcomes.put(error)
        outcomes.put(None)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    _collect(outcomes, workers, stop, take)
    for thread in threads:
        thread.join()


def _collect(
    outcomes: "queue.Queue[Outcome | BaseException | None]",
    workers: int,
    stop: threading.Event,
    take: Callable[[Outcome], bool],
) -> None:
    """Drains to the last worker's end: a worker must not hang on a full queue. What was under way is not counted."""
    running, fault = workers, None
    while running:
        outcome = outcomes.get()
        if outcome is None:
            running -= 1
        elif isinstance(outcome, BaseException):
            fault = outcome
            stop.set()
        elif not stop.is_set() and take(outcome):
            stop.set()
    if fault is not None:
        raise fault


def _outcome(server: ModelServer, split: Split, request: Request) -> Outcome:
    reply = server.predict(request.body, request.unit)
    named = reply.arm in {arm.value for arm in ArmName}
    arm = ArmName(reply.arm) if named else arm_of(request.unit, split.salt, split.weight)
    error = reply.status != 200 or len(reply.scores) != 1
    right = not error and (reply.scores[0] >= DECISION_THRESHOLD) == request.positive
    return Outcome(unit=request.unit, arm=arm, right=right, error=error, seconds=reply.seconds)
