"""The engine is killed at random points, `mlteam recover` cleans up, and the next `up` goes on.

One stack for all of it: the tests build on each other in their order, and one `up` after the other is disturbed, each
further on than the one before. The points are drawn anew each day; a failed test tells the `MLTEAM_KILL_SEED` that
draws the same again. How much the engine does beside the call that is waited for is chance all the same.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from emulator import processes
from emulator.processes import Process
from stacks.recovery import locks, plugins
from stacks.recovery.belongings import BELONGINGS

pytestmark = pytest.mark.engine

SEED = int(os.environ.get("MLTEAM_KILL_SEED") or time.strftime("%Y%m%d"))
DRAWN = random.Random(SEED)
LAST = 6
"""Resources: the network of what is protected stays as well, and for the last there are no further calls."""
PATIENCE_SECONDS = 60
PLACE = locks.folder("mlteam", "dev")
GIVEN_AGAIN = {token for token, row in BELONGINGS.items() if row.remove is None}
"""What the next `up` finds, whoever made it."""


def made(killed: Any) -> int:
    """How many resources of AWS's the state has."""
    return sum(each["type"].startswith("aws:") for each in killed.deployment().get("resources", ()))


def disturb(killed: Any, how: Callable[[Any, int], object], verb: str, *arguments: str, number: int) -> int:
    """Begin, and do that to its process id at the first call after the state has that many resources, or has lost them;
    the exit code."""
    sys.stdout.write(f"MLTEAM_KILL_SEED={SEED}: {how.__name__} {verb} at {number} resources\n")
    deadline = time.monotonic() + PATIENCE_SECONDS
    process = killed.laptop.begin(verb, *arguments)

    def wait_for(has_come: Callable[[], bool], seconds: float) -> None:
        while not has_come():
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, f"{verb} does not get on"
            time.sleep(seconds)

    try:
        wait_for(lambda: made(killed) >= number if verb == "up" else made(killed) <= number, 0.05)
        counted = killed.laptop.changes()
        next(counted)
        wait_for(lambda: next(counted) > 0, 0.01)
        how(killed, process.pid)
    except BaseException:
        process.kill()
        raise
    code: int = process.wait(PATIENCE_SECONDS)
    return code


