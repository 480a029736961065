"""The Makefile and the shell scripts behind it, each copied into a small checkout of its own."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()


def _copy(script: str, into: Path) -> Path:
    (into / "tools").mkdir(parents=True)
    return Path(shutil.copy(ROOT / "tools" / script, into / "tools"))


def _run(script: Path, *arguments: str, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    line = ["sh", str(script), *arguments]
    return subprocess.run(
        line, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"], **(env or {})}
    )


def test_every_target_is_phony_and_explained() -> None:
    phony = set(re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[0].split())
    explained = set(re.findall(r"^([a-z]+):.*## \S", MAKEFILE, re.MULTILINE))
    defined = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    assert phony == explained == defined == {"help", "setup", "demo", "down", "test", "check", "lock", "clean"}


def test_whatever_runs_python_is_set_up_first_but_down_and_clean() -> None:
    lines = re.findall(r"^([a-z]+):( setup)? ##", MAKEFILE, re.MULTILINE)
    assert {name for name, needs in lines if not needs} == {"help", "setup", "down", "clean"}


@pytest.mark.slow
def test_a_command_runs_with_the_checkouts_tools_first_on_path(tmp_path: Path) -> None:
    checkout = tmp_path / "a check out"
    script = _copy("in-env.sh", checkout)
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "engine-path").write_text("/the engine\n")
    done = _run(
        script, "sh", "-c", 'echo "$PATH|$VIRTUAL_ENV|${PYTHONPATH:-none}|$1"', "_", "a b", env={"PYTHONPATH": "/x"}
    )
    path, venv, python_path, argument = done.stdout.strip().split("|")
    assert path.split(":")[:2] == [f"{checkout}/.venv/bin", "/the engine"]
    assert (venv, python_path, argument) == (f"{checkout}/.venv", "none", "a b")


@pytest.mark.slow
def test_clean_removes_what_was_made_and_leaves_the_rest(tmp_path: Path) -> None:
    script = _copy("clean.sh", tmp_path)
    for folder in (".venv/bin", ".mlteam/local", "costs/__pycache__", ".git/__pycache__"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "costs" / "model.py").write_text("")
    assert _run(script, env={"HOME": str(tmp_path)}).returncode == 0
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*")} == {
        "tools/clean.sh",
        "costs/model.py",
        ".git/__pycache__",
    }


@pytest.mark.slow
def test_clean_refuses_while_a_local_platform_runs(tmp_path: Path) -> None:
    script = _copy("clean.sh", tmp_path)
    (tmp_path / ".mlteam" / "local").mkdir(parents=True)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".mlteam" / "local" / "endpoints.json").write_text(f'{{"version": 1, "pid": {os.getpid()}, "x": 2}}')
    done = _run(script, env={"HOME": str(tmp_path)})
    assert done.returncode == 1
    assert f"a local platform runs (process {os.getpid()}); first: make down" in done.stderr
    assert (tmp_path / ".venv").is_dir()


@pytest.mark.slow
def test_without_a_new_enough_python_set_up_ends_with_one_line(tmp_path: Path) -> None:
    script = _copy("setup.sh", tmp_path / "checkout")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname"):
        (tools / name).symlink_to(shutil.which(name) or name)
    done = _run(script, env={"PATH": str(tools)})
    assert done.returncode == 2
    assert done.stderr.startswith("setup: python3 is missing: the program needs Python 3.11 or newer")
    assert done.stderr.count("\n") == 1
