"""`mlteam logs SERVICE`: the last lines of a service's journal, from the host; `--job ID`: a training job's log."""

import difflib
from dataclasses import dataclass

import click

from stacks.commands.host import commands_of, host_of, run_on_host
from workflow import s3
from workflow.context import Context
from workflow.errors import UsageError
from workflow.training.job import LOG_FILE, read_job, read_status


@dataclass(frozen=True, kw_only=True)
class LogsResult:
    """`of` is the service or job."""

    of: str
    lines: tuple[str, ...]

    def text(self) -> str:
        return "\n".join(self.lines)


def run(context: Context, service: str = "", job: str = "", lines: int = 100) -> LogsResult:
    found = _of_job(context, job) if job else _of_service(context, service, lines)
    return LogsResult(of=job or service, lines=tuple(found.splitlines()[-lines:]))


def _of_service(context: Context, service: str, lines: int) -> str:
    services = host_of(context).services
    if service not in services:
        what = f"there is no service {service!r}" if service else "no SERVICE and no --job ID given"
        near = difflib.get_close_matches(service, services, n=1)
        raise UsageError(
            f"{what}; services here: {', '.join(sorted(services)) or 'none'}",
            cure=f"mlteam logs {near[0] if near else 'SERVICE'}, or: mlteam logs --job ID",
        )
    return run_on_host(context, commands_of(context).logs_document, {"service": service, "lines": str(lines)})


def _of_job(context: Context, job: str) -> str:
    client = context.aws.client("s3")
    folder = s3.parse(context.platform.training.jobs_uri.rstrip("/")) / job
    read_job(client, folder)  # names the job when there is none
    stored = s3.read(client, folder / LOG_FILE)
    if stored is not None:
        return stored.body.decode("utf-8", errors="replace")
    status = read_status(client, folder)
    state = f"{status.state}: {status.message}" if status else "not started"
    return f"job {job} has uploaded no log yet (it does when it ends); its state: {state}"


@click.command(help=__doc__)
@click.argument("service", default="")
@click.option("--job", default="", metavar="ID", help="A training job instead of a service.")
@click.option("--lines", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.pass_obj
def command(context: Context, /, service: str, job: str, lines: int) -> LogsResult:
    if service and job:
        raise click.UsageError("give either a SERVICE or --job ID")
    return run(context, service, job, lines)
