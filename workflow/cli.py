"""`mlteam`: one verb per step of the pipeline, one exit code per way to fail.

A verb is a module with `command` (a click command) and `run(context, ...)`, a plain function that returns a frozen
dataclass. Modules are imported when their verb is called, so that `mlteam --help` costs nothing: it must not import
boto3, mlflow, numpy or pulumi. Only this module reads argv and environment.
"""

import gc
import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Final

import click

from workflow import results
from workflow.context import Context
from workflow.errors import ERRORS, MlteamError, UsageError
from workflow.failures import translate

_interrupted: Final = threading.Event()


@dataclass(frozen=True)
class Verb:
    """`module` is imported when the verb is called and has a click command named `command`."""

    name: str
    module: str
    summary: str


VERBS: Final = (
    Verb("sample", "workflow.steps.sample", "Choose the images of each tier and reserve those for evaluation"),
    Verb("train", "workflow.steps.train", "Train a candidate on a tier and record it in MLflow"),
    Verb("evaluate", "workflow.steps.evaluate", "Score the candidate on reserved images"),
    Verb("gate", "workflow.steps.gate", "Refuse a candidate whose lower confidence bound is not good enough"),
    Verb("approve", "workflow.steps.approve", "Approve the exact model, as somebody who is not its author"),
    Verb("deploy", "workflow.steps.deploy", "Serve the approved model beside the champion"),
    Verb("abtest", "workflow.steps.abtest", "Let both serve real requests until one is better, or time is up"),
    Verb("promote", "workflow.steps.promote", "Make the challenger the champion"),
    Verb("rollback", "workflow.steps.rollback", "Serve the champion of before"),
    Verb("status", "workflow.steps.status", "Show what is served and how the platform is"),
    Verb("env", "stacks.commands.env", "Print the shell exports for the local platform"),
    Verb("wake", "stacks.commands.wake", "Start the host that its schedule stopped, and wait for its services"),
    Verb("swap", "stacks.commands.swap", "Change a component with its data: both sides up, moved, compared, then one"),
    Verb("recover", "stacks.commands.recover", "Clean up after a killed engine: lock, pending operations, orphans"),
    Verb("logs", "stacks.commands.logs", "Show the log of a service or of a training job"),
)


class LazyGroup(click.Group):
    """A group that knows its verbs by table and imports one only to call it."""

    def list_commands(self, _: click.Context) -> list[str]:
        return [verb.name for verb in VERBS]

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        verb = next((each for each in VERBS if each.name == name), None)
        if verb is None:
            return None
        command: click.Command = import_module(verb.module).command
        command.name = verb.name
        return command

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """click looks for the nearest names among `commands`, of which a lazy group has none."""
        try:
            return super().resolve_command(context, arguments)
        except click.NoSuchCommand as error:
            names = self.list_commands(context)
            raise click.NoSuchCommand(error.command_name, possibilities=names, ctx=context) from None

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(verb.name, verb.summary) for verb in VERBS])
        with formatter.section("Exit codes"):
            rows = [(str(error.exit_code), (error.__doc__ or "").splitlines()[0]) for error in ERRORS]
            formatter.write_dl([("0", "Done."), *rows])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-s", "--stack", envvar="MLTEAM_STACK", default="", help="The stack to work on [MLTEAM_STACK].")
@click.option(
    "--record",
    envvar="MLTEAM_RECORD",
    default="record.json",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What this pipeline run knows so far [MLTEAM_RECORD].",
)
@click.option(
    "--platform",
    envvar="MLTEAM_PLATFORM",
    default=None,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Read the platform record from a file instead of AWS [MLTEAM_PLATFORM].",
)
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="Format of the result on stdout.")
@click.pass_context
def cli(context: click.Context, stack: str, record: Path, platform: Path | None, output: str) -> None:
    """Walk a model from images to production, one verb at a time."""
    context.meta["mlteam.output"] = output
    context.obj = Context(stack_name=stack, record_path=record, platform_path=platform, environment=dict(os.environ))


@cli.result_callback()
@click.pass_context
def show(context: click.Context, /, result: object, **_: object) -> None:
    """Print what the step returned; nothing else ever goes to stdout."""
    if result is None:
        return
    step = context.invoked_subcommand or ""
    as_json = context.meta["mlteam.output"] == "json"
    click.echo(results.as_json(step, result) if as_json else results.as_text(result))


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """The exit code; every failure has been said on stderr."""
    _interrupted.clear()
    try:
        code = cli.main(list(arguments), prog_name="mlteam", standalone_mode=False)
    except click.Abort:
        return _failed(translate(KeyboardInterrupt()), environment)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.UsageError as error:
        return _failed(_usage_error(error), environment)
    except (Exception, KeyboardInterrupt) as error:
        known = translate(error)
        if known is None and _interrupted.is_set():  # a library made its own error of it, as an import may
            known = translate(KeyboardInterrupt())
        return _failed(known, environment)
    return code if isinstance(code, int) else 0


def _usage_error(error: click.UsageError) -> UsageError:
    """click's own in the words of ours; its cure is the nearest name, or where none is near, the help."""
    near = getattr(error, "possibilities", None)
    said = f"{error.message.rstrip('.')}; nearest: {', '.join(near)}" if near else error.format_message().rstrip(".")
    command = error.ctx.command_path if error.ctx else "mlteam"
    said = " ".join(said.split())
    return UsageError(f"{said[0].lower()}{said[1:]}", cure=f"{command} {near[0] if near else '--help'}")


def _failed(error: MlteamError | None, environment: Mapping[str, str]) -> int:
    if error is None or environment.get("MLTEAM_DEBUG") == "1":
        traceback.print_exc()
    if error is None:
        click.echo("mlteam: that was a bug of mlteam; please report the lines above", err=True)
        return MlteamError.exit_code
    click.echo(f"mlteam: {error}", err=True)
    return error.exit_code


def _interrupt(_: int, __: FrameType | None) -> None:
    _interrupted.set()
    raise KeyboardInterrupt


def main() -> None:
    gc.set_threshold(50_000, 20, 100)  # a verb lives for seconds and imports much: 0.5 s of its CPU went to garbage
    signal.signal(signal.SIGTERM, _interrupt)  # a CI that aborts must not leave a paid machine behind
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _interrupt)
    sys.exit(run(sys.argv[1:], os.environ))


if __name__ == "__main__":
    main()
