"""`mlteam wake`: start a host that its schedule stopped, and wait until its services answer. An `up` needs it awake."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import click

from stacks.commands.host import commands_of, host_of, run_on_host
from workflow.context import Context
from workflow.errors import ResourceError, StepTimeoutError

POLL_SECONDS: Final = 2.0
TIMEOUT_SECONDS: Final = 600
ONLINE: Final = "Online"


@dataclass(frozen=True, kw_only=True)
class WakeResult:
    """`was` is the host's state before."""

    instance_id: str
    was: str
    services: tuple[str, ...]
    seconds: float

    def text(self) -> str:
        started = "was awake" if self.was == "running" else f"was {self.was}, is awake"
        return f"host {self.instance_id} {started}; answering: {', '.join(self.services) or 'no services'}"


def run(context: Context, timeout_seconds: float = TIMEOUT_SECONDS, poll_seconds: float = POLL_SECONDS) -> WakeResult:
    host = host_of(context)
    client = context.aws.client("ec2")
    patience = _Patience(time.monotonic() + timeout_seconds, poll_seconds)
    was = _state(client, host.instance_id)
    if was in ("terminated", "shutting-down"):
        raise ResourceError(f"host {host.instance_id} is {was}", cure=f"pulumi up --stack {context.platform.stack}")
    with context.progress.waiting(f"waking host {host.instance_id}"):
        patience.until(lambda: _state(client, host.instance_id) != "stopping", f"{host.instance_id} to stop")
        if _state(client, host.instance_id) == "stopped":
            client.start_instances(InstanceIds=[host.instance_id])
        patience.until(lambda: _state(client, host.instance_id) == "running", f"{host.instance_id} to start")
        patience.until(lambda: _is_online(context, host.instance_id), f"{host.instance_id} to join Systems Manager")
    with context.progress.waiting(f"waiting for {', '.join(host.services) or 'no services'}"):
        patience.until(lambda: not _silent(context, host), f"services ({', '.join(host.services)}) to answer")
    return WakeResult(
        instance_id=host.instance_id,
        was=was,
        services=tuple(host.services),
        seconds=round(timeout_seconds - (patience.deadline - time.monotonic()), 1),
    )


@dataclass(frozen=True)
class _Patience:
    """One deadline for all that is waited for."""

    deadline: float
    poll_seconds: float

    def until(self, condition: Callable[[], bool], what: str) -> None:
        while not condition():
            if time.monotonic() > self.deadline:
                raise StepTimeoutError(f"waited too long for {what}", cure="mlteam logs SERVICE, and the EC2 console")
            time.sleep(self.poll_seconds)


def _state(client: Any, instance_id: str) -> str:
    """As EC2 names it; ResourceError when there is no such instance."""
    try:
        found = client.describe_instances(InstanceIds=[instance_id])["Reservations"]
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "InvalidInstanceID.NotFound":
            raise
        found = []
    if not found:
        raise ResourceError(f"there is no host {instance_id}", cure="pulumi up")
    return str(found[0]["Instances"][0]["State"]["Name"])


def _is_online(context: Context, instance_id: str) -> bool:
    filters = [{"Key": "InstanceIds", "Values": [instance_id]}]
    found = context.aws.client("ssm").describe_instance_information(Filters=filters)["InstanceInformationList"]
    return any(each["PingStatus"] == ONLINE for each in found)


def _silent(context: Context, host: Any) -> list[str]:
    """The services that do not answer."""
    if not host.services:
        return []
    return run_on_host(context, commands_of(context).probe_document).split()


@click.command(help=__doc__)
@click.option("--timeout-seconds", type=click.FloatRange(min=1), default=TIMEOUT_SECONDS, show_default=True)
@click.pass_obj
def command(context: Context, /, timeout_seconds: float) -> WakeResult:
    return run(context, timeout_seconds)
