"""`wake` and `logs`: what they ask of EC2 and Systems Manager, and what they say when an answer is bad."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from components.platform import Platform
from components.shared.contract import HostCommandOutputs, HostOutputs
from stacks.commands import host, logs, wake
from workflow.context import Context
from workflow.errors import ResourceError, StepTimeoutError, UsageError
from workflow.progress import Progress


class Machine:
    """EC2 and Systems Manager of one host: `states` are told one after the other, the last for ever."""

    class exceptions:
        ClientError = ClientError

    def __init__(self, *states: str, online: bool = True, output: str = "", status: str = "Success") -> None:
        self.states, self.online, self.output, self.status = list(states), online, output, status
        self.started = 0
        self.commands: list[tuple[str, Mapping[str, list[str]]]] = []

    def client(self, _: str) -> "Machine":
        return self

    def describe_instances(self, **_: Any) -> Mapping[str, Any]:
        state = self.states[0] if len(self.states) == 1 else self.states.pop(0)
        return {"Reservations": [{"Instances": [{"State": {"Name": state}}]}]}

    def start_instances(self, **_: Any) -> None:
        self.started += 1

    def describe_instance_information(self, **_: Any) -> Mapping[str, Any]:
        return {"InstanceInformationList": [{"PingStatus": "Online"}] if self.online else []}

    def send_command(self, DocumentName: str, Parameters: Mapping[str, list[str]], **_: Any) -> Mapping[str, Any]:
        if not self.online:
            raise ClientError({"Error": {"Code": "InvalidInstanceId", "Message": "no"}}, "SendCommand")
        self.commands.append((DocumentName, Parameters))
        return {"Command": {"CommandId": "c"}}

    def get_command_invocation(self, **_: Any) -> Mapping[str, Any]:
        return {
            "Status": self.status,
            "StatusDetails": self.status,
            "StandardOutputContent": self.output,
            "StandardErrorContent": "no such unit" if self.status != "Success" else "",
        }


def context_of(machine: Machine, services: Mapping[str, int] | None = None) -> Context:
    record = HostOutputs[str](instance_id="i-1", private_ip="10.0.0.5", services=services or {"mlflow": 5000})
    fields = {field.name: None for field in dataclasses.fields(Platform)}
    context = Context(stack_name="dev", aws=machine, progress=Progress(_Nowhere()))  # type: ignore[arg-type]
    commands = HostCommandOutputs(logs_document="logs", probe_document="probe")
    known = {"host": record, "host_commands": commands}
    context.__dict__["platform"] = Platform(**fields | known)  # type: ignore[arg-type]
    return context


class _Nowhere:
    def write(self, _: str) -> None: ...

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return False


def test_the_last_lines_of_a_services_unit_are_asked_for() -> None:
    machine = Machine("running", output="one\ntwo\n")
    assert logs.run(context_of(machine), "mlflow", lines=50).lines == ("one", "two")
    assert machine.commands == [("logs", {"service": ["mlflow"], "lines": ["50"]})]


@pytest.mark.parametrize(
    ("service", "said", "meant"),
    [
        ("modelserver", "there is no service 'modelserver'", "model-server"),
        ("jenkins", "there is no service 'jenkins'", "SERVICE"),
        ("", "no SERVICE and no --job ID given", "SERVICE"),
    ],
)
def test_whoever_names_no_service_that_is_there_is_told_those_that_are(service: str, said: str, meant: str) -> None:
    machine = Machine("running")
    known = "services here: mlflow, model-server"
    with pytest.raises(UsageError, match=f"{said}; {known}\n  cure: mlteam logs {meant}, or: mlteam logs --job ID$"):
        logs.run(context_of(machine, {"model-server": 8080, "mlflow": 5000}), service)
    assert machine.commands == [], "a name that nobody knows must not reach the host"


def test_a_sleeping_host_names_the_command_that_wakes_it() -> None:
    with pytest.raises(ResourceError, match="mlteam wake"):
        logs.run(context_of(Machine("stopped", online=False)), "mlflow")


def test_a_script_that_fails_is_an_error_with_its_words() -> None:
    with pytest.raises(ResourceError, match="Failed: no such unit"):
        host.run_on_host(context_of(Machine("running", status="Failed")), "logs")


def test_a_stopped_host_is_started_and_its_services_are_waited_for() -> None:
    machine = Machine("stopped", "stopped", "stopped", "pending", "running")
    result = wake.run(context_of(machine), timeout_seconds=5, poll_seconds=0.01)
    assert machine.started == 1
    assert result.was == "stopped"
    assert result.services == ("mlflow",)
    assert machine.commands == [("probe", {})]


def test_a_host_that_is_awake_is_left_alone() -> None:
    machine = Machine("running")
    assert wake.run(context_of(machine), timeout_seconds=5, poll_seconds=0.01).was == "running"
    assert machine.started == 0


def test_a_service_that_stays_silent_is_named_when_time_is_up() -> None:
    machine = Machine("running", output="mlflow\n")
    with pytest.raises(StepTimeoutError, match=r"services \(mlflow\) to answer"):
        wake.run(context_of(machine), timeout_seconds=0.05, poll_seconds=0.01)


def test_a_host_that_was_terminated_cannot_be_woken() -> None:
    with pytest.raises(ResourceError, match="pulumi up"):
        wake.run(context_of(Machine("terminated")), timeout_seconds=1, poll_seconds=0.01)


def test_a_stack_without_a_host_says_so() -> None:
    context = context_of(Machine("running"))
    context.__dict__["platform"] = dataclasses.replace(context.platform, host=None)
    with pytest.raises(UsageError, match="has no host"):
        wake.run(context, timeout_seconds=1)
