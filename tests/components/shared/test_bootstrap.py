"""The machine's own tools: which programs make them; the whole of it runs in the engine tests."""

import hashlib
import importlib.util
import sys
from pathlib import Path

import pytest

from components.shared.files import bootstrap

PINNED = "uv==1.0 --hash=sha256:00\n"


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would run, without the folder that they are about."""
    monkeypatch.setenv("INSTANCE_ROOT", str(tmp_path))
    commands: list[list[str]] = []

    def record(*command: str | Path) -> None:
        commands.append([str(part) for part in command])
        Path(_folder(tmp_path)).mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(bootstrap, "run", record)
    return commands


def _folder(root: Path) -> str:
    return str(root / "opt/mlteam/tools" / hashlib.sha256(PINNED.encode()).hexdigest()[: bootstrap.SHORT])


@pytest.mark.parametrize(
    ("there", "made_by"),
    [
        (("pip", "ensurepip"), ["PYTHON -m venv --without-pip FOLDER", "PYTHON -m pip --python FOLDER/bin/python"]),
        (("ensurepip",), ["PYTHON -m venv FOLDER", "FOLDER/bin/python -m pip"]),
        (
            (),  # as on Ubuntu
            [
                "apt-get update",
                "apt-get install --yes --no-install-recommends python3-pip",
                "PYTHON -m venv --without-pip FOLDER",
                "PYTHON -m pip --python FOLDER/bin/python",
            ],
        ),
    ],
)
def test_tools_are_made_with_what_the_machine_has(
    there: tuple[str, ...],
    made_by: list[str],
    called: list[list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = importlib.util.find_spec("sys")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec if name in there else None)
    pinned = tmp_path / "tools.txt"
    pinned.write_text(PINNED)
    install = f" install --quiet --require-hashes --no-deps --requirement {pinned}"
    wanted = [*made_by[:-1], made_by[-1] + install]
    python = bootstrap.ensure_tools(pinned)
    told = [
        " ".join(command).replace(_folder(tmp_path), "FOLDER").replace(sys.executable, "PYTHON") for command in called
    ]
    assert told == wanted
    assert bootstrap.ensure_tools(pinned) == python == Path(_folder(tmp_path)) / "bin/python"
    assert len(called) == len(wanted), "a second run finds what the first has made"
