"""A missing prerequisite is one line: what, why, how to get it."""

import shutil
from pathlib import Path

import pytest

from tools.prerequisites import Machine, disk_fault, missing, refuse

GOOD = Machine(system="linux", python="/usr/bin/python3", missing_modules=(), has_git=True)


def test_a_complete_machine_misses_nothing() -> None:
    assert missing(GOOD) == []


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (GOOD._replace(missing_modules=("ensurepip",)), ("no ensurepip", "virtualenv", "apt-get install python3-venv")),
        (GOOD._replace(missing_modules=("venv", "ensurepip")), ("no venv and no ensurepip", "python3-venv")),
        (GOOD._replace(has_git=False), ("git is missing", "commits", "apt-get install git")),
        (GOOD._replace(system="darwin"), ("darwin", "Linux", "VM or WSL")),
    ],
)
def test_each_missing_piece_is_one_line_with_its_reason_and_its_cure(machine: Machine, words: tuple[str, ...]) -> None:
    (line,) = missing(machine)
    assert "\n" not in line
    assert [word for word in words if word not in line] == []


def test_all_missing_pieces_are_named_at_once() -> None:
    assert len(missing(Machine("darwin", "/p", ("venv",), has_git=False))) == 3


def test_a_disk_too_full_is_told_with_both_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": int(1.5 * 1024**3)})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    line = disk_fault(tmp_path / "not" / "yet", 5.0, "the build")
    assert "1.5 GiB are free" in line
    assert "the build needs 5 GiB" in line
    assert disk_fault(tmp_path, 1.0, "the build") == ""


def test_what_is_missing_ends_the_set_up_with_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    refuse(["", ""])
    with pytest.raises(SystemExit) as ended:
        refuse(["", "git is missing"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "setup: git is missing\n"
