"""The Makefile and the shell scripts behind it, each copied into a small checkout of its own."""

import os
import re
import shutil
import subprocess
import sys
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


def _python(folder: Path, settings: str) -> None:
    """A python3 in a folder of PATH that says where it is once it is taken; `settings` is run before what is asked."""
    folder.mkdir()
    asked = f"import sys, sysconfig; sys.base_prefix = '/home/x'; {settings}; exec(sys.argv[1])"
    told = f'if [ "$1" = -m ]; then echo "$2 {folder.name}"; else exec "{sys.executable}" -c "{asked}" "$2"; fi'
    (folder / "python3").write_text(f"#!/bin/sh\n{told}\n")
    (folder / "python3").chmod(0o755)


PLAIN = "sysconfig.get_config_var = lambda _: '--enable-shared'"
OPTIMIZED = "sysconfig.get_config_var = lambda _: '--enable-shared --enable-optimizations'"
DISTRIBUTION = f"{PLAIN}; sys.base_prefix = '/usr'"
OLD = f"{OPTIMIZED}; sys.version_info = (3, 10)"
NO_VENV = f"{DISTRIBUTION}; sys.modules['venv'] = None"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        (OPTIMIZED, DISTRIBUTION, "first"),
        (PLAIN, OPTIMIZED, "second"),
        (PLAIN, DISTRIBUTION, "second"),
        (PLAIN, PLAIN, "first"),
        (PLAIN, OLD, "first"),
        (PLAIN, NO_VENV, "first"),
        (OLD, PLAIN, "second"),
    ],
)
def test_set_up_takes_the_first_python_on_path_that_was_built_to_be_fast_or_else_the_first(
    tmp_path: Path, first: str, second: str, taken: str
) -> None:
    script = _copy("setup.sh", tmp_path / "checkout")
    folders = [tmp_path / "b in", tmp_path / "first", tmp_path / "second"]
    for folder, settings in zip(folders[1:], (first, second), strict=True):
        _python(folder, settings)
    folders[0].mkdir()
    for name in ("sh", "dirname"):
        (folders[0] / name).symlink_to(shutil.which(name) or name)
    done = _run(script, env={"PATH": ":".join(map(str, folders))})
    assert (done.returncode, done.stdout) == (0, f"tools.setup {taken}\n"), done.stderr
