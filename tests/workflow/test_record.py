"""record.json: what one stage leaves to the next, and what it takes back."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from workflow.errors import UsageError
from workflow.record import SECTIONS, has_section, read_section, write_section


@dataclass(frozen=True)
class Trained:
    digest: str
    auc: float


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "record.json"


def write(path: Path, name: str, digest: str = "a") -> None:
    write_section(path, name, Trained(digest, 0.5), stack="dev")


def test_a_section_is_read_back_as_it_was_written(path: Path) -> None:
    write(path, "train")
    assert read_section(path, "train", Trained, stack="dev") == Trained("a", 0.5)


def test_a_missing_section_names_the_command_that_writes_it(path: Path) -> None:
    with pytest.raises(UsageError, match="mlteam gate"):
        read_section(path, "gate", Trained)


def test_a_changed_section_takes_the_later_ones_along(path: Path) -> None:
    for name in SECTIONS:
        write(path, name)
    write(path, "evaluate", "b")
    assert [name for name in SECTIONS if has_section(path, name)] == ["sample", "train", "evaluate"]


def test_a_section_written_again_unchanged_keeps_the_later_ones(path: Path) -> None:
    for name in SECTIONS:
        write(path, name)
    write(path, "sample")
    assert all(has_section(path, name) for name in SECTIONS)


def test_the_record_of_another_stack_is_refused(path: Path) -> None:
    write(path, "train")
    with pytest.raises(UsageError, match="of stack 'dev', not 'prod'"):
        write_section(path, "gate", Trained("a", 0.5), stack="prod")


@pytest.mark.parametrize("text", ["", "no json", "[" * 100_000, "[]", '{"version": 2}', "{}"])
def test_a_file_that_is_no_record_is_refused_and_left_alone(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(UsageError):
        write(path, "train")
    assert path.read_text() == text


def test_a_write_that_fails_leaves_the_old_record_and_no_scratch(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, "train")
    before = path.read_text()
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write(path, "gate")
    assert path.read_text() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_section_with_other_fields_is_refused(path: Path) -> None:
    write_section(path, "train", {"digest": "a"}, stack="dev")
    with pytest.raises(UsageError, match="auc: missing"):
        read_section(path, "train", Trained)
