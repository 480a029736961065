"""What goes wrong while a stack comes up on a laptop, one after the other on one platform: each is said, none stays.

The tests build on each other in their order, because every `up` from nothing takes most of a minute.
"""

import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from examples.digits.demo import begin_clean
from workflow.errors import NoStackError, ResourceError

pytestmark = pytest.mark.engine

PATIENCE_SECONDS = 120
SERVICE, PORT = "mlflow", 5000


@pytest.fixture(scope="module")
def laptop(laptop_of: Callable[..., Any], language_host: Any) -> Any:
    laptop = laptop_of("local", language_host)
    laptop.platform.start()
    laptop.platform.select()
    return laptop


@pytest.fixture(scope="module")
def taken(laptop: Any) -> Iterator[socket.socket]:
    """Somebody else listens where the service will."""
    (machine,) = laptop.machines()
    with socket.create_server((machine["PrivateIpAddress"], PORT)) as listener:
        yield listener


def wait_for_machine(laptop: Any, ended: Callable[[], object]) -> None:
    """Until `up` is in the middle: the host is there, its services are not."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not laptop.machines():
        assert not ended(), "up has ended before there was a machine"
        assert time.monotonic() < deadline, "up makes no machine"
        time.sleep(0.1)


def ids(laptop: Any, token: str) -> list[str]:
    return sorted(id_ for id_, _ in laptop.state(token).values())


def test_an_up_whose_aws_dies_says_where_it_was(laptop: Any) -> None:
    endpoints = laptop.platform.endpoints()
    with ThreadPoolExecutor(1) as pool:
        up = pool.submit(laptop.platform.pulumi, "up", "--yes", "--skip-preview", "--stack", "local", capture=True)
        wait_for_machine(laptop, up.done)
        os.kill(endpoints.pid, signal.SIGKILL)
        with pytest.raises(ResourceError) as failure:
            up.result(timeout=PATIENCE_SECONDS)
    what, cure = str(failure.value).splitlines()
    assert "up" in what
    assert f"the emulated AWS at {endpoints.aws_endpoint_url} ended" in what
    assert "make demo" in cure


def test_a_platform_whose_aws_died_starts_clean(laptop: Any) -> None:
    with pytest.raises(NoStackError, match="no local platform is running"):
        laptop.platform.endpoints()
    laptop.platform.start()
    assert (laptop.buckets(), laptop.machines()) == ([], [])
    assert not laptop.platform.state_directory.exists(), "a state whose AWS is gone describes nothing"
    served = [line for line in laptop.processes() if "emulator serve" not in line]
    assert served == [], "the dead platform's processes run on"


def test_an_interrupted_up_ends_and_is_remembered(laptop: Any) -> None:
    laptop.platform.select()
    up = laptop.begin("up")
    wait_for_machine(laptop, lambda: up.poll() is not None)
    os.killpg(up.pid, signal.SIGINT)
    said, _ = up.communicate(timeout=PATIENCE_SECONDS)
    assert up.returncode not in (0, None)
    assert "Traceback" not in said, said
    assert laptop.deployment().get("pending_operations") in (None, [])


def test_a_port_already_taken_fails_the_up_and_names_service_and_port(laptop: Any, taken: socket.socket) -> None:
    said = laptop.change("up", fails=True)
    address, port = taken.getsockname()
    taken.close()
    assert f"service {SERVICE}: port {port} of {address} is taken" in said, said


def test_a_failed_run_of_the_services_stays_red_until_its_cure_is_run(laptop: Any) -> None:
    said = laptop.change("up", fails=True)
    cure = re.search(r"cure: pulumi up --replace '([^']+)'", said)
    assert cure is not None, said
    laptop.change("up", "--replace", cure[1])


def test_after_all_of_that_nothing_is_to_do_and_nothing_is_forgotten(laptop: Any) -> None:
    laptop.change("up", "--expect-no-changes")
    for token, there in laptop.there().items():
        assert ids(laptop, token) == sorted(there), token


def test_a_demo_after_an_interrupted_one_begins_with_nothing(laptop: Any) -> None:
    begin_clean(laptop.platform)
    assert laptop.processes() == []
    with pytest.raises(NoStackError):
        laptop.platform.endpoints()
    assert not laptop.platform.state_directory.exists()
