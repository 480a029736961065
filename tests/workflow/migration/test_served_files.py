"""Files with odd names, moved to an MLflow server that proxies artifacts, and home again."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workflow.migration import artifacts
from workflow.migration.reading import read
from workflow.migration.refusals import is_kept
from workflow.migration.report import compare
from workflow.migration.sides import Side
from workflow.migration.writing import move

pytestmark = pytest.mark.slow

KEPT = ("a b+c.txt", "\u00fcn\u00ef \u753b.txt", "what?.txt", "100%.txt", "50%/a&b=c;d.txt", "w?y/not \u00fc?.txt")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    """MLflow's server application, in this process: another one takes 20 s of CPU to start."""
    from werkzeug.serving import make_server

    folder = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("_MLFLOW_SERVER_FILE_STORE", f"sqlite:///{folder}/mlflow.db")
        patch.setenv("_MLFLOW_SERVER_SERVE_ARTIFACTS", "true")
        patch.setenv("_MLFLOW_SERVER_ARTIFACT_ROOT", "mlflow-artifacts:/")
        patch.setenv("_MLFLOW_SERVER_ARTIFACT_DESTINATION", str(folder / "artifacts"))
        from mlflow.server import app

        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Side(name="served", tracking_uri=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


def holding(side: Side, names: tuple[str, ...], folder: Path) -> Side:
    """A run with these files is on the side then."""
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"what is in {name}")
    with side.active() as client:
        run = client.create_run("0", run_name="with files")
        client.log_artifacts(run.info.run_id, str(folder))
        client.set_terminated(run.info.run_id)
    return side


def test_files_keep_their_names_on_a_server_that_proxies_them_and_back(
    empty: Callable[[str], Side], served: Side, tmp_path: Path
) -> None:
    old, home = holding(empty("old"), KEPT, tmp_path), empty("home")
    move(old, served, print)
    move(served, home, print)
    for side in (old, served, home):
        [run] = [entry for entry in read(side) if entry.artifacts]
        assert {artifact.path for artifact in run.artifacts} == set(KEPT), side.name
    assert compare(read(old), read(served)).is_equal
    assert compare(read(old), read(home)).is_equal


def put(side: Side, name: str, folder: Path) -> list[str]:
    """Log a file by the move's own words; what the server lists then, or why it does not."""
    from requests import HTTPError

    (folder / "file").write_text("body")
    with side.active() as client:
        uri = client.create_run("0").info.artifact_uri
        store = artifacts.repository(uri, side.tracking_uri)
        try:
            artifacts.send(store, folder / "file", name)
            return list(artifacts.paths(store))
        except HTTPError as error:
            return [str(error)]


@pytest.mark.parametrize("name", ["a#b", "a%41", "c%2Fd", "new\nline", "C:x", "end?", "plain", "a%b", "a?b", "\u753b"])
def test_what_is_told_of_a_name_is_what_the_server_does_with_it(served: Side, name: str, tmp_path: Path) -> None:
    assert (put(served, name, tmp_path) == [name]) == is_kept(name)
