"""What comes between the beginning of a boot and its end."""

from pathlib import Path
from threading import RLock
from types import SimpleNamespace
from typing import Any

import pytest

from emulator.executors import ec2
from emulator.executors.ec2 import Ec2Executor
from emulator.executors.instances import Instance
from emulator.state import State

DEVICE = ("/dev/sdf", SimpleNamespace(volume_id="vol-1"))


@pytest.fixture
def executor(tmp_path: Path) -> Ec2Executor:
    return Ec2Executor(State(tmp_path), lambda: "http://127.0.0.1:1", RLock(), lambda *_: True)


@pytest.fixture
def machine(executor: Ec2Executor) -> Any:
    """moto's instance, as far as a boot asks it, with a volume attached by nobody yet."""
    instance = Instance(executor._state, "i-1", {})
    executor.instances["i-1"] = instance
    executor._services["i-1"] = SimpleNamespace(close=lambda: None)  # type: ignore[assignment]
    return SimpleNamespace(
        id="i-1", user_data=None, private_ip="127.0.0.2", instance_type="t4g.small", root_device_name="/dev/sda1",
        state="running", _state=SimpleNamespace(), get_block_device_mapping=[],
    )  # fmt: skip


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What shall happen after a boot has shown the volumes and before the instance is on."""
    asked: list[Any] = []
    boot = Instance.boot

    def late(instance: Instance, *arguments: Any) -> bool:
        for act in asked:
            act()
        return boot(instance, *arguments)

    monkeypatch.setattr(Instance, "boot", late)
    monkeypatch.setattr(Instance, "_start", lambda *_: SimpleNamespace(wait=lambda **_: 0))
    return asked


def test_a_volume_that_comes_while_the_instance_boots_is_there_after_it(
    executor: Ec2Executor, machine: Any, meanwhile: list[Any]
) -> None:
    def come() -> None:
        machine.get_block_device_mapping.append(DEVICE)
        executor._attached(SimpleNamespace(instance=machine))

    meanwhile.append(come)
    executor._boot(machine, executor.instances["i-1"])
    assert (executor.instances["i-1"].root / "dev" / "sdf").is_symlink()


def test_an_instance_that_is_terminated_before_it_boots_never_does(
    executor: Ec2Executor, machine: Any, meanwhile: list[Any]
) -> None:
    instance, told = executor.instances["i-1"], []
    executor.booted.append(lambda *_: told.append("booted"))

    def end() -> None:
        ec2._set(machine, "shutting-down")
        machine.state = "shutting-down"
        executor._terminate(machine, instance)

    meanwhile.append(end)
    executor._boot(machine, instance)
    assert (told, instance.is_on, instance.root.exists(), executor.instances) == ([], False, False, {})


def test_a_volume_that_goes_from_an_instance_that_is_gone_brings_no_folder_back(
    executor: Ec2Executor, machine: Any
) -> None:
    executor._terminate(machine, executor.instances["i-1"])
    executor._attached(SimpleNamespace(instance=machine))
    assert not (executor._state.instances / "i-1").exists()
