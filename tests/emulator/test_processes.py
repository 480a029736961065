"""Processes are found again by who started them, whatever has become of the leader."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from emulator import processes

pytestmark = pytest.mark.slow


def test_what_a_leader_left_behind_before_it_was_recorded_is_found_again(tmp_path: Path) -> None:
    leader = subprocess.Popen(
        ["sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!"], stdout=subprocess.PIPE, start_new_session=True
    )
    assert leader.stdout is not None
    left = processes.find(int(leader.stdout.readline()))
    assert left is not None
    while processes.find(leader.pid) is not None:
        time.sleep(0.01)  # until it is a zombie
    processes.record(tmp_path, leader.pid)
    try:
        assert processes.of_sessions(processes.recorded(tmp_path)) == {left}
    finally:
        os.kill(left.pid, signal.SIGKILL)
        leader.wait()
        leader.stdout.close()
