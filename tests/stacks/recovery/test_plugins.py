"""Which processes outlived their engine."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stacks.recovery import plugins

pytestmark = pytest.mark.slow

IDLE = "#!{python}\nimport time\ntime.sleep(600)\n"
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A process that is called so, in a folder."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(name: str, *arguments: str, folder: Path = tmp_path) -> "subprocess.Popen[bytes]":
        program = tmp_path / name
        if not program.exists():  # one that has just begun may not have read it yet
            program.write_text(IDLE.format(python=sys.executable))
            program.chmod(0o755)
        process = subprocess.Popen([program, *arguments], cwd=folder)
        started.append(process)
        while name not in Path(f"/proc/{process.pid}/cmdline").read_text():
            time.sleep(0.001)  # the kernel tells of the new program a moment before it tells of its words
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address at which nobody listens: it is held, so that no other test's server gets it meanwhile."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{holder.getsockname()[1]}"


@pytest.fixture
def engine() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_only_plugins_of_the_folder_whose_engine_is_gone_are_found_and_end(
    start: Start, nobody: str, engine: str, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    left = {start("pulumi-language-python", nobody).pid, start("pulumi-resource-aws", nobody).pid}
    others = [
        start("pulumi-resource-aws", engine),
        start("pulumi-resource-aws"),  # attached by hand: it reports to nobody
        start("pulumi-resource-aws", nobody, folder=elsewhere),
        start("language-server", nobody),
    ]
    found = plugins.without_engine(tmp_path)
    assert {each.pid for each in found} == left
    plugins.end(found)
    assert plugins.without_engine(tmp_path) == []
    assert [process.poll() for process in others] == [None] * len(others)
