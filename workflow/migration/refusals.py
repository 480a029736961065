"""What no move can carry, found before one begins: each with the command that cures it.

A version without files of the store's own, which the other side's server refuses or cannot read, and file names that
the server on the host does not keep: it decodes a path until nothing changes, and takes no '#' (MLflow 3.17).
"""

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from workflow.errors import RefusedError
from workflow.migration.entries import Entry

UNSAFE: Final = re.compile(r"[^\w./ -]", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """`cure` is a command for a shell in which `mlteam env` has been evaluated."""

    what: str
    cure: str


def refusals(entry: Entry, artifact_bucket: str) -> Iterator[Refusal]:
    """Why this entry cannot be moved to a server that keeps its files in this bucket; nothing where it can."""
    where, _, address = entry.body.get("source", ("", "", ""))
    if where == "elsewhere" and not address.startswith(f"s3://{artifact_bucket}/"):
        name = entry.body["name"]
        why = "was deleted" if address.startswith("models:/") else "is not in the stack's artifact bucket"
        code = f"import mlflow; mlflow.MlflowClient().delete_model_version({name!r}, {entry.id!r})"
        yield Refusal(
            what=f"model version {name}/{entry.id}: its source {address} {why}", cure=f"python -c {shlex.quote(code)}"
        )
    for path in (each.path for each in entry.artifacts if not is_kept(each.path)):
        old, new = (f"{entry.artifact_uri}/{name}" for name in (path, UNSAFE.sub("_", path)))
        yield Refusal(
            what=f"{entry.kind.value.replace('_', ' ')} {entry.id}: MLflow's server keeps no file named {path!r}",
            cure=shlex.join(("aws", "s3", "mv", old, new)),
        )


def is_kept(path: str) -> bool:
    """Whether a server that proxies artifacts stores a file under this very name, and lists it: MLflow's own rule."""
    from mlflow.exceptions import MlflowException
    from mlflow.utils.uri import validate_path_is_safe

    names = (path, *path.split("/"))
    try:
        return all(validate_path_is_safe(name) == name for name in names)  # type: ignore[no-untyped-call]
    except MlflowException:
        return False


def require_none(found: Iterable[Refusal], again: str) -> None:
    """RefusedError with all of them at once; `again` is the command that goes on."""
    if told := tuple(found):
        faults = "".join(f"\n  {each.what}" for each in told)
        cures = "".join(f"\n    {command}" for command in (*(each.cure for each in told), again))
        raise RefusedError(f"cannot be moved:{faults}", cure=f"in this order{cures}")
