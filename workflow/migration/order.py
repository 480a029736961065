"""In which order model versions can be written elsewhere: what others need comes before them."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Set
from graphlib import CycleError, TopologicalSorter
from itertools import groupby, pairwise
from typing import Any

from workflow.migration.origins import address


def as_made(versions: Iterable[Any]) -> list[Any]:
    """The oldest first, but of one model by number, and a copy after its original, whatever the clock said.

    MLflow looks at the clock before it gives the number: of two that are registered at once the lower may have the
    later time. A copy names its original, whose name may be another model's by now: where that leads in a circle, only
    numbers and times count.
    """
    known = {address(each): each for each in versions}
    lower = _lower(known.values())
    originals = {at: {str(each.source).removeprefix("models:/")} & known.keys() for at, each in known.items()}
    try:
        return list(_in_turn(known, {at: lower[at] | originals[at] for at in known}))
    except CycleError:
        return list(_in_turn(known, lower))


def _lower(versions: Iterable[Any]) -> dict[str, Set[str]]:
    """Address -> that of the next lower number of its model, if there is one."""
    found: dict[str, Set[str]] = {}
    for _, of_model in groupby(sorted(versions, key=lambda each: (each.name, int(each.version))), lambda it: it.name):
        addresses = [address(each) for each in of_model]
        found |= {addresses[0]: set()} | {higher: {lower} for lower, higher in pairwise(addresses)}
    return found


def _in_turn(known: Mapping[str, Any], before: Mapping[str, Set[str]]) -> Iterator[Any]:
    """The oldest of those before which nothing else has to come; CycleError."""
    sorter = TopologicalSorter(before)
    sorter.prepare()
    ready: list[tuple[int, str, int]] = []
    while sorter.is_active():
        for at in sorter.get_ready():
            each = known[at]
            heapq.heappush(ready, (int(each.creation_timestamp), str(each.name), int(each.version)))
        _, name, number = heapq.heappop(ready)
        yield known[f"{name}/{number}"]
        sorter.done(f"{name}/{number}")
