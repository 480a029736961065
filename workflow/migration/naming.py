"""Names that people may change: what is on both sides gets the name that it has where the move comes from."""

from collections.abc import Mapping
from typing import Final

from workflow.errors import RefusedError

ASIDE: Final = "moving "
"""Before the origin: the name of one that gives its own to another, until it gets its new one."""


def renames(source: Mapping[str, str], target: Mapping[str, str], noun: str) -> list[tuple[str, str]]:
    """What to rename on the target, as (origin, new name) in an order in which no name is taken; both arguments tell
    names by origin. RefusedError where a name belongs to something that only the target has."""
    wanted = {origin: source[origin] for origin, name in target.items() if source.get(origin, name) != name}
    holders = {name: origin for origin, name in target.items()}
    for origin, name in wanted.items():
        if name in holders and holders[name] not in wanted:
            raise RefusedError(
                f"{noun} {target[origin]!r} is called {name!r} where it comes from, and another has that name already",
                cure=f"rename one of the two that are called {name!r}",
            )
    aside = [(holders[name], f"{ASIDE}{holders[name]}") for name in wanted.values() if name in holders]
    return [*aside, *wanted.items()]
