"""EC2's data plane: what happens to instances at the server happens to folders and processes here.

Watches moto's EC2 backend, so it does not matter who called. Promises that an instance is `running` only while its
processes may run, `shutting-down` or `stopping` until the last has ended, and that volumes outlive instances.
"""

import base64
import json
import logging
import shutil
from collections.abc import Callable
from datetime import timedelta
from threading import RLock, Thread
from typing import Any, Final

from moto.core.utils import utcnow
from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import StateReason
from moto.sts.models import sts_backends

from emulator import imds
from emulator.executors.instances import Instance
from emulator.executors.metadata import describe
from emulator.seam import AwsError, replace
from emulator.state import State

log = logging.getLogger(__name__)

STATES: Final = {
    "pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80,
}  # fmt: skip
CREDENTIALS_SECONDS: Final = 21600
SERVICE: Final = "ec2.amazonaws.com"

CREDENTIALS_LEFT_SECONDS: Final = 600
"""When so little is left of them, new ones are made: a process that asks has time to use what it gets."""

Booted = Callable[[Instance, Any], None]
MayAssume = Callable[[str, str, str], bool]
"""(service, action, role's ARN) -> whether the role lets itself be assumed by it."""


class Ec2Executor:
    """All instances of one emulator; `requests` is the gateway's lock, held while moto's state is changed."""

    def __init__(self, state: State, endpoint_url: Callable[[], str], requests: RLock, may_assume: MayAssume) -> None:
        self._state, self._endpoint_url, self._requests = state, endpoint_url, requests
        self._may_assume = may_assume
        self.instances: dict[str, Instance] = {}
        self._services: dict[str, imds.MetadataService] = {}
        self._credentials: dict[tuple[str, str], Any] = {}
        self._devices = RLock()
        self.booted: list[Booted] = []

    def install(self) -> None:
        _after(EC2Backend, "run_instances", self._launch_all)
        _before(EC2Backend, "start_instances", self._check_start)
        _before(EC2Backend, "stop_instances", self._check_stop)
        _after(EC2Backend, "start_instances", self._power_on_all)
        _after(EC2Backend, "stop_instances", lambda _, changed: self._each_off(changed, "stop"))
        _after(EC2Backend, "terminate_instances", lambda _, changed: self._each_off(changed, "terminate"))
        _after(EC2Backend, "reboot_instances", lambda _, rebooted: self._reboot_all(rebooted))
        _after(EC2Backend, "attach_volume", lambda _, attachment: self._attached(attachment))
        _after(EC2Backend, "detach_volume", lambda _, attachment: self._attached(attachment))
        _after(
            EC2Backend, "delete_volume", lambda _, volume: shutil.rmtree(self._folder(volume.id), ignore_errors=True)
        )

    def _launch_all(self, backend: EC2Backend, reservation: Any) -> None:
        for machine in reservation.instances:
            self._launch(backend, machine)

    def _power_on_all(self, _: EC2Backend, changed: list[tuple[Any, Any]]) -> None:
        for machine, _was in changed:
            self._power_on(machine)

    def _each_off(self, changed: list[tuple[Any, Any]], how: str) -> None:
        for machine, was in changed:
            self._power_off(machine, was, how)

    def _reboot_all(self, machines: list[Any]) -> None:
        for machine in machines:
            Thread(target=self._reboot, args=(machine,), name=f"reboot {machine.id}", daemon=True).start()

    def _launch(self, backend: EC2Backend, machine: Any) -> None:
        service = imds.MetadataService(lambda: self._metadata(machine), lambda: self._shut_down(machine))
        addresses = {
            "AWS_ENDPOINT_URL": self._endpoint_url(),
            "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT": self._endpoint_url(),  # Amazon's MLflow client reads no other
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": service.url,
            "AWS_DEFAULT_REGION": backend.region_name,
            "AWS_REGION": backend.region_name,
        }
        self._services[machine.id] = service
        self.instances[machine.id] = Instance(self._state, machine.id, addresses)
        self._power_on(machine)

    def _check_start(self, backend: EC2Backend, instance_ids: list[str]) -> None:
        _require_state(backend, instance_ids, "started", ("stopped", "running", "pending"))

    def _check_stop(self, backend: EC2Backend, instance_ids: list[str]) -> None:
        _require_state(backend, instance_ids, "stopped", ("running", "pending", "stopping", "stopped"))

    def _power_on(self, machine: Any) -> None:
        instance = self.instances[machine.id]
        if not instance.is_on:
            Thread(target=self._boot, args=(machine, instance), name=f"boot {machine.id}", daemon=True).start()

    def _boot(self, machine: Any, instance: Instance) -> None:
        facts = {"private_ip": machine.private_ip, "state": "running", "type": machine.instance_type}
        try:
            self.attach(machine)
            if instance.boot(base64.b64decode(str(machine.user_data or "")), facts, lambda: _is_wanted(machine)):
                for told in self.booted:
                    told(instance, machine)
        except Exception:
            log.exception("%s does not boot", machine.id)

    def _attached(self, attachment: Any) -> None:
        """Volumes came or went, maybe while the instance boots or is off."""
        self.attach(attachment.instance)

    def attach(self, machine: Any) -> None:
        """Show the attached volumes under the instance's /dev, as links to their folders.

        One at a time, each with what moto knows by then: else the one of a boot would undo what a call shows meanwhile.
        """
        with self._devices:
            if machine.id in self.instances:  # a launch attaches the root volume before there is an instance
                self._show_devices(machine)

    def _show_devices(self, machine: Any) -> None:
        device_folder = self._state.instances / machine.id / "dev"
        by_id = device_folder / "disk" / "by-id"
        by_id.mkdir(parents=True, exist_ok=True)
        for link in (*device_folder.iterdir(), *by_id.iterdir()):
            if link.is_symlink():
                link.unlink()
        for device, block in machine.get_block_device_mapping:
            if device == machine.root_device_name:
                continue
            folder = self._folder(block.volume_id)
            folder.mkdir(parents=True, exist_ok=True)
            nitro = f"nvme-Amazon_Elastic_Block_Store_{block.volume_id.replace('-', '')}"
            for link in (device_folder / device.removeprefix("/dev/"), by_id / nitro):
                link.symlink_to(folder)

    def _folder(self, volume_id: str) -> Any:
        return self._state.volumes / volume_id

    def _power_off(self, machine: Any, was: Any, how: str) -> None:
        instance = self.instances.get(machine.id)
        if instance is None or was.name == "terminated":
            return
        if was.name == "shutting-down" or (how == "stop" and was.name in ("stopping", "stopped")):
            _set(machine, was.name)  # it is on its way, or there; moto has said already that it arrived
            return
        _set(machine, "shutting-down" if how == "terminate" else "stopping")
        target = self._terminate if how == "terminate" else self._stop
        Thread(target=target, args=(machine, instance), name=f"{how} {machine.id}", daemon=True).start()

    def _stop(self, machine: Any, instance: Instance) -> None:
        self._end(instance)
        if machine.state == "stopping":
            _set(machine, "stopped")
            instance.note({"private_ip": machine.private_ip, "state": "stopped", "type": machine.instance_type})

    def _terminate(self, machine: Any, instance: Instance) -> None:
        self._end(instance)
        with self._devices:
            self.instances.pop(machine.id, None)
            instance.remove()
        self._services.pop(machine.id).close()
        _set(machine, "terminated")

    def _end(self, instance: Instance) -> None:
        left = instance.power_off()
        if left:
            log.error("%s: processes that do not end: %s", instance.id, left)

    def _reboot(self, machine: Any) -> None:
        instance = self.instances[machine.id]
        self._end(instance)
        self._boot(machine, instance)

    def _shut_down(self, machine: Any) -> None:
        """`shutdown` on the instance itself. A one-time spot instance cannot be stopped, only terminated."""
        is_spot = machine.lifecycle == "spot"
        terminates = machine.instance_initiated_shutdown_behavior == "terminate" or is_spot
        with self._requests:
            if machine.state != "running":
                return
            machine.disable_api_termination, kept = False, machine.disable_api_termination
            change = machine.ec2_backend.terminate_instances if terminates else machine.ec2_backend.stop_instances
            change([machine.id])
            machine.disable_api_termination = kept
            reason = "Client.InstanceInitiatedShutdown"
            machine.state_reason = StateReason(f"{reason}: Instance initiated shutdown", reason)

    def _metadata(self, machine: Any) -> imds.Metadata | None:
        with self._requests:
            return describe(machine, self._role_credentials)

    def _role_credentials(self, machine: Any, role_arn: str) -> str:
        """Cached: the SDKs ask again long before they expire, and moto keeps every session for ever."""
        key = (machine.id, role_arn)
        session = self._credentials.get(key)
        if session is None or session.expiration - utcnow() < timedelta(seconds=CREDENTIALS_LEFT_SECONDS):
            if not self._may_assume(SERVICE, "sts:AssumeRole", role_arn):
                return imds.no_credentials(role_arn)
            session = self._credentials[key] = self._assume(machine, role_arn)
        expiration = session.expiration.strftime("%Y-%m-%dT%H:%M:%SZ")
        return imds.credentials(session.access_key_id, session.secret_access_key, session.session_token, expiration)

    def _assume(self, machine: Any, role_arn: str) -> Any:
        return sts_backends[machine.owner_id][machine.ec2_backend.partition].assume_role(
            region_name=machine.region_name,
            role_session_name=machine.id,
            role_arn=role_arn,
            policy="",
            duration=CREDENTIALS_SECONDS,
            external_id="",
        )

    def close(self) -> None:
        """Power everything off, in parallel, as a data centre would never do."""
        workers = [Thread(target=self._end, args=(instance,)) for instance in self.instances.values()]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        log.info("ended %s", json.dumps(sorted(self.instances)))


def _is_wanted(machine: Any) -> bool:
    """Not so any more if it was stopped or terminated before it booted."""
    return machine.state in ("pending", "running")


def _set(machine: Any, name: str) -> None:
    machine._state.name, machine._state.code = name, STATES[name]


def _require_state(backend: EC2Backend, instance_ids: list[str], what: str, allowed: tuple[str, ...]) -> None:
    for machine in backend.get_multi_instances_by_id(instance_ids):
        if machine.state not in allowed:
            message = f"The instance '{machine.id}' is not in a state from which it can be {what}: {machine.state}"
            raise AwsError("IncorrectInstanceState", message)


def _after(owner: type, name: str, then: Callable[[Any, Any], None]) -> None:
    original = getattr(owner, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        then(self, result)
        return result

    replace(owner, name, method)


def _before(owner: type, name: str, first: Callable[..., None]) -> None:
    original = getattr(owner, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        first(self, *args, **kwargs)
        return original(self, *args, **kwargs)

    replace(owner, name, method)
