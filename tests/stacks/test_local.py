"""What can be said of the laptop's platform without starting one."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stacks.local import LocalPlatform, past_the_proxy
from workflow.errors import UsageError


def test_a_folder_with_a_space_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "a clone"
    with pytest.raises(UsageError, match="without spaces"):
        LocalPlatform(directory=folder).start()
    assert not folder.exists()


@pytest.mark.parametrize("given", [{}, {"NO_PROXY": "example.com"}, {"no_proxy": "example.com,localhost"}])
def test_a_proxy_is_never_asked_for_loopback(given: dict[str, str]) -> None:
    made = past_the_proxy(given)
    assert made["NO_PROXY"] == made["no_proxy"]
    named = made["NO_PROXY"].split(",")
    assert {"127.0.0.1", "localhost", *filter(None, "".join(given.values()).split(","))} <= set(named)
    assert len(named) == len(set(named))


@pytest.mark.slow
def test_the_end_of_the_platform_is_that_of_what_a_killed_engine_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No `up` will ever hear it again."""
    monkeypatch.setattr(LocalPlatform, "_emulator", lambda _self, _verb: None)
    program = tmp_path / "pulumi-language-idle"
    program.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    program.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with subprocess.Popen([program, f"127.0.0.1:{port}"], cwd=tmp_path) as left:
        while program.name not in Path(f"/proc/{left.pid}/cmdline").read_text():
            time.sleep(0.001)
        LocalPlatform(checkout=tmp_path, directory=tmp_path / "platform").stop()
        assert left.wait(timeout=20) == -signal.SIGTERM
