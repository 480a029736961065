"""Sides of a move: MLflow's own stores on SQLite, no server between."""

from collections.abc import Callable, Iterator

import pytest

from workflow.migration.sides import Side


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Side]]:
    """Makes sides with nothing in them, copies of one: making a store takes MLflow a second. Their files lie in the
    working folder of the moment."""
    folder = tmp_path_factory.mktemp("sides")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with Side(name="template", tracking_uri=f"sqlite:///{folder}/template.db").active() as client:
            client.search_experiments()
        template = (folder / "template.db").read_bytes()

        def make(name: str) -> Side:
            (folder / f"{name}.db").write_bytes(template)
            return Side(name=name, tracking_uri=f"sqlite:///{folder}/{name}.db")

        yield make
