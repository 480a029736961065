"""`eval "$(mlteam env)"`: the shell exports with which plain pulumi, boto3 and mlflow use the local platform.

Everything it exports belongs together: engine state in a folder, the emulated AWS on loopback, dummy credentials. An
AWS profile of the caller is unset, so that nothing meant for the laptop reaches an account. The identity is that of an
administrator, who may provision: a role with fewer rights is taken from there, as on AWS. Works in sh, bash and zsh.
A MLTEAM_STACK that is set already is replaced, as all the rest; another stack that `--stack` asks for is refused.
"""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

import click
from click.core import ParameterSource

from stacks.local import LocalPlatform, foreign
from workflow.aws import Aws
from workflow.context import LOCAL_STACK, Context
from workflow.errors import NoStackError, UsageError
from workflow.mlflow_client import VARIABLES, client_environment, for_another_program
from workflow.outputs import load_platform


@dataclass(frozen=True, kw_only=True)
class EnvResult:
    """`unset` names what would reach elsewhere, or was another MLflow's."""

    exports: Mapping[str, str]
    unset: tuple[str, ...]

    def text(self) -> str:
        lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(self.exports.items())]
        return "\n".join([f"unset {' '.join(self.unset)}", *lines])


def run(context: Context, local: LocalPlatform | None = None) -> EnvResult:
    """NoStackError when no local platform is running; without MLflow's exports while its stack is not up."""
    local = local or LocalPlatform()
    exports = local.environment()
    exports |= {"PATH": _without_repeats(exports["PATH"]), **_tracking(context, local)}
    others = foreign(os.environ) | VARIABLES - exports.keys()
    return EnvResult(exports=exports, unset=tuple(sorted(others)))


def _tracking(context: Context, local: LocalPlatform) -> dict[str, str]:
    """The login goes into the caller's shell only, never to disk."""
    endpoints = local.endpoints()
    aws = Aws(
        endpoint_url=endpoints.aws_endpoint_url,
        region_name=endpoints.region,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106  the emulated AWS takes any
    )
    try:
        tracking = load_platform(aws, local.stack).tracking
    except NoStackError:
        context.progress.warn(f"stack {local.stack!r} is not up, so nothing is said of MLflow; cure: make demo")
        return {}
    settings = client_environment(aws, tracking.tracking_uri, tracking.username, tracking.password_parameter)
    return for_another_program(settings)


def _without_repeats(path: str) -> str:
    """A shell that evaluates this twice has the same PATH."""
    return os.pathsep.join(dict.fromkeys(path.split(os.pathsep)))


@click.command(help=__doc__)
@click.pass_context
def command(asked: click.Context, /) -> EnvResult:
    context: Context = asked.obj
    is_typed = asked.find_root().get_parameter_source("stack") is ParameterSource.COMMANDLINE
    if is_typed and context.stack_name not in ("", LOCAL_STACK):
        raise UsageError(
            f"env prints the exports of stack {LOCAL_STACK!r} alone, not of {context.stack_name!r}",
            cure="mlteam env; for a stack on a real account, in a new shell: export MLTEAM_STACK=NAME",
        )
    return run(context)
