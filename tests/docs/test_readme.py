"""What the README says is so: its tables, its commands, its links, its prices."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from components.registry import REGISTRY
from components.variants import Variant
from examples.digits.story import STORY, Role
from stacks.settings import keys
from workflow.cli import VERBS, cli
from workflow.errors import ERRORS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = sorted(ROOT.glob("docs/*.md"))
WORDS = {"make", "mlteam"}


def table(header: str) -> list[list[str]]:
    """The rows of the table whose header begins so."""
    lines = README.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(header))
    rows: list[list[str]] = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return rows


def commands(text: str) -> Iterator[list[str]]:
    """Every command of the shell blocks that is ours, as words."""
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            for part in re.split(r"&&|\|", line.split("  #")[0]):
                part = re.sub(r"^\s*(?:[A-Z_]+=\S+ )+", "", part)
                words = shlex.split(re.sub(r'eval "\$\((.*?)\)"', r"\1", part))
                words = [Path(word).name if word.endswith("/mlteam") else word for word in words]
                if words and words[0] in WORDS:
                    yield words


def test_the_config_table_is_what_pulumi_yaml_declares() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    told = {key: (default, text) for key, default, text in table("| key | default |")}
    assert told == {key: (str(value["default"]) or "-", value["description"]) for key, value in declared.items()}
    assert set(told) == {f"mlteam:{key}" for key in keys()}


def test_the_table_of_kinds_offers_what_the_registry_offers() -> None:
    header = ["oss", "managed"]
    told = {
        kind: {variant for variant, cell in zip(header, cells, strict=True) if cell != "not yet"}
        for kind, *cells in table("| kind |")
    }
    assert header == [variant.value for variant in Variant]
    assert told == {kind.value: {variant.value for variant in variants} for kind, variants in REGISTRY.items()}


def test_the_table_of_exit_codes_is_the_table_of_errors() -> None:
    told = {int(code): meaning for code, meaning in table("| exit code |")}
    known = {error.exit_code: (error.__doc__ or "").splitlines()[0].replace("`", "") for error in ERRORS}
    assert {code: text.replace("`", "") for code, text in told.items()} == {0: "Done.", **known}


def test_the_table_of_roles_is_the_story_that_the_demo_tells() -> None:
    told = {role: set(re.findall(r"\w+", verbs)) for role, verbs in table("| role | verbs |")}
    assert set(told) == set(Role)
    played = {(act.role, act.words[0]) for scene in STORY for act in scene}
    assert {(role, verb) for role, verb in played if verb not in told[role]} == set()
    verbs = {verb.name for verb in VERBS}
    assert set().union(*told.values()) <= verbs
    assert {verb.name for verb in VERBS if verb.module.startswith("workflow.steps.")} <= set().union(*told.values())


@pytest.mark.parametrize("document", [ROOT / "README.md", *DOCS], ids=lambda path: path.name)
def test_every_command_exists_with_its_options(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    verbs = {verb.name for verb in VERBS}
    for words in commands(document.read_text(encoding="utf-8")):
        if words[0] == "make":
            assert set(words[1:]) <= targets, words
            continue
        verb = next((word for word in words[1:] if word in verbs), None)
        assert verb is not None, f"{words}: verbs are {sorted(verbs)}"
        command = cli.get_command(click.Context(cli), verb)
        assert command is not None
        known = {name for each in (cli, command) for option in each.params for name in option.opts}
        assert {word for word in words if re.match(r"--?[A-Za-z]", word)} <= known, words


def test_the_readme_uses_every_verb_of_the_workflow() -> None:
    used = {word for words in commands(README) for word in words}
    steps = {verb.name for verb in VERBS if verb.module.startswith("workflow.steps.")}
    assert steps <= used


@pytest.mark.parametrize("document", [ROOT / "README.md", *DOCS], ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    local = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    missing = [link for link in local if not (document.parent / link).exists()]
    assert not missing


def test_the_prices_are_those_of_the_stack_files_as_they_are() -> None:
    told = {stack: float(usd) for stack, usd in table("| stack | USD")}
    assert told == {stack: priced(stack) for stack in ("local", "dev", "prod")}


def priced(stack: str) -> float:
    from stacks.program import declare
    from stacks.recording import record

    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    ours = {key: str(value) for key, value in config.items() if key.startswith("mlteam:")}
    return float(record(declare, stack, {"mlteam:amiId": "ami-0123456789abcdef0", **ours}).exports["monthlyCostUsd"])


def test_the_picture_names_every_kind() -> None:
    (picture,) = re.findall(r"```mermaid\n(.*?)```", README, re.DOTALL)
    assert all(re.search(rf'\b{kind.value}\["', picture) for kind in REGISTRY)
