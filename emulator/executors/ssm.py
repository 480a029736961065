"""SSM's data plane: associations and commands run their document's script on the instances, for real.

Promises: an association runs once per version on each instance that it targets, also on one that appears later; what
it started goes on when the association is deleted; output and status are those of the script. Instances are online
from the moment they boot.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Thread
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ssm.responses import SimpleSystemManagerResponse

from emulator.executors import associations, documents, told
from emulator.executors.ec2 import Ec2Executor
from emulator.executors.instances import Instance
from emulator.executors.runs import Invocation, new_command_id
from emulator.ledger import Kind, Ledger, page
from emulator.seam import Answer, AwsError, Call, Record, answer
from emulator.validation import validated

log = logging.getLogger(__name__)

Place = tuple[str, str]
"""Account id and region."""


class SsmExecutor:
    """Commands and associations of one emulator."""

    def __init__(self, ec2: Ec2Executor, ledger: Ledger, association: Kind) -> None:
        self._ec2, self._ledger, self._association = ec2, ledger, association
        self._commands: dict[str, Record] = {}
        self._invocations: dict[tuple[str, str], Invocation] = {}
        # (association id, version) -> instance id -> how it went
        self._executions: dict[tuple[str, str], dict[str, Invocation]] = {}
        self._places: set[Place] = set()

    def install(self) -> None:
        self._ledger.changed.setdefault(("ssm", "AssociationId"), []).append(self._changed)
        self._ec2.booted.append(self._booted)
        operations: dict[str, Answer] = {
            "SendCommand": self._send,
            "GetCommandInvocation": self._invocation,
            "ListCommands": self._list_commands,
            "ListCommandInvocations": self._list_invocations,
            "DescribeInstanceInformation": self._information,
            "DescribeAssociationExecutions": self._list_executions,
            "DescribeAssociationExecutionTargets": self._list_execution_targets,
            "StartAssociationsOnce": self._start_once,
        }
        for operation, function in operations.items():
            answer(SimpleSystemManagerResponse, operation, validated(function))

    # --- associations

    def _changed(self, change: str, record: Record, call: Call) -> None:
        self._places.add((call.account_id, call.region))
        if change != "delete":
            for machine in _machines(call.account_id, call.region):
                self._apply(record, machine, (call.account_id, call.region))

    def _booted(self, _: Instance, machine: Any) -> None:
        place = (machine.owner_id, machine.region_name)
        for record in list(self._ledger.records(self._association, *place).values()):
            self._apply(record, machine, place)

    def _apply(self, record: Record, machine: Any, place: Place) -> None:
        """Run an association on an instance that it targets and that is on, unless this version already ran there."""
        instance = self._ec2.instances.get(machine.id)
        executions = self._executions.setdefault((record["AssociationId"], record["AssociationVersion"]), {})
        if instance is None or not instance.is_on or machine.id in executions:
            return
        if not associations.is_target(record, machine.id, told.tags(machine)):
            return
        invocation = self._new(new_command_id(), machine.id, record)
        executions[machine.id] = invocation
        self._tell(record, executions)
        job = (record, executions, invocation, instance, place)
        Thread(target=self._run_association, args=job, name=f"association {machine.id}", daemon=True).start()

    def _run_association(
        self,
        record: Record,
        executions: dict[str, Invocation],
        invocation: Invocation,
        instance: Instance,
        place: Place,
    ) -> None:
        self._run(invocation, instance, place, record.get("Parameters") or {})
        record["LastExecutionDate"] = invocation.ended
        if invocation.status == "Success":
            record["LastSuccessfulExecutionDate"] = invocation.ended
        self._tell(record, executions)

    def _run(self, invocation: Invocation, instance: Instance, place: Place, given: Mapping[str, list[str]]) -> None:
        try:
            content = associations.content(*place, invocation.document_name, invocation.document_version)
            invocation.run(instance, content, documents.resolve(content, given))
        except Exception as error:
            log.exception("%s on %s", invocation.document_name, invocation.instance_id)
            invocation.refuse(f"{type(error).__name__}: {error}")
        if invocation.status != "Success":
            tail = (invocation.errors or invocation.output).strip().splitlines()[-5:]
            log.warning("%s on %s: %s: %s", invocation.document_name, instance.id, invocation.status, " | ".join(tail))

    def _tell(self, record: Record, executions: dict[str, Invocation]) -> None:
        record["Overview"] = associations.overview([told.word(one) for one in executions.values()])

    def _new(self, command_id: str, instance_id: str, record: Record) -> Invocation:
        invocation = Invocation(
            command_id=command_id,
            instance_id=instance_id,
            document_name=record.get("Name") or record["DocumentName"],
            document_version=record.get("DocumentVersion") or "$DEFAULT",
            comment=record.get("Comment", ""),
        )
        self._invocations[command_id, instance_id] = invocation
        return invocation

    def _start_once(self, call: Call) -> Record:
        known = self._ledger.records(self._association, call.account_id, call.region)
        for identity in call.parameters["AssociationIds"]:
            if identity not in known:
                raise AwsError("AssociationDoesNotExist", f"there is no association {identity!r}")
            self._executions.pop((identity, known[identity]["AssociationVersion"]), None)
            self._changed("update", known[identity], call)
        return {}

    def _list_executions(self, call: Call) -> Record:
        record = self._known(call)
        versions = [key for key in self._executions if key[0] == record["AssociationId"] and self._executions[key]]
        found = [told.execution(record, version, self._executions[_, version]) for _, version in reversed(versions)]
        return page(found, "AssociationExecutions", call.parameters)

    def _list_execution_targets(self, call: Call) -> Record:
        record = self._known(call)
        mine = [key for key in self._executions if key[0] == record["AssociationId"]]
        version = next((v for id_, v in mine if told.execution_id(id_, v) == call.parameters["ExecutionId"]), "")
        executions = self._executions.get((record["AssociationId"], version))
        if not executions:
            raise AwsError(
                "AssociationExecutionDoesNotExist", f"there is no execution {call.parameters['ExecutionId']!r}"
            )
        found = [told.target(record, version, one) for one in executions.values()]
        return page(found, "AssociationExecutionTargets", call.parameters)

    def _known(self, call: Call) -> Record:
        known = self._ledger.records(self._association, call.account_id, call.region)
        if call.parameters["AssociationId"] not in known:
            raise AwsError("AssociationDoesNotExist", f"there is no association {call.parameters['AssociationId']!r}")
        return known[call.parameters["AssociationId"]]

    # --- commands

    def _send(self, call: Call) -> Record:
        asked, place = call.parameters, (call.account_id, call.region)
        content = associations.content(*place, asked["DocumentName"], asked.get("DocumentVersion"))
        documents.check(content)
        documents.resolve(content, asked.get("Parameters") or {})
        instances = self._targets(call)
        command_id = new_command_id()
        command = {
            **asked,
            "CommandId": command_id,
            "RequestedDateTime": datetime.now(UTC),
            "TargetCount": len(instances),
        }
        command["InstanceIds"] = [instance.id for instance in instances]
        self._commands[command_id] = command
        for instance in instances:
            invocation = self._new(command_id, instance.id, asked)
            job = (invocation, instance, place, asked.get("Parameters") or {})
            Thread(target=self._run, args=job, name=f"command {instance.id}", daemon=True).start()
        return {"Command": self._command(command)}

    def _targets(self, call: Call) -> list[Instance]:
        wanted = call.parameters.get("InstanceIds") or []
        targets = call.parameters.get("Targets") or []
        online = {id_: instance for id_, instance in self._ec2.instances.items() if instance.is_on}
        off = [id_ for id_ in wanted if id_ not in online]
        if off:
            raise AwsError("InvalidInstanceId", f"Instances [{', '.join(off)}] not in a valid state")
        if targets:
            machines = _machines(call.account_id, call.region)
            record = {"Targets": targets}
            wanted = [m.id for m in machines if m.id in online and associations.is_target(record, m.id, told.tags(m))]
        return [online[id_] for id_ in wanted]

    def _command(self, command: Record) -> Record:
        mine = [one for (id_, _), one in self._invocations.items() if id_ == command["CommandId"]]
        words = [one.status for one in mine]
        is_over = all(one.is_over for one in mine)
        status = "InProgress" if not is_over else "Success" if set(words) <= {"Success"} else "Failed"
        counts = {"CompletedCount": sum(one.is_over for one in mine), "ErrorCount": sum(w == "Failed" for w in words)}
        return {"DocumentVersion": "$DEFAULT", **command, **counts, "Status": status, "StatusDetails": status}

    def _invocation(self, call: Call) -> Record:
        key = (call.parameters["CommandId"], call.parameters["InstanceId"])
        if key not in self._invocations:
            raise AwsError("InvocationDoesNotExist", f"there is no invocation of command {key[0]!r} on {key[1]!r}")
        return self._invocations[key].to_record()

    def _list_commands(self, call: Call) -> Record:
        wanted = call.parameters.get("CommandId")
        found = [self._command(command) for id_, command in self._commands.items() if wanted in (None, id_)]
        return page(found, "Commands", call.parameters)

    def _list_invocations(self, call: Call) -> Record:
        asked = (call.parameters.get("CommandId"), call.parameters.get("InstanceId"))
        found = [
            {**one.to_record(), "RequestedDateTime": one.began}
            for key, one in self._invocations.items()
            if all(wanted in (None, given) for wanted, given in zip(asked, key, strict=True))
        ]
        return page(found, "CommandInvocations", call.parameters)

    def _information(self, call: Call) -> Record:
        machines = [m for m in _machines(call.account_id, call.region) if m.id in self._ec2.instances]
        found = [told.describe(machine, self._ec2.instances[machine.id]) for machine in machines]
        wanted: list[str] = []
        for condition in call.parameters.get("Filters") or ():
            wanted = condition["Values"] if condition["Key"] == "InstanceIds" else wanted
        return page(
            [one for one in found if not wanted or one["InstanceId"] in wanted],
            "InstanceInformationList",
            call.parameters,
        )


def _machines(account_id: str, region: str) -> list[Any]:
    return [m for m in ec2_backends[account_id][region].all_instances() if m.state != "terminated"]
