"""The files of a run or of a logged model, listed, fetched and sent through the side's own artifact store.

Each name as it is: MLflow's client puts a path into the URL of a server that proxies artifacts without quoting it
(3.17), so that a '?' would end the name. The server decodes it, and tells names as they are.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workflow.migration.entries import Artifact
from workflow.models import DOWNLOAD_MARK, file_digest


def repository(artifact_uri: str, tracking_uri: str) -> Any:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    return get_artifact_repository(artifact_uri, tracking_uri=tracking_uri, registry_uri=tracking_uri)


def paths(store: Any, folder: str | None = None) -> Iterator[str]:
    """Every file below the root, by path."""
    for found in store.list_artifacts(folder):
        if found.is_dir:
            yield from paths(store, found.path)
        elif Path(found.path).name != DOWNLOAD_MARK:
            yield found.path


@contextmanager
def fetched(store: Any, path: str) -> Iterator[Path]:
    """One file on this machine, for as long as it is looked at."""
    with tempfile.TemporaryDirectory(prefix="mlteam-artifact-") as folder:
        yield Path(store.download_artifacts(_for_client(store, path), folder))


def send(store: Any, file: Path, path: str) -> None:
    """Store the file under this path; it is renamed where it lies, because MLflow takes the name from there."""
    parent, _, name = _for_client(store, path).rpartition("/")
    store.log_artifact(str(file.rename(file.with_name(name))), parent or None)


def listed(store: Any) -> tuple[Artifact, ...]:
    """All files with their digests; each is read once, one at a time."""
    return tuple(_artifact(store, path) for path in sorted(paths(store)))


def _artifact(store: Any, path: str) -> Artifact:
    with fetched(store, path) as file:
        return Artifact(path=path, size=file.stat().st_size, sha256=file_digest(file))


def _for_client(store: Any, path: str) -> str:
    from mlflow.store.artifact.http_artifact_repo import HttpArtifactRepository

    return path.replace("%", "%25").replace("?", "%3F") if isinstance(store, HttpArtifactRepository) else path
