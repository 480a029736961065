"""The parts of converge.py that decide; the whole of it runs in the engine tests."""

import socket
from pathlib import Path
from typing import Any

import pytest

from components.shared.files import bootstrap, converge

SERVICE = {"name": "mlflow", "port": 1, "health_path": "/", "start_seconds": 1, "backup_command": "python -m b"}


class Commands:
    """Stands for the machine's programs: records what is called, answers what it was told to."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.called: list[tuple[str, ...]] = []
        self._answers = answers

    def __call__(self, *command: str) -> str:
        self.called.append(command)
        return self._answers.get(" ".join(command[:2]), "")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INSTANCE_ROOT", str(tmp_path))
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    recorder = Commands({"lsblk --nodeps": "/dev/nvme1n1 vol0abc\n/dev/nvme0n1 vol0root", "blkid --match-tag": "u-1"})
    monkeypatch.setattr(converge, "must", recorder)
    monkeypatch.setattr(converge, "answer", recorder)
    return recorder


def test_a_file_is_written_only_if_it_differs(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    assert converge.write_if_different(path, "x", mode=0o600)
    assert not converge.write_if_different(path, "x", mode=0o600)
    assert converge.write_if_different(path, "y", mode=0o600)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["b"]


def test_the_disk_is_found_by_its_volume_and_not_by_its_name(commands: Commands) -> None:
    assert converge.find_disk("vol-0abc") == "/dev/nvme1n1"


def test_an_empty_disk_is_formatted_once(machine: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converge, "is_mounted", lambda _mount: False)
    converge.mount_data("vol-0abc")
    assert ("mkfs.ext4", "-q", "/dev/nvme1n1") in commands.called
    assert (machine / "etc/fstab").read_text(encoding="utf-8") == "UUID=u-1 /var/lib/mlteam ext4 defaults,nofail 0 2\n"


def test_a_disk_with_anything_on_it_is_never_formatted(
    machine: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converge, "is_mounted", lambda _mount: False)
    commands._answers["blkid /dev/nvme1n1"] = "/dev/nvme1n1: TYPE=ext4"
    converge.mount_data("vol-0abc")
    assert not any(command[0] == "mkfs.ext4" for command in commands.called)


def test_what_is_not_listed_is_stopped_and_what_is_not_ours_is_left(machine: Path, commands: Commands) -> None:
    folder = machine / "etc/systemd/system"
    for name in ("mlteam-old.service", "mlteam-old-backup.timer", "mlteam-mlflow.service", "ssh.service"):
        (folder / name).touch()
    retired = converge.retire(["mlteam-mlflow.service"])
    assert retired == ["mlteam-old-backup.timer", "mlteam-old.service"], "the timer first: it would start it again"
    assert sorted(path.name for path in folder.iterdir()) == ["mlteam-mlflow.service", "ssh.service"]
    assert ("systemctl", "disable", "--now", "mlteam-old.service") in commands.called


def test_only_what_changed_or_is_down_is_started(commands: Commands) -> None:
    commands._answers["systemctl is-active"] = "active"
    converge.start(SERVICE, changed=False)
    assert not any(command[:2] == ("systemctl", "restart") for command in commands.called)
    converge.start(SERVICE, changed=True)
    restarted = [command[2] for command in commands.called if command[:2] == ("systemctl", "restart")]
    assert restarted == ["mlteam-mlflow.service", "mlteam-mlflow-backup.timer"]


def test_a_port_that_somebody_else_has_is_named_before_the_service_is_started(commands: Commands) -> None:
    commands._answers["systemctl is-active"] = "inactive"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        service = {**SERVICE, "port": listener.getsockname()[1]}
        with pytest.raises(converge.HostError, match=rf"service mlflow: port {service['port']} of 127.0.0.1 is taken"):
            converge.require_port(service, "127.0.0.1")
        commands._answers["systemctl is-active"] = "active"
        converge.require_port(service, "127.0.0.1")  # it is the service itself that has it
    commands._answers["systemctl is-active"] = "inactive"
    converge.require_port(service, "127.0.0.1")


def test_a_service_that_fails_is_named_with_its_last_lines(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converge, "healthy", lambda _url: False)
    commands._answers.update({"systemctl is-active": "failed", "journalctl -u": "no such table"})
    with pytest.raises(converge.HostError, match=r"service mlflow: it failed; see `mlteam logs mlflow`") as caught:
        converge.wait_for(SERVICE, "127.0.0.1")
    assert "no such table" in str(caught.value)


def test_a_service_that_takes_its_time_is_waited_for_without_asking_systemd_each_time(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False] * 4 + [True])
    monkeypatch.setattr(converge, "healthy", lambda _url: next(answers))
    monkeypatch.setattr(converge, "POLL_SECONDS", 0.0)
    commands._answers["systemctl is-active"] = "activating"
    converge.wait_for(SERVICE, "127.0.0.1")
    assert next(answers, None) is None
    assert [command[:2] for command in commands.called].count(("systemctl", "is-active")) == 1


class Parameters:
    """get_parameter and put_parameter, as boto3's client has them."""

    class exceptions:
        class ParameterNotFound(Exception):
            pass

        class ParameterAlreadyExists(Exception):
            pass

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.asked = 0

    def get_parameter(self, *, Name: str, WithDecryption: bool) -> dict[str, Any]:
        self.asked += 1
        if Name not in self.values:
            raise self.exceptions.ParameterNotFound
        return {"Parameter": {"Value": self.values[Name]}}

    def put_parameter(self, *, Name: str, Value: str, Type: str, Overwrite: bool) -> None:
        assert (Type, Overwrite) == ("SecureString", False)
        if Name in self.values:
            raise self.exceptions.ParameterAlreadyExists
        self.values[Name] = Value


def test_a_secret_is_made_once_and_then_read() -> None:
    parameters = Parameters()
    made = converge.secret_value(parameters, "/mlteam-dev/mlflow/admin-password")
    assert len(made) >= 40
    assert converge.secret_value(parameters, "/mlteam-dev/mlflow/admin-password") == made


def test_a_secret_that_another_host_makes_in_between_is_taken() -> None:
    class Raced(Parameters):
        def put_parameter(self, *, Name: str, Value: str, Type: str, Overwrite: bool) -> None:
            self.values[Name] = "theirs"
            raise self.exceptions.ParameterAlreadyExists

    assert converge.secret_value(Raced(), "/x") == "theirs"


def test_only_the_current_generation_of_packages_and_code_is_kept(tmp_path: Path) -> None:
    for name in ("venvs/new/bin", "venvs/old/bin", "code/new", "code/old"):
        (tmp_path / name).mkdir(parents=True)
    bootstrap.prune(bootstrap.Runtime(tmp_path / "venvs/new/bin/python", tmp_path / "code/new"))
    assert sorted(path.name for path in tmp_path.glob("*/*")) == ["new", "new"]


def test_code_with_another_digest_is_refused(machine: Path) -> None:
    with pytest.raises(SystemExit, match="sha256 is"):
        bootstrap._expect("s3://b/k", "1" * 64, "2" * 64)
