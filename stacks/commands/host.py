"""Look at a stack's host through Systems Manager: no SSH, no open port, and the same on the emulated AWS.

Only documents of the stack's own are run there: who may run any command is root of the host.
"""

import time
from collections.abc import Mapping
from typing import Any, Final

from components.shared.contract import HostCommandOutputs
from workflow.context import Context
from workflow.errors import ResourceError, StepTimeoutError, UsageError

POLL_SECONDS: Final = 0.5
DONE: Final = frozenset({"Success", "Failed", "Cancelled", "TimedOut", "Undeliverable", "Terminated"})
NOT_YET: Final = "InvocationDoesNotExist"
OFFLINE: Final = frozenset({"InvalidInstanceId", "InvalidInstanceID.NotFound"})


def host_of(context: Context) -> Any:
    """The host's record; UsageError in a mix that runs no service of its own."""
    host = context.platform.host
    if host is None:
        raise UsageError(f"stack {context.platform.stack!r} has no host: all its components are managed by AWS")
    return host


def commands_of(context: Context) -> HostCommandOutputs:
    """Names of the documents that may be run on the host."""
    host_of(context)
    commands = context.platform.host_commands
    if commands is None:
        raise UsageError(f"stack {context.stack!r} has a host without commands", cure="pulumi up")
    return commands


def run_on_host(
    context: Context, document: str, parameters: Mapping[str, str] | None = None, timeout_seconds: int = 60
) -> str:
    """The output (SSM keeps its first 24,000 characters); ResourceError when it fails or nobody listens."""
    client, instance_id = context.aws.client("ssm"), host_of(context).instance_id
    try:
        command = client.send_command(
            InstanceIds=[instance_id],
            DocumentName=document,
            Parameters={name: [value] for name, value in (parameters or {}).items()},
            TimeoutSeconds=max(timeout_seconds, 30),  # what SSM takes at least
        )["Command"]["CommandId"]
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in OFFLINE:
            raise ResourceError(f"host {instance_id} is not online in Systems Manager", cure="mlteam wake") from error
        raise
    answer = _wait(client, command, instance_id, timeout_seconds)
    if answer["Status"] != "Success":
        said = answer["StandardErrorContent"].strip() or answer["StandardOutputContent"].strip()
        raise ResourceError(f"host {instance_id}: {answer['StatusDetails']}: {said or 'it said nothing'}")
    return str(answer["StandardOutputContent"])


def _wait(client: Any, command: str, instance_id: str, timeout_seconds: int) -> Any:
    deadline = time.monotonic() + timeout_seconds + 30
    while time.monotonic() < deadline:
        try:
            answer = client.get_command_invocation(CommandId=command, InstanceId=instance_id)
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != NOT_YET:
                raise
        else:
            if answer["Status"] in DONE:
                return answer
        time.sleep(POLL_SECONDS)
    raise StepTimeoutError(f"host {instance_id} did not answer in {timeout_seconds} s", cure="mlteam wake")
