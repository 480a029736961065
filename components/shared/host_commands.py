"""What people may run on the host: two SSM documents of ours that only look.

AWS's own AWS-RunShellScript would make whoever reads a log root of the host, and with that of what it serves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.base import Context, PlatformComponent
from components.shared.contract import HostCommandOutputs
from components.shared.statements import Statement
from components.variants import Duty

LOGS: Final = "logs"
PROBE: Final = "probe"
MAX_CHARACTERS: Final = 23_000
"""SSM keeps the first 24,000 of an answer, and of a log the last are wanted."""
SECONDS: Final = "60"


@dataclass(frozen=True, kw_only=True)
class HostCommandsArgs:
    """`services` maps the name of a service to its port."""

    context: Context
    instance_id: Output[str]
    private_ip: Output[str]
    services: Mapping[str, int]


def _document(description: str, parameters: Mapping[str, object], lines: list[str]) -> str:
    step = {"timeoutSeconds": SECONDS, "runCommand": lines}
    content = {
        "schemaVersion": "2.2",
        "description": description,
        "parameters": parameters,
        "mainSteps": [{"action": "aws:runShellScript", "name": "look", "inputs": step}],
    }
    return json.dumps(content, indent=1)


def logs_content(services: Mapping[str, int]) -> str:
    """The last `lines` of the journal of one `service`."""
    parameters = {
        "service": {"type": "String", "allowedValues": sorted(services) or ["none"]},
        "lines": {"type": "String", "default": "100", "allowedPattern": "^[1-9][0-9]{0,4}$"},
    }
    unit = "mlteam-{{ service }}.service"  # as components/shared/files/units.py names them
    read = f"journalctl -u {unit} -n {{{{ lines }}}} --no-pager | tail -c {MAX_CHARACTERS}"
    return _document("The last lines of a service's log", parameters, [read])


def probe_content(address: str, services: Mapping[str, int]) -> str:
    """Names the services that do not answer; any HTTP answer will do: some answer strangers with 401."""
    probes = [
        f"curl --silent --output /dev/null --max-time 5 http://{address}:{port}/ || echo {name}"
        for name, port in sorted(services.items())
    ]
    return _document("Which services do not answer", {}, probes or ["true"])


def care_statements(
    region: str, account_id: str, instance_id: str, documents: tuple[str, ...]
) -> tuple[Statement, ...]:
    """Look after the host: read its logs, see whether it answers, start it when its schedule stopped it."""
    machine = f"arn:aws:ec2:{region}:{account_id}:instance/{instance_id}"
    ours = tuple(f"arn:aws:ssm:{region}:{account_id}:document/{name}" for name in documents)
    looks = ("ec2:DescribeInstances", "ssm:DescribeInstanceInformation", "ssm:GetCommandInvocation")
    return (
        Statement(sid="SeeMachines", actions=looks, resources=("*",)),
        Statement(sid="LookOnHost", actions=("ssm:SendCommand",), resources=(*ours, machine)),
        Statement(sid="WakeHost", actions=("ec2:StartInstances",), resources=(machine,)),
    )


class HostCommands(PlatformComponent[HostCommandOutputs]):
    """Creates two SSM documents. Costs nothing."""

    def __init__(self, name: str, args: HostCommandsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts)
        naming, services = args.context.naming, args.services
        documents = {purpose: naming.document(purpose) for purpose in (LOGS, PROBE)}
        self._create_document(LOGS, documents[LOGS], Output.from_input(logs_content(services)))
        self._create_document(
            PROBE, documents[PROBE], args.private_ip.apply(lambda address: probe_content(address, services))
        )
        region, names = args.context.region, tuple(documents.values())
        self.duty_statements = {
            Duty.DEVELOPER: Output.all(args.context.account_id, args.instance_id).apply(
                lambda known: care_statements(region, known[0], known[1], names)
            )
        }
        self.publish(HostCommandOutputs(logs_document=documents[LOGS], probe_document=documents[PROBE]))

    def _create_document(self, purpose: str, document_name: str, content: Output[str]) -> None:
        aws.ssm.Document(
            f"{self.component_name}-{purpose}",
            name=document_name,
            document_type="Command",
            document_format="JSON",
            content=content,
            tags=self.tags(),
            # A new document each time: SSM refuses a version whose content it has had before.
            opts=ResourceOptions(parent=self, replace_on_changes=["content"], delete_before_replace=True),
        )
