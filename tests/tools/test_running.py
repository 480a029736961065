"""A step of set-up: quiet when quick, alive when long, its last words when it fails."""

import os
import sys
from pathlib import Path

import pytest

from tools import running
from tools.running import StepError, clock, last_line, run_step, tail


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0:00"), (75, "1:15"), (3600.9, "60:00")])
def test_elapsed_time_is_minutes_and_seconds(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def test_what_a_step_is_at_is_the_last_line_that_says_something(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\n" * 4000 + "  two  \n\n")
    assert last_line(log) == "two"
    log.write_text("")
    assert last_line(log) == ""


def test_a_long_line_is_cut_to_one_row(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"\xff" + b"x" * 5000)
    assert len(last_line(log)) == 70


def test_the_tail_is_twenty_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"{number}\n" for number in range(100)))
    assert tail(log).split() == [str(number) for number in range(80, 100)]


@pytest.mark.slow
def test_a_failing_step_shows_its_last_lines_and_its_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "step.log"
    line = [sys.executable, "-c", "import sys; print('about to fail'); sys.exit(7)"]
    with pytest.raises(StepError) as failed:
        run_step("a step", line, log=log, env=os.environ, cwd=tmp_path)
    assert "a step failed (exit 7)" in str(failed.value)
    assert "    about to fail" in str(failed.value)
    assert str(log) in str(failed.value)


@pytest.mark.slow
def test_a_long_step_says_what_it_is_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(running, "HEARTBEAT_SECONDS", 0.1)
    line = [sys.executable, "-u", "-c", "import time; print('at the middle'); time.sleep(1.5)"]
    run_step("a step (told once)", line, log=tmp_path / "log", env=os.environ, cwd=tmp_path)
    said = capsys.readouterr().err
    assert said.startswith("setup: a step (told once) …\n")
    assert "a step: at the middle" in said


def test_a_command_that_is_not_there_is_a_failed_step(tmp_path: Path) -> None:
    with pytest.raises(StepError, match="cannot start /no/such/thing: No such file"):
        run_step("a step", ["/no/such/thing"], log=tmp_path / "log", env={}, cwd=tmp_path)
