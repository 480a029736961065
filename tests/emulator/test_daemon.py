"""Start, stop and status of the emulator, whatever happened before."""

import json
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import processes
from emulator.server import _require_loopback

Run = Callable[..., Any]

pytestmark = pytest.mark.slow


def test_nothing_but_loopback_is_bound() -> None:
    with pytest.raises(OSError, match=r"loopback only, not 0\.0\.0\.0"):
        _require_loopback("0.0.0.0")


def test_stop_ends_the_orphans_of_a_killed_emulator_and_a_second_start_is_the_same(
    tmp_path: Path, emulator_command: Run, start_cloud: Run, wait_for: Run
) -> None:
    directory = tmp_path / "state"
    cloud = start_cloud(directory)
    again = emulator_command("start", directory)
    assert json.loads(again.stdout) == cloud.endpoints, "a second start made another emulator"
    assert directory.stat().st_mode & 0o777 == 0o700
    assert (directory / "endpoints.json").stat().st_mode & 0o777 == 0o600

    before = _sleepers()
    instance_id = cloud.launch()
    # The first leaves its session and its parent, the second clears its environment.
    cloud.out(instance_id, "setsid sleep 971 >/dev/null 2>&1 &\nenv -i sleep 972 >/dev/null 2>&1 &")
    started = wait_for("the test's own processes", lambda: len(_sleepers() - before) == 2 and _sleepers() - before)
    sleepers = set(started)
    cloud.mlflow_app("orphan")
    sleepers |= wait_for("the app's server", lambda: _running(f"{directory}/apps/"))
    os.kill(cloud.endpoints["pid"], signal.SIGKILL)
    wait_for("the server's end", lambda: processes.find(cloud.endpoints["pid"]) is None)
    assert all(sleeper.is_alive() for sleeper in sleepers)

    stopped = emulator_command("stop", directory)
    assert stopped.returncode == 0, stopped.stderr
    assert [f"{each.pid} {_command_line(each)}" for each in sleepers if each.is_alive()] == []
    assert not any((directory / name).exists() for name in ("instances", "apps"))
    assert not (directory / "endpoints.json").exists()


def _sleepers() -> set[processes.Process]:
    return {process for process in _running("sleep 97") if process.command() in ("sleep 971", "sleep 972")}


def _running(words: str) -> set[processes.Process]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    found = {process for pid in pids if (process := processes.find(pid))}
    return {process for process in found if words in _command_line(process)}


def _command_line(process: processes.Process) -> str:
    """All of it: where tests run side by side, the path of a state is longer than what `command` shows."""
    with suppress(OSError):
        return Path(f"/proc/{process.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def test_stopping_what_does_not_run_is_no_fault(tmp_path: Path, emulator_command: Run) -> None:
    assert emulator_command("stop", tmp_path / "nothing").returncode == 0
    status = json.loads(emulator_command("status", tmp_path / "nothing").stdout)
    assert status["running"] is False


def test_endpoints_of_a_dead_process_are_not_believed(tmp_path: Path, emulator_command: Run) -> None:
    stale = {"pid": 1, "started": 1, "aws_endpoint_url": "http://127.0.0.1:1", "provider_port": 1}
    (tmp_path / "endpoints.json").write_text(json.dumps({**stale, "account_id": "0", "region": "x", "version": 1}))
    assert json.loads(emulator_command("status", tmp_path).stdout)["running"] is False


def test_a_taken_port_is_told_with_its_number(tmp_path: Path, emulator_command: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        started = emulator_command("start", tmp_path / "state", "--port", str(port))
    assert started.returncode == 1
    assert f"port {port} of 127.0.0.1 is taken" in started.stderr


def test_a_fault_plan_can_be_in_force_from_the_start(tmp_path: Path, emulator_command: Run, start_cloud: Run) -> None:
    (tmp_path / "bad.yaml").write_text("version: 3\n")
    refused = emulator_command("start", tmp_path / "state", "--faults", str(tmp_path / "bad.yaml"))
    assert (refused.returncode, (tmp_path / "state").exists()) == (1, False), "it started without its plan"
    plan = {"version": 1, "faults": [{"operation": "sns:CreateTopic", "fault": "deny", "when": "every"}]}
    (tmp_path / "plan.yaml").write_text(json.dumps(plan))
    started = emulator_command("start", tmp_path / "state", "--faults", str(tmp_path / "plan.yaml"))
    assert started.returncode == 0, started.stderr
    cloud = start_cloud(tmp_path / "state")
    with pytest.raises(ClientError, match="AuthorizationError"):
        cloud.client("sns").create_topic(Name="t")
    assert emulator_command("stop", tmp_path / "state").returncode == 0
    assert not (tmp_path / "state" / "faults.json").exists()
