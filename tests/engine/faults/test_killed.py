"""The engine is killed at random points, `mlteam recover` cleans up, and the next `up` goes on.

One stack for all of it: the tests build on each other in their order. `MLTEAM_KILL_SEED=N` tries other points; how much
the engine does beside the call that is counted is chance all the same.
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
from emulator.wire import READING
from stacks.recovery import locks, plugins
from stacks.recovery.belongings import BELONGINGS

pytestmark = pytest.mark.engine

SEED = int(os.environ.get("MLTEAM_KILL_SEED") or 20261127)
POINTS = random.Random(SEED)
MOST_CALLS = 12
"""Few enough that there is something to do for the last of them."""
LATE = ("ec2:RunInstances", "ec2:AttachVolume", "ssm:CreateAssociation")
"""What is at its end only some time after the call; in the order in which the first `up` makes them."""
PATIENCE_SECONDS = 60
PLACE = locks.folder("mlteam", "dev")
GIVEN_AGAIN = {token for token, row in BELONGINGS.items() if row.remove is None}
"""What the next `up` finds, whoever made it."""


def calls(killed: Any, at: str) -> int:
    """By which the engine has changed something so far, or of one operation."""
    names = [each["operation"] for each in killed.laptop.trail() if "emulated" in each["caller"]]
    return sum(name == at if at else not name.partition(":")[2].startswith(READING) for name in names)


def disturb(killed: Any, how: Callable[[int], object], verb: str, *arguments: str, at: str = "") -> int:
    """Begin, and after a random number of calls, or `at` an operation, do that to its process id; the exit code."""
    number = 1 if at else POINTS.randint(1, MOST_CALLS)
    sys.stdout.write(f"MLTEAM_KILL_SEED={SEED}: {verb} is disturbed after {number} calls {at}\n")
    before, deadline = calls(killed, at), time.monotonic() + PATIENCE_SECONDS
    process = killed.laptop.begin(verb, *arguments)
    try:
        while calls(killed, at) - before < number:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, f"{verb} makes no calls"
            time.sleep(0.01)
        how(process.pid)
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


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def kill_group(pid: int) -> None:
    os.killpg(pid, signal.SIGKILL)


def recovers_from(killed: Any, how: Callable[[int], object], at: str = "") -> None:
    assert disturb(killed, how, "up", at=at) == -signal.SIGKILL
    done = recover(killed, "--yes")
    assert len(done["locks"]) == 1
    assert done["processes"], "its language host is still there"
    assert is_in_order(killed)
    killed.put_treasures()


@pytest.mark.parametrize("at", LATE)
def test_after_a_kill_while_the_host_is_made_recovery_leaves_nothing_of_it(killed: Any, at: str) -> None:
    recovers_from(killed, kill, at)


@pytest.fixture(scope="module")
def emptied(killed: Any) -> Any:
    """All but what is protected is still to be made."""
    killed.laptop.change("destroy", "--exclude-protected")
    return killed


@pytest.mark.parametrize("how", [kill, kill_group])
def test_after_a_killed_up_recovery_leaves_nothing_of_it(emptied: Any, how: Callable[[int], object]) -> None:
    recovers_from(emptied, how)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_up_that_was_asked_to_end_needs_no_recovery(emptied: Any, number: signal.Signals) -> None:
    def ask(pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)  # it would get on meanwhile
        held = recover(emptied, "--yes", code=8)
        os.kill(pid, signal.SIGCONT)
        assert f"process {pid}" in held
        os.kill(pid, number)

    assert disturb(emptied, ask, "up") > 0
    assert is_in_order(emptied)


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
    assert disturb(killed, kill, "destroy", "--exclude-protected") == -signal.SIGKILL
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
