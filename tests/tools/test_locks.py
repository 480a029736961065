"""The compiled requirements files: complete, hash-pinned, in agreement, and free of any registry's address."""

from pathlib import Path

import pytest

from tools.lock import command
from tools.locks import LOCK_FILES, LockFile, declared, disagreements, faults, normalised, pins

ROOT = Path(__file__).resolve().parents[2]
HASH = "--hash=sha256:" + "0" * 64
PYPROJECT = (ROOT / "pyproject.toml").read_text()


def _text(lock_file: LockFile) -> str:
    return (ROOT / lock_file.path).read_text()


@pytest.mark.parametrize("lock_file", LOCK_FILES, ids=lambda lock_file: lock_file.path)
def test_every_line_is_a_pin_or_its_hash(lock_file: LockFile) -> None:
    assert faults(_text(lock_file)) == []


@pytest.mark.parametrize("lock_file", LOCK_FILES, ids=lambda lock_file: lock_file.path)
def test_what_pyproject_asks_for_is_pinned(lock_file: LockFile) -> None:
    asked = declared(PYPROJECT, lock_file)
    assert asked, "nothing was asked for, so nothing was tested"
    assert asked - pins(_text(lock_file)).keys() == set(), "pyproject.toml has changed; cure: make lock"


@pytest.mark.parametrize("lock_file", [one for one in LOCK_FILES if one.follows], ids=lambda lock_file: lock_file.path)
def test_no_two_files_disagree_about_a_version(lock_file: LockFile) -> None:
    assert disagreements(_text(lock_file), (ROOT / lock_file.follows).read_text()) == []


def test_hosts_get_no_provisioning_packages() -> None:
    workflow = pins((ROOT / "requirements-workflow.txt").read_text())
    assert workflow.keys() & {"pulumi", "pulumi-aws", "moto", "pytest", "mypy"} == set()


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://pypi.org/simple",
        "--extra-index-url=https://mirror.example/simple",
        "--find-links /opt/wheels",
        f"click @ https://files.example/click.whl {HASH}",
        "click>=8",
        "-e .",
        "# a comment",
    ],
)
def test_anything_else_than_a_pin_is_a_fault(line: str) -> None:
    assert faults(f"click==8.5.1 \\\n    {HASH}\n{line}\n") == [f"line 3 is neither a pin nor a hash: {line!r}"]


def test_a_pin_without_hash_is_a_fault_wherever_it_stands() -> None:
    pinned = f"rich==15.0.0 \\\n    {HASH}\n"
    assert faults(f"click==8.5.1\n{pinned}") == ["click==8.5.1 has no hash"]
    assert faults(f"{pinned}click==8.5.1\n") == ["click==8.5.1 has no hash"]


def test_a_weak_hash_is_a_fault() -> None:
    assert len(faults("click==8.5.1 \\\n    --hash=md5:d41d8cd98f00b204e9800998ecf8427e\n")) == 2


def test_markers_divide_versions_of_one_name() -> None:
    text = f"numpy==2.4.6 ; python_full_version < '3.12' \\\n    {HASH}\nnumpy==2.5.5 ; x \\\n    {HASH}\n"
    assert faults(text) == []
    assert pins(text) == {"numpy": {"2.4.6", "2.5.5"}}


def test_another_or_a_missing_version_is_a_disagreement() -> None:
    narrow, wide = f"a==1 \\\n {HASH}\nb==1 \\\n {HASH}", f"a==2 \\\n {HASH}"
    assert disagreements(narrow, wide) == ["a is 1 here and 2 there", "b is 1 here and missing there"]


@pytest.mark.parametrize(
    ("requirement", "name"), [("mlflow[auth]>=3.17,<4", "mlflow"), ("Types_PyYAML", "types-pyyaml"), ("a.b ; c", "a-b")]
)
def test_names_are_spelt_as_compiled_files_spell_them(requirement: str, name: str) -> None:
    assert normalised(requirement) == name


def test_what_is_no_requirement_is_refused_with_its_text() -> None:
    with pytest.raises(ValueError, match="'>=3'"):
        normalised(">=3")


def test_compiling_asks_for_hashes_and_records_no_address() -> None:
    line = command(LOCK_FILES[0], upgrade=False)
    assert {"--generate-hashes", "--universal", "--no-emit-index-url", "--no-emit-find-links"} <= set(line)
    assert "--upgrade" not in line
    assert command(LOCK_FILES[0], upgrade=True)[-1] == "--upgrade"
