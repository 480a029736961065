"""The stack's lock: one winner, the loser told who, the dead replaced, numbers that only rise."""

import threading
import time
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from workflow.errors import DriftError, RefusedError
from workflow.lock import Lock, _renew_until, acquire, lock_address, parse_lease, stack_lock
from workflow.s3 import read

ADA, BOB = "arn:aws:iam::1:user/ada", "arn:aws:iam::1:user/bob"


@pytest.fixture
def address(world: Any) -> Any:
    return lock_address("mlteam-dev-artifacts", "dev")


def test_the_second_is_refused_and_told_who_holds_it(world: Any, address: Any) -> None:
    acquire(world.client, address, owner=ADA, purpose="deploy model x")
    with pytest.raises(RefusedError, match=r"user/ada holds the stack's lock to deploy model x"):
        acquire(world.client, address, owner=BOB, purpose="promote")


def test_of_two_that_saw_it_free_one_wins(world: Any, address: Any) -> None:
    """Bob reads an absent lock, Ada takes it, Bob writes."""

    class Slow:
        def __init__(self) -> None:
            self.exceptions = world.client.exceptions

        def get_object(self, **arguments: Any) -> Any:
            try:
                return world.client.get_object(**arguments)
            finally:
                acquire(world.client, address, owner=ADA, purpose="deploy")

        def put_object(self, **arguments: Any) -> Any:
            return world.client.put_object(**arguments)

    with pytest.raises(RefusedError, match="just now"):
        acquire(Slow(), address, owner=BOB, purpose="promote")


def test_a_released_lock_is_free_and_the_next_number_is_higher(world: Any, address: Any) -> None:
    first = acquire(world.client, address, owner=ADA, purpose="deploy")
    first.release()
    second = acquire(world.client, address, owner=BOB, purpose="promote")
    assert (first.fencing, second.fencing) == (1, 2)


def test_a_dead_holder_is_replaced_and_cannot_write_any_more(world: Any, address: Any) -> None:
    dead = acquire(world.client, address, owner=ADA, purpose="deploy", ttl_seconds=0)
    living = acquire(world.client, address, owner=BOB, purpose="promote")
    assert living.fencing == dead.fencing + 1
    dead.renew()
    with pytest.raises(RefusedError, match="was lost"):
        dead.check()
    dead.release()
    living.check()
    stored = read(world.client, address)
    assert stored is not None
    assert parse_lease(stored.body, address).owner == BOB, "the dead must not release the living"


def test_a_renewed_lease_is_held(world: Any, address: Any) -> None:
    lock = acquire(world.client, address, owner=ADA, purpose="deploy")
    lock.renew()
    lock.check()
    with pytest.raises(RefusedError):
        acquire(world.client, address, owner=BOB, purpose="promote")


def test_a_renewal_that_s3_does_not_answer_is_tried_again(world: Any, address: Any) -> None:
    lock = acquire(world.client, address, owner=ADA, purpose="deploy", ttl_seconds=1)
    done, asked = threading.Event(), []

    class Away:
        def put_object(self, **arguments: Any) -> Any:
            asked.append(arguments)
            if len(asked) == 2:
                done.set()
            raise EndpointConnectionError(endpoint_url="http://s3")

        exceptions = world.client.exceptions

    lock.client = Away()
    _renew_until(lock, done)
    assert len(asked) == 2
    time.sleep(0.4)
    with pytest.raises(RefusedError, match="not be renewed for 1 s"):
        lock.check()


def test_a_lock_that_cannot_be_given_back_does_not_hide_the_failure(
    world: Any, address: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: Lock) -> None:
        raise EndpointConnectionError(endpoint_url="http://s3")

    monkeypatch.setattr(Lock, "release", away)
    with pytest.raises(ValueError, match="planted"), stack_lock(world.context, "deploy"):
        raise ValueError("planted")


def test_a_step_that_fails_gives_the_lock_back(world: Any, address: Any) -> None:
    with pytest.raises(ValueError, match="planted"), stack_lock(world.context, "deploy"):
        raise ValueError("planted")
    with stack_lock(world.context, "deploy") as lock:
        assert lock.fencing == 2


def test_what_is_no_lock_is_not_overwritten(world: Any, address: Any) -> None:
    world.client.put_object(Bucket=address.bucket, Key=address.key, Body=b"{}")
    with pytest.raises(
        DriftError, match=f"not one that mlteam wrote(?s:.*)cure: .*list-object-versions.* --prefix {address.key}"
    ):
        acquire(world.client, address, owner=ADA, purpose="deploy")
