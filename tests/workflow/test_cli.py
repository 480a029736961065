"""The command's own promises: what it imports, what it prints where, which exit code it answers."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
import pytest

from workflow import cli
from workflow.context import Context
from workflow.errors import ERRORS, GateError, NoStackError

HEAVY = ("boto3", "botocore", "mlflow", "numpy", "pulumi", "rich", "pydantic", "yaml", "pandas", "sklearn")


@dataclass(frozen=True)
class Shown:
    count: int
    score: float


def verb(action: Callable[[Context], Any]) -> click.Command:
    @click.command()
    @click.pass_obj
    def command(context: Context, /) -> Any:
        return action(context)

    return command


@pytest.fixture
def run_verb(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run `mlteam status` with an action of the test's own behind it."""

    def run(action: Callable[[Context], Any], *options: str, **environment: str) -> int:
        module = type("Module", (), {"command": verb(action)})
        monkeypatch.setattr(cli, "import_module", lambda _: module)
        return cli.run([*options, "status"], environment)

    return run


def raising(error: BaseException) -> Callable[[Context], Any]:
    def action(_: Context) -> Any:
        raise error

    return action


@pytest.mark.parametrize("arguments", [["--help"], ["-h"]])
def test_help_lists_every_verb_and_every_exit_code(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments, {}) == 0
    out = capsys.readouterr().out
    assert all(f"  {verb.name} " in out for verb in cli.VERBS)
    assert all(f"  {error.exit_code}  " in out for error in ERRORS)


@pytest.mark.slow
def test_help_imports_nothing_heavy() -> None:
    code = "import sys, workflow.cli; workflow.cli.run(['--help'], {}); print(*sys.modules, file=sys.stderr)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(HEAVY).isdisjoint({name.partition(".")[0] for name in answer.stderr.split()})


@pytest.mark.parametrize("name", [verb.name for verb in cli.VERBS])
def test_every_verb_in_the_table_can_be_asked_for_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([name, "--help"], {}) == 0
    assert name in capsys.readouterr().out


def test_the_result_alone_goes_to_stdout_as_json(
    run_verb: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    def action(context: Context) -> Shown:
        context.progress.say("working")
        return Shown(3, float("nan"))

    assert run_verb(action, "--output", "json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {"version": 1, "step": "status", "count": 3, "score": "nan"}


def test_a_result_without_a_text_of_its_own_is_a_table(
    run_verb: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb(lambda _: Shown(3, 0.5)) == 0
    assert capsys.readouterr().out.splitlines() == ["count  3", "score  0.5"]


@pytest.mark.parametrize("kind", ERRORS)
def test_each_class_of_error_has_its_exit_code_and_no_traceback(
    kind: type[Exception], run_verb: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb(raising(kind("it went wrong"))) == kind.exit_code  # type: ignore[attr-defined]
    said = capsys.readouterr()
    assert said.err == "mlteam: it went wrong\n"
    assert said.out == ""


def test_a_cure_is_said_with_the_error(run_verb: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    run_verb(raising(GateError("auc too low", cure="train more")))
    assert capsys.readouterr().err == "mlteam: auc too low\n  cure: train more\n"


def test_debugging_shows_the_traceback(run_verb: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_verb(raising(NoStackError("gone")), MLTEAM_DEBUG="1") == 6
    assert "Traceback" in capsys.readouterr().err


def test_a_bug_keeps_its_traceback_and_says_that_it_is_one(
    run_verb: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb(raising(ZeroDivisionError())) == 1
    assert "ZeroDivisionError" in (said := capsys.readouterr().err)
    assert "bug of mlteam" in said


def test_an_interrupted_command_answers_8(run_verb: Callable[..., int]) -> None:
    assert run_verb(raising(KeyboardInterrupt())) == 8


def test_an_interruption_is_told_as_one_even_where_a_library_makes_an_error_of_it(
    run_verb: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """As protobuf does, in the middle of an import of MLflow."""

    def swallowing(_: Context) -> None:
        try:
            cli._interrupt(signal.SIGINT, None)
        except KeyboardInterrupt:
            raise AttributeError("TraceLocationType") from None

    assert run_verb(swallowing) == 8
    assert capsys.readouterr().err == "mlteam: interrupted\n"
    assert run_verb(raising(AttributeError("a bug"))) == 1
    assert "bug of mlteam" in capsys.readouterr().err


INTERRUPTED = """
import os, signal
from types import SimpleNamespace
import click
from workflow import cli

def action():
    try:
        os.kill(os.getpid(), {number})
    except KeyboardInterrupt:
        raise AttributeError("TraceLocationType") from None

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may be deaf to it
cli.import_module = lambda _: SimpleNamespace(command=click.Command("status", callback=action))
cli.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_both_signals_are_interruptions(number: signal.Signals) -> None:
    program = INTERRUPTED.format(number=int(number))
    done = subprocess.run([sys.executable, "-c", program, "status"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (8, "mlteam: interrupted\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("stauts", "no such command 'stauts'; nearest: status\n  cure: mlteam status"),
        ("xyzzy", "no such command 'xyzzy'\n  cure: mlteam --help"),
        ("--stak dev status", "no such option '--stak'; nearest: --stack\n  cure: mlteam --stack"),
        ("train --candidat a", "no such option '--candidat'; nearest: --candidate\n  cure: mlteam train --candidate"),
        (
            "--output xml status",
            "invalid value for '--output': 'xml' is not one of 'text', 'json'\n  cure: mlteam --help",
        ),
        ("train", "give either --candidate NAME or --resume JOB\n  cure: mlteam train --help"),
    ],
)
def test_bad_arguments_answer_2_with_what_is_near_or_where_to_look(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments.split(), {}) == 2
    assert capsys.readouterr().err == f"mlteam: {said}\n"


def test_the_command_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([], {}) == 2
    assert "Exit codes:" in capsys.readouterr().err


def test_a_stack_that_was_not_named_answers_2_with_the_cure(
    run_verb: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLTEAM_STACK", raising=False)
    assert run_verb(lambda context: context.platform) == 2
    assert "MLTEAM_STACK" in capsys.readouterr().err


def test_the_local_stack_never_reaches_real_aws(
    run_verb: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for endpoint in ("", "https://s3.amazonaws.com", "http://127.0.0.1.evil.example"):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        assert run_verb(lambda context: context.platform, "--stack", "local") == 6
        assert "mlteam env" in capsys.readouterr().err
