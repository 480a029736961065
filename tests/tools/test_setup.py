"""When set-up has nothing to do: every target pays for this question, so it must be right and quick."""

import json
from pathlib import Path

import pytest

from tools import python_env, setup

STAMP = Path(".venv", "stamp.json")


@pytest.fixture
def done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that is set up; gives the folder of its engine."""
    engine, venv = tmp_path / "engine", tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    engine.mkdir()
    for file in (venv / "bin" / "mlteam", engine / "pulumi", engine / "pulumi-language-python"):
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
    (venv / "engine-path").write_text(f"{engine}\n")
    monkeypatch.setattr(setup, "VENV", venv)
    monkeypatch.setattr(setup, "ENGINE_PATH_FILE", venv / "engine-path")
    monkeypatch.setattr(setup, "STAMP_FILE", tmp_path / STAMP)
    setup.write_stamp(engine)
    return engine


def test_a_finished_set_up_is_up_to_date(done: Path) -> None:
    assert setup.up_to_date()


def test_a_set_up_that_was_never_finished_is_not(done: Path, tmp_path: Path) -> None:
    (tmp_path / STAMP).unlink()
    assert not setup.up_to_date()


@pytest.mark.parametrize("content", ["", "not json", "[]", "{}", '{"version": 1}'])
def test_a_damaged_stamp_is_a_set_up_to_do(done: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / STAMP).write_text(content)
    assert not setup.up_to_date()


def test_a_change_of_pins_is_a_set_up_to_do(done: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "requirements-dev.txt"
    other.write_text("click==8.5.2")
    monkeypatch.setattr(python_env, "REQUIREMENTS", other)
    assert not setup.up_to_date()


def test_a_checkout_that_has_moved_is_a_set_up_to_do(done: Path, tmp_path: Path) -> None:
    stamp = setup.read_stamp()
    assert stamp["root"] == str(Path(__file__).resolve().parents[2])
    (tmp_path / STAMP).write_text(json.dumps({**stamp, "root": "/elsewhere"}))
    assert not setup.up_to_date()


@pytest.mark.parametrize("name", ["pulumi", "pulumi-language-python"])
def test_an_engine_that_is_gone_is_a_set_up_to_do(done: Path, name: str) -> None:
    (done / name).unlink()
    assert not setup.up_to_date()


def test_an_engine_that_was_upgraded_in_place_is_looked_at_again(done: Path) -> None:
    (done / "pulumi").write_text("#!/bin/sh\necho v4.0.0\n")
    assert not setup.up_to_date()


def test_a_lost_launcher_is_a_set_up_to_do(done: Path, tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin" / "mlteam").unlink()
    assert not setup.up_to_date()
