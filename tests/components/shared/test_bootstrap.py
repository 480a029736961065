"""The machine's own tools: which programs make them; the whole of it runs in the engine tests."""

import hashlib
import importlib.util
import sys
from pathlib import Path

import pytest

from components.shared.files import bootstrap

UV = "uv==1.0 \\\n    --hash=sha256:00\n"
PINNED = f"uv-extras==2.0 --hash=sha256:11\n{UV}boto3==3.0 \\\n    --hash=sha256:22\n"


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
    uv_alone = Path(f"{_folder(tmp_path)}.uv.txt")
    wanted = [
        *made_by[:-1],
        f"{made_by[-1]} install --quiet --require-hashes --no-deps --requirement FOLDER.uv.txt",
        "FOLDER/bin/uv pip install --quiet --python FOLDER/bin/python --require-hashes --no-deps -r TOOLS",
    ]
    python = bootstrap.ensure_tools(pinned)
    told = [
        " ".join(command)
        .replace(_folder(tmp_path), "FOLDER")
        .replace(sys.executable, "PYTHON")
        .replace(str(pinned), "TOOLS")
        for command in called
    ]
    assert uv_alone.read_text() == UV
    assert told == wanted
    assert bootstrap.ensure_tools(pinned) == python == Path(_folder(tmp_path)) / "bin/python"
    assert len(called) == len(wanted), "a second run finds what the first has made"


def test_pins_without_uv_are_refused_before_anything_is_installed(called: list[list[str]], tmp_path: Path) -> None:
    pinned = tmp_path / "tools.txt"
    pinned.write_text("boto3==3.0 --hash=sha256:22\n")
    with pytest.raises(SystemExit, match="lack uv"):
        bootstrap.ensure_tools(pinned)
    assert not any("install" in command for command in called)
