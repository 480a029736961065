"""Which files are shell scripts, and what CI may do."""

import re
from pathlib import Path

import pytest
import yaml

from tools.check import is_shell

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())


@pytest.mark.parametrize(
    ("first_line", "name"),
    [(b"#!/bin/sh\n", "run"), (b"#!/usr/bin/env bash\n", ".ci/run"), (b"", "a.sh"), (b"#!/bin/bash -e\n", "x")],
)
def test_shell_scripts_are_known_by_name_or_first_line(first_line: bytes, name: str) -> None:
    assert is_shell(first_line, name)


@pytest.mark.parametrize(
    ("first_line", "name"), [(b"#!/usr/bin/env python3\n", "x"), (b"", "Makefile"), (b"# sh\n", "x"), (b"#!\n", "x")]
)
def test_other_files_are_not(first_line: bytes, name: str) -> None:
    assert not is_shell(first_line, name)


def test_the_workflow_may_only_read() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in WORKFLOW["jobs"].values())


def test_every_action_is_pinned_to_a_full_version() -> None:
    used = [step["uses"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if "uses" in step]
    assert used
    assert [action for action in used if not re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", action)] == []


def test_ci_runs_what_the_readme_tells_people_to_run() -> None:
    commands = [step.get("run", "") for job in WORKFLOW["jobs"].values() for step in job["steps"]]
    assert ".ci/run" in commands
    script = (ROOT / ".ci" / "run").read_text().splitlines()
    assert script[1:][-2:] == ["make check", "make test"]
    assert "set -euo pipefail" in script
