"""How SSM tells of instances and of an association's runs, in AWS's members."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from emulator.executors import associations
from emulator.executors.instances import Instance
from emulator.executors.runs import Invocation
from emulator.seam import Record


def tags(machine: Any) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in machine.get_tags()}


def word(invocation: Invocation) -> str:
    """A status in State Manager's words."""
    return invocation.status if invocation.is_over or invocation.status == "Pending" else "InProgress"


def describe(machine: Any, instance: Instance) -> Record:
    return {
        "InstanceId": machine.id,
        "PingStatus": "Online" if instance.is_on else "ConnectionLost",
        "LastPingDateTime": datetime.now(UTC),
        "AgentVersion": "3.3.0.0",
        "IsLatestVersion": True,
        "PlatformType": "Linux",
        "PlatformName": "Ubuntu",
        "PlatformVersion": "24.04",
        "ResourceType": "EC2Instance",
        "IPAddress": machine.private_ip,
        "ComputerName": machine.private_dns_name,
    }


def execution_id(association_id: str, version: str) -> str:
    return str(uuid.uuid5(uuid.UUID(association_id), version))


def execution(record: Record, version: str, executions: Mapping[str, Invocation]) -> Record:
    summary = associations.overview([word(one) for one in executions.values()])
    counts = ", ".join(f"{word}={count}" for word, count in summary["AssociationStatusAggregatedCount"].items())
    return {
        "AssociationId": record["AssociationId"],
        "AssociationVersion": version,
        "ExecutionId": execution_id(record["AssociationId"], version),
        "Status": summary["Status"],
        "DetailedStatus": summary["DetailedStatus"],
        "CreatedTime": min(one.began for one in executions.values()),
        "LastExecutionDate": max(one.ended or one.began for one in executions.values()),
        "ResourceCountByStatus": f"{{{counts}}}",
    }


def target(record: Record, version: str, invocation: Invocation) -> Record:
    return {
        "AssociationId": record["AssociationId"],
        "AssociationVersion": version,
        "ExecutionId": execution_id(record["AssociationId"], version),
        "ResourceId": invocation.instance_id,
        "ResourceType": "ManagedInstance",
        "Status": word(invocation),
        "DetailedStatus": invocation.status,
        "LastExecutionDate": invocation.ended or invocation.began,
        "OutputSource": {"OutputSourceId": invocation.command_id, "OutputSourceType": "RunCommand"},
    }
