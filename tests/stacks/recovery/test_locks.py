"""Whose lock it is, and who is let past it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stacks.recovery import locks
from stacks.recovery.locks import Lock, Machine, Verdict
from stacks.recovery.store import FileStore
from workflow.errors import RefusedError

TAKEN = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
PLACE = locks.folder("mlteam", "dev")
ALIVE, DEAD, REUSED = 11, 12, 13
BEGAN = {ALIVE: TAKEN - timedelta(seconds=1), REUSED: TAKEN + timedelta(hours=1)}
HERE = Machine(host="here", started=lambda pid: BEGAN[pid].timestamp() if pid in BEGAN else None)


def body(pid: int, **changed: Any) -> bytes:
    """As the engine writes it."""
    told = {"pid": pid, "username": "ann", "hostname": "here", "timestamp": "2026-11-27T12:00:00.560716393Z"}
    return json.dumps({**told, **changed}).encode()


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(url=f"file://{tmp_path}", folder=tmp_path)


def lock(verdict: Verdict) -> Lock:
    return Lock(name=f"{PLACE}1.json", verdict=verdict, holder="ann@here")


@pytest.mark.parametrize(
    ("written", "verdict"),
    [
        (body(DEAD), Verdict.STALE),
        (body(ALIVE), Verdict.HELD),
        (body(REUSED), Verdict.STALE),
        (body(DEAD, hostname="elsewhere"), Verdict.FOREIGN),
        (body(ALIVE, hostname="elsewhere"), Verdict.FOREIGN),
        (b"", Verdict.BROKEN),
        (b"[]", Verdict.BROKEN),
        (b'{"pid": 12}', Verdict.BROKEN),
        (body(DEAD, timestamp="noon"), Verdict.BROKEN),
        (body(0), Verdict.BROKEN),
        (body(10**30), Verdict.BROKEN),
        (b"\xff\xfe", Verdict.BROKEN),
        (b'{"pid": 1e400}', Verdict.BROKEN),
        (body(DEAD, timestamp="0001-01-01T00:00:00+14:00"), Verdict.BROKEN),
    ],
)
def test_a_lock_is_stale_only_if_its_process_was_here_and_is_gone(written: bytes, verdict: Verdict) -> None:
    assert locks.judge(f"{PLACE}1.json", written, HERE).verdict is verdict


def test_an_engine_that_lives_is_at_work_whatever_the_clock_says() -> None:
    here = Machine(host="here", started=HERE.started, program=lambda _: "pulumi")
    assert locks.judge(f"{PLACE}1.json", body(REUSED), here).verdict is Verdict.HELD


def test_a_lock_says_who_holds_it_since_when() -> None:
    held = locks.judge(f"{PLACE}1.json", body(ALIVE), HERE)
    assert held.text() == "held lock of ann@here, process 11, since 2026-11-27 12:00:00 UTC"


@pytest.mark.parametrize(
    ("verdict", "break_lock", "cure"),
    [
        (Verdict.HELD, False, "wait for it"),
        (Verdict.HELD, True, "wait for it"),
        (Verdict.FOREIGN, False, "--break-lock"),
        (Verdict.BROKEN, False, "--break-lock"),
    ],
)
def test_nothing_gets_past_a_living_lock_nor_past_one_that_nobody_can_judge(
    store: FileStore, verdict: Verdict, break_lock: bool, cure: str
) -> None:
    with pytest.raises(RefusedError, match="ann@here") as refusal:
        locks.refuse([lock(verdict)], store, break_lock=break_lock)
    assert cure in str(refusal.value)


def test_a_stale_lock_is_let_past_and_others_on_a_word(store: FileStore) -> None:
    locks.refuse([lock(Verdict.STALE)], store, break_lock=False)
    locks.refuse([lock(Verdict.FOREIGN), lock(Verdict.BROKEN)], store, break_lock=True)


def test_locks_of_the_stack_are_read_and_no_others(store: FileStore) -> None:
    store.write(f"{PLACE}1.json", body(DEAD))
    store.write(f"{PLACE}1.json.attrs", b"{}")
    store.write(f"{locks.folder('mlteam', 'prod')}2.json", body(ALIVE))
    assert [each.name for each in locks.read(store, PLACE, HERE)] == [f"{PLACE}1.json"]


def test_who_holds_the_stack_is_seen_as_alive_and_leaves_nothing(store: FileStore) -> None:
    machine = locks.this_machine()
    with locks.hold(store, PLACE):
        (mine,) = locks.read(store, PLACE, machine)
        assert mine.verdict is Verdict.HELD
        assert f"process {os.getpid()}" in mine.holder
        with pytest.raises(RefusedError, match="somebody else"), locks.hold(store, PLACE):
            pytest.fail("two held it")
        assert [each.name for each in locks.read(store, PLACE, machine)] == [mine.name], "the loser's is gone"
    assert store.names("") == []


@pytest.mark.slow
def test_a_process_is_gone_when_it_has_ended_even_if_nobody_has_asked() -> None:
    started = locks.this_machine().started
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        began = started(process.pid)
        assert began is not None
        assert abs(began - time.time()) < 60
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet reaped
        assert started(process.pid) is None
    assert started(process.pid) is None


def test_a_user_without_a_name_can_hold_a_stack(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    with locks.hold(store, PLACE):
        (mine,) = locks.read(store, PLACE, locks.this_machine())
    assert mine.holder.startswith(f"{os.getuid()}@")


def test_the_engine_reads_what_is_written_while_the_stack_is_held(store: FileStore) -> None:
    with locks.hold(store, PLACE):
        (name,) = store.names(PLACE)
        told: Mapping[str, Any] = json.loads(store.read(name) or b"")
    assert set(told) == {"pid", "username", "hostname", "timestamp"}
    assert datetime.fromisoformat(told["timestamp"]).tzinfo is not None
