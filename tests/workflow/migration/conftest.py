"""Sides of a move: MLflow's own stores on SQLite, no server between."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workflow.migration.sides import Side


@pytest.fixture(scope="module")
def empty(
    tmp_path_factory: pytest.TempPathFactory, new_store: Callable[[Path], str]
) -> Iterator[Callable[[str], Side]]:
    """Makes sides with nothing in them. Their files lie in the working folder of the moment."""
    folder = tmp_path_factory.mktemp("sides")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield lambda name: Side(name=name, tracking_uri=new_store(folder / f"{name}.db"))
