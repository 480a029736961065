"""The template and the example that fills it in: both valid, and the same but for what a team writes itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workflow.project import load_project
from workflow.training.entry_point import load_entry_point, parameters_of

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "templates" / "project"
EXAMPLE = ROOT / "examples" / "digits" / "project"
OWN = {"mlteam.yaml", "README.md"}
"""What a team writes itself."""


def _files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}


@pytest.mark.parametrize("folder", [TEMPLATE, EXAMPLE], ids=["template", "example"])
def test_a_project_is_valid_as_it_stands(folder: Path) -> None:
    assert load_project(folder).thresholds
    assert "kind" in parameters_of(load_entry_point(folder), {})


def test_the_example_is_the_template_filled_in() -> None:
    for name in sorted(_files(TEMPLATE)):
        if name.name not in OWN:
            assert (EXAMPLE / name).read_text() == (TEMPLATE / name).read_text(), (
                f"cp templates/project/{name} examples/digits/project/{name}"
            )


@pytest.mark.slow
def test_a_copy_of_the_template_passes_its_own_tests_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """By the command of its README."""
    shutil.copytree(TEMPLATE, tmp_path / "my-project", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "my-project/tests"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert _files(tmp_path) == {Path("my-project") / name for name in _files(TEMPLATE)}


def test_the_template_shows_every_key_of_a_project() -> None:
    import yaml

    from workflow.project import AbTest, Guardrails, Project

    shown = yaml.safe_load((TEMPLATE / "mlteam.yaml").read_text())
    assert shown.keys() == Project.model_fields.keys()
    assert shown["abtest"].keys() == AbTest.model_fields.keys()
    assert shown["abtest"]["guardrails"].keys() == Guardrails.model_fields.keys()
