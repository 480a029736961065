"""The template and the example that fills it in: both valid, and the same but for what a team writes itself."""

from pathlib import Path

import pytest

from workflow.project import load_project
from workflow.training.entry_point import load_entry_point, parameters_of

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "templates" / "project"
EXAMPLE = ROOT / "examples" / "digits" / "project"
OWN = {"mlteam.yaml", "README.md"}
"""What a team writes itself."""


@pytest.mark.parametrize("folder", [TEMPLATE, EXAMPLE], ids=["template", "example"])
def test_a_project_is_valid_as_it_stands(folder: Path) -> None:
    assert load_project(folder).thresholds
    assert "kind" in parameters_of(load_entry_point(folder), {})


def test_the_example_is_the_template_filled_in() -> None:
    files = {path.relative_to(TEMPLATE) for path in TEMPLATE.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    for name in sorted(files):
        if name.name not in OWN:
            assert (EXAMPLE / name).read_text() == (TEMPLATE / name).read_text(), name


def test_the_template_shows_every_key_of_a_project() -> None:
    import yaml

    from workflow.project import AbTest, Guardrails, Project

    shown = yaml.safe_load((TEMPLATE / "mlteam.yaml").read_text())
    assert shown.keys() == Project.model_fields.keys()
    assert shown["abtest"].keys() == AbTest.model_fields.keys()
    assert shown["abtest"]["guardrails"].keys() == Guardrails.model_fields.keys()
