"""What runs on after a program that was run to its end."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import processes
from stacks.interruptible import run_to_the_end

pytestmark = pytest.mark.slow

IDLE = f"#!{sys.executable}\nimport time\ntime.sleep(20)\n"
ENGINE = """
import subprocess, sys, time
host, port, code = sys.argv[1:]
print(subprocess.Popen([host, f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL, start_new_session=True).pid)
time.sleep(0.2)  # what has just begun has no command line yet
sys.exit(int(code))
"""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[list[str]]:
    """Begins a language host and goes without ending it; its exit code is to be added."""
    host = tmp_path / "pulumi-language-idle"
    host.write_text(IDLE)
    host.chmod(0o755)
    with socket.socket() as nobody:  # held, so that no other test's server gets the address meanwhile
        nobody.bind(("127.0.0.1", 0))
        yield [sys.executable, "-c", ENGINE, str(host), str(nobody.getsockname()[1])]


def test_an_engine_that_fails_leaves_no_language_host_behind(engine: list[str], tmp_path: Path) -> None:
    answer = run_to_the_end([*engine, "1"], tmp_path, {}, stdout=subprocess.PIPE, stderr=None)
    assert answer.returncode == 1
    assert processes.find(int(answer.stdout)) is None
