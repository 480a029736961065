"""What no move can carry is told before it begins, each with its cure."""

import pytest

from workflow.errors import RefusedError
from workflow.migration.entries import Artifact, Entry, Kind
from workflow.migration.refusals import refusals, require_none

BUCKET = "mlteam-dev-artifacts"
ROOT = "s3://mlteam-dev-artifacts/mlflow-app/1/r1/artifacts"


def version(*source: str, name: str = "digits") -> Entry:
    body = {"name": name, "source": list(source)}
    return Entry(kind=Kind.MODEL_VERSION, origin="digits/1", body=body, id="3")


@pytest.mark.parametrize(
    "source",
    [("run", "r1", "model"), ("model", "m1", ""), ("version", "digits/1", ""), ("elsewhere", "", f"s3://{BUCKET}/x")],
)
def test_a_version_with_files_that_the_other_side_reads_is_moved(source: tuple[str, ...]) -> None:
    assert not list(refusals(version(*source), BUCKET))


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("models:/m-1", "its source models:/m-1 was deleted"),
        ("s3://another/x", "its source s3://another/x is not in the stack's artifact bucket"),
        (f"s3://{BUCKET}-2/x", "is not in the stack's artifact bucket"),
        ("mlflow-artifacts:/1/x", "is not in the stack's artifact bucket"),
    ],
)
def test_a_version_with_files_of_nobody_is_told_with_the_command_that_deletes_it(address: str, why: str) -> None:
    [found] = refusals(version("elsewhere", "", address, name="it's"), BUCKET)
    assert found.what.startswith("model version it's/3: ")
    assert why in found.what
    assert found.cure.startswith("python -c ")
    assert "delete_model_version(" in found.cure


@pytest.mark.slow  # imports MLflow
def test_a_file_that_no_server_keeps_is_told_with_the_command_that_renames_it() -> None:
    names = ("fine?.txt", "a#b.txt")
    files = tuple(Artifact(path=name, size=1, sha256="0") for name in names)
    entry = Entry(kind=Kind.RUN, origin="r0", body={}, artifacts=files, id="r1", artifact_uri=ROOT)
    [found] = refusals(entry, BUCKET)
    assert found.what == "run r1: MLflow's server keeps no file named 'a#b.txt'"
    assert found.cure == f"aws s3 mv '{ROOT}/a#b.txt' {ROOT}/a_b.txt"


def test_all_of_it_is_told_at_once_and_how_to_go_on() -> None:
    require_none((), "mlteam swap tracking oss")
    versions = [version("elsewhere", "", address) for address in ("models:/m-1", "s3://x/y")]
    found = [each for entry in versions for each in refusals(entry, BUCKET)]
    with pytest.raises(RefusedError) as refused:
        require_none(found, "mlteam swap tracking oss")
    lines = str(refused.value).splitlines()
    assert [line for line in lines if "its source" in line] == [f"  {each.what}" for each in found]
    assert lines[-3:] == [f"    {found[0].cure}", f"    {found[1].cure}", "    mlteam swap tracking oss"]