def recover(killed: Any, *arguments: str, stack: str = "dev", code: int = 0, **environment: str) -> Any:
    """As a person types it: the result, or what is said where the exit code tells of a failure."""
    done = subprocess.run(
        ["mlteam", "--stack", stack, "--output", "json", "recover", *arguments],
        cwd=killed.laptop.platform.checkout,
        env={**killed.laptop.platform.shell(), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stderr if code else json.loads(done.stdout)


def kill_recovery(killed: Any) -> None:
    """With the engine that it called, as soon as it has begun to change things."""
    before, deadline = killed.recovery.store.names(PLACE), time.monotonic() + PATIENCE_SECONDS
    platform = killed.laptop.platform
    command = ["mlteam", "--stack", "dev", "recover", "--yes"]
    with subprocess.Popen(
        command, cwd=platform.checkout, env=platform.shell(), stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        while killed.recovery.store.names(PLACE) == before:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        for each in processes.of_sessions({Process(process.pid, 0)}):
            each.signal(signal.SIGKILL)


def is_in_order(killed: Any) -> bool:
    """No lock, no operation pending, no process of a dead engine, nothing at AWS that nobody knows."""
    deployment = killed.deployment()
    assert killed.recovery.store.names(PLACE) == []
    assert deployment.get("pending_operations") in (None, [])
    assert plugins.without_engine(killed.laptop.platform.checkout) == []
    assert killed.orphans() <= GIVEN_AGAIN
    return True


def kill(_: Any, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def kill_group(_: Any, pid: int) -> None:
    os.killpg(pid, signal.SIGKILL)


def ask_to_end(killed: Any, pid: int, number: signal.Signals) -> None:
    """While it lives, its lock keeps recovery out."""
    os.kill(pid, signal.SIGSTOP)  # it would get on meanwhile
    held = recover(killed, "--yes", code=8)
    os.kill(pid, signal.SIGCONT)
    assert f"process {pid}" in held
    os.kill(pid, number)


def interrupt(killed: Any, pid: int) -> None:
    ask_to_end(killed, pid, signal.SIGINT)


def terminate(killed: Any, pid: int) -> None:
    ask_to_end(killed, pid, signal.SIGTERM)


CRASHES = (kill, kill_group)
DISTURBANCES = DRAWN.sample([kill, kill, kill_group, interrupt, terminate], k=5)
SHARES = [(step + DRAWN.random()) / len(DISTURBANCES) for step in range(len(DISTURBANCES))]
"""How much of the stack is there at each: one somewhere in each fifth."""
SHARE_OF_DESTROY = DRAWN.random()


@pytest.fixture(scope="module")
def all_there(recorded: Callable[[str], Any]) -> int:
    """How many resources of AWS's the whole stack is, but for the last, at which there is nothing left to disturb."""
    return len([each for each in recorded("dev").resources if each.token.startswith("aws:")]) - LAST


@pytest.mark.parametrize("step", range(len(DISTURBANCES)))
def test_an_up_goes_on_after_recovery_if_it_was_killed_and_without_if_it_was_asked_to_end(
    killed: Any, all_there: int, step: int
) -> None:
    how = DISTURBANCES[step]
    code = disturb(killed, how, "up", number=round(SHARES[step] * all_there))
    if how in CRASHES:
        assert code == -signal.SIGKILL
        done = recover(killed, "--yes")
        assert len(done["locks"]) == 1
        assert done["processes"], "its language host is still there"
    else:
        assert code > 0
    assert is_in_order(killed)
    killed.put_treasures()


def test_an_up_after_all_of_that_makes_the_stack_whole(killed: Any) -> None:
    killed.laptop.change("up")
    killed.put_treasures()
    killed.assert_whole()


def test_a_stack_in_order_has_nothing_to_recover(killed: Any) -> None:
    done = recover(killed)
    assert {name: found for name, found in done.items() if found} == {"version": 1, "step": "recover", "stack": "dev"}


def test_a_lock_that_nobody_can_judge_goes_on_a_word_only(killed: Any) -> None:
    killed.recovery.store.write(f"{PLACE}1.json", b"")
    said = recover(killed, "--yes", code=8)
    assert f"{PLACE}1.json" in said
    assert "--break-lock" in said
    assert len(recover(killed, "--yes", "--break-lock")["locks"]) == 1
    assert killed.recovery.store.names(PLACE) == []


def test_a_stack_that_is_not_there_and_a_caller_without_keys_are_told_apart(killed: Any) -> None:
    assert "there is no stack 'prod'" in recover(killed, "--yes", stack="prod", code=6)
    no_keys = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    assert "no AWS credentials" in recover(killed, "--yes", code=3, **no_keys)


def test_after_a_killed_destroy_an_up_finds_the_data_as_it_was(killed: Any) -> None:
    kept = LAST + sum(each.get("protect", False) for each in killed.deployment()["resources"])
    number = kept + round((1 - SHARE_OF_DESTROY) * (made(killed) - kept))
    assert disturb(killed, kill, "destroy", "--exclude-protected", number=number) == -signal.SIGKILL
    asked = recover(killed, code=8)
    assert "stale lock" in asked
    assert killed.recovery.store.names(PLACE) != [], "the lock went although nobody said yes"
    kill_recovery(killed)
    done = recover(killed, "--yes")
    assert is_in_order(killed)
    if done["asleep"]:  # the host is stopped before its disk is detached, and no `up` starts it
        killed.laptop.client("ec2").start_instances(InstanceIds=done["asleep"])
    killed.laptop.change("up")
    killed.assert_whole()
