"""MLproject: read as MLflow defines it, filled in without a shell."""

from pathlib import Path

import pytest

from workflow.errors import UsageError
from workflow.training.entry_point import EntryPoint, command_of, load_entry_point, parameters_of

GOOD = """\
name: p
entry_points:
  main:
    parameters: {data: path, model: path, kind: {type: string, default: svm}, C: float}
    command: "python train.py {data} --kind {kind} -C {C} -o {model}"
"""


def entry(tmp_path: Path, text: str = GOOD) -> EntryPoint:
    (tmp_path / "MLproject").write_text(text)
    return load_entry_point(tmp_path)


def test_defaults_fill_in_what_was_not_given(tmp_path: Path) -> None:
    assert parameters_of(entry(tmp_path), {"C": "2"}) == {"kind": "svm", "C": "2"}


def test_unknown_and_missing_parameters_are_named_together(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'depth'; parameter 'C' has no default.*declared in MLproject: C, kind"):
        parameters_of(entry(tmp_path), {"depth": "3"})


def test_a_value_is_one_word_whatever_is_in_it(tmp_path: Path) -> None:
    nasty = "a b; rm -rf / $(x) \"'"
    words = command_of(entry(tmp_path), {"data": "/d x", "model": "/m", "kind": nasty, "C": "1"})
    assert words == ["python", "train.py", "/d x", "--kind", nasty, "-C", "1", "-o", "/m"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: p\n", "no entry point 'main'"),
        ("- a\n", "no entry point 'main'"),
        ("entry_points: [\n", "no entry point 'main'"),
        (GOOD.replace("    command", "    comand"), "no entry point 'main'"),
        (GOOD.replace("model: path, ", ""), "must declare model"),
    ],
)
def test_a_file_that_cannot_be_run_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        entry(tmp_path, text)


def test_a_project_without_the_file_is_told_where_there_is_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"has no MLproject\n  cure: cp templates/project/MLproject {tmp_path}/"):
        load_entry_point(tmp_path)


def test_a_command_that_uses_what_is_not_declared_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be filled in.*\n  cure: compare with templates/project/MLproject"):
        command_of(EntryPoint("python {depth}", {}), {"data": "d"})
