"""systemd units of a service, as text."""

from typing import Any

import pytest

from components.shared.files import units

LAYOUT = units.Layout(
    service="mlflow",
    region="us-east-1",
    address="10.0.0.5",
    python="/opt/venv/bin/python",
    code="/opt/code",
    data_folder="/var/lib/mlteam/mlflow",
    config_folder="/etc/mlteam/mlflow",
)
SERVICE: dict[str, Any] = {
    "name": "mlflow",
    "command": "python -m mlflow --host ${HOST_ADDRESS} --store sqlite:///${DATA_FOLDER}/a.db",
    "environment": {"REGEX": "^(a|b)$", "CONFIG": "${CONFIG_FOLDER}/x.ini", "RATE": "5%"},
    "backup_command": "python -m backup --folder ${DATA_FOLDER}",
    "restore_command": "python -m restore",
    "backup_minutes": 15,
    "start_seconds": 60,
}


def test_placeholders_become_what_this_host_has() -> None:
    text = units.unit_files(SERVICE, LAYOUT)["mlteam-mlflow.service"]
    assert (
        "ExecStart=/opt/venv/bin/python -m mlflow --host 10.0.0.5 --store sqlite:////var/lib/mlteam/mlflow/a.db\n"
    ) in text
    assert 'Environment="CONFIG=/etc/mlteam/mlflow/x.ini"' in text
    assert "${" not in text


def test_systemds_own_signs_are_escaped() -> None:
    text = units.unit_files(SERVICE, LAYOUT)["mlteam-mlflow.service"]
    assert 'Environment="RATE=5%%"' in text
    assert units.command_line("python -c 'echo $HOME 5%'", LAYOUT).endswith("-c 'echo $$HOME 5%%'")


def test_a_service_restores_before_it_starts_and_backs_up_after_it_stops() -> None:
    lines = units.unit_files(SERVICE, LAYOUT)["mlteam-mlflow.service"].splitlines()
    order = [line.split("=")[0] for line in lines if line.startswith("Exec")]
    assert order == ["ExecStartPre", "ExecStart", "ExecStopPost"]


def test_backups_run_by_a_timer() -> None:
    texts = units.unit_files(SERVICE, LAYOUT)
    assert set(texts) == {"mlteam-mlflow.service", "mlteam-mlflow-backup.service", "mlteam-mlflow-backup.timer"}
    assert "OnActiveSec=2min\nOnUnitActiveSec=15min" in texts["mlteam-mlflow-backup.timer"]
    assert "Type=oneshot" in texts["mlteam-mlflow-backup.service"]


def test_a_service_without_data_has_one_unit() -> None:
    plain = {**SERVICE, "backup_command": None, "restore_command": None}
    assert set(units.unit_files(plain, LAYOUT)) == {"mlteam-mlflow.service"}


@pytest.mark.parametrize(
    "setting", ["User=mlteam-mlflow", "NoNewPrivileges=yes", "PrivateTmp=yes", "ProtectSystem=strict"]
)
def test_every_process_of_a_service_is_confined(setting: str) -> None:
    texts = units.unit_files(SERVICE, LAYOUT)
    assert all(setting in text.splitlines() for name, text in texts.items() if name.endswith(".service"))


def test_no_secret_stands_in_a_unit() -> None:
    texts = "".join(units.unit_files(SERVICE, LAYOUT).values())
    assert "EnvironmentFile=/etc/mlteam/mlflow/secrets.env" in texts


def test_a_command_that_is_not_python_is_refused() -> None:
    with pytest.raises(ValueError, match="must start with python"):
        units.command_line("bash -c ls", LAYOUT)
