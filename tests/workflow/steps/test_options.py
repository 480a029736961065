"""`--project` is the same option and fails in the same words, whichever verb it is given to."""

from importlib import import_module
from pathlib import Path

import click
import pytest

from workflow import cli

COMMANDS: dict[str, click.Command] = {verb.name: import_module(verb.module).command for verb in cli.VERBS}
VERBS = [name for name, command in COMMANDS.items() if "project" in {parameter.name for parameter in command.params}]
NEEDED = {"train": ("--candidate", "first")}


def test_the_verbs_that_need_the_teams_demands_take_a_project() -> None:
    assert VERBS == ["train", "evaluate", "gate", "deploy", "abtest"]


@pytest.mark.parametrize("verb", VERBS)
def test_help_says_what_a_project_is_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([verb, "--help"], {}) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "--project FOLDER The team's project, a folder with mlteam.yaml, as examples/digits/project." in said


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("what", ["nothing", "file", "folder"])
def test_what_is_no_project_is_told_by_every_verb_in_the_same_words(
    verb: str, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / what
    {"nothing": lambda: None, "file": given.touch, "folder": given.mkdir}[what]()
    assert cli.run([verb, "--project", str(given), *NEEDED.get(verb, ())], {}) == 2
    assert capsys.readouterr().err == (
        f"mlteam: {given} is no project: it has no mlteam.yaml\n"
        "  cure: --project examples/digits/project, or a new one: cp -r templates/project DIR\n"
    )
