"""The deployment object: its changes as pure functions, and its conditional write."""

from typing import Any

import pytest

from workflow.deployment import Deployment, ModelReference, parse_deployment, read_deployment, write_deployment
from workflow.errors import DriftError, RefusedError, UsageError

URI = "s3://mlteam-dev-artifacts/serving/deployment.json"
A, B, C = (ModelReference(digest=letter * 64, run_id=letter, name=letter) for letter in "abc")


def test_the_first_model_is_the_champion() -> None:
    assert Deployment().with_candidate(A, 0.1) == Deployment(generation=1, champion=A)


def test_the_next_one_is_a_challenger_with_a_salt_of_its_own() -> None:
    served = Deployment(generation=4, champion=A, previous=C)
    wanted = served.with_candidate(B, 0.1)
    assert (wanted.generation, wanted.champion, wanted.challenger, wanted.previous) == (5, A, B, C)
    assert wanted.challenger_weight == 0.1
    assert wanted.salt != served.with_candidate(C, 0.1).salt


@pytest.mark.parametrize("weight", [0.0, 1.0, -0.1, 1.1, float("nan")])
@pytest.mark.parametrize("served", [Deployment(), Deployment(generation=4, champion=A)])
def test_a_weight_that_tests_nothing_or_everybody_is_refused(served: Deployment, weight: float) -> None:
    with pytest.raises(UsageError, match=r"challenger weight .*; allowed: above 0, below 1"):
        served.with_candidate(B, weight)


def test_promotion_keeps_the_champion_of_before_and_rollback_brings_it_back() -> None:
    promoted = Deployment(generation=2, champion=A).with_candidate(B, 0.5).promoted()
    assert promoted == Deployment(generation=4, champion=B, previous=A)
    assert promoted.rolled_back() == Deployment(generation=5, champion=A)


def test_a_rollback_during_a_test_withdraws_the_challenger_too() -> None:
    testing = Deployment(generation=4, champion=B, previous=A).with_candidate(C, 0.5)
    assert testing.rolled_back().references() == {"champion": A}
    assert testing.without_challenger().references() == {"champion": B, "previous": A}


@pytest.mark.parametrize("change", ["promoted", "rolled_back", "without_challenger"])
def test_what_cannot_be_done_is_refused(change: str) -> None:
    with pytest.raises(RefusedError, match="there is no"):
        getattr(Deployment(generation=1, champion=A), change)()


def test_a_restored_deployment_is_a_newer_generation() -> None:
    before = Deployment(generation=7, champion=A)
    assert before.with_candidate(B, 0.5).restored_to(before) == Deployment(generation=9, champion=A)


def test_only_who_saw_the_latest_may_write(world: Any) -> None:
    assert read_deployment(world.client, URI) == (Deployment(), "")
    etag = write_deployment(world.client, URI, Deployment(generation=1, champion=A), "")
    with pytest.raises(RefusedError, match="somebody else changed"):
        write_deployment(world.client, URI, Deployment(generation=1, champion=B), "")
    write_deployment(world.client, URI, Deployment(generation=2, champion=B), etag)
    with pytest.raises(RefusedError, match="somebody else changed"):
        write_deployment(world.client, URI, Deployment(generation=2, champion=C), etag)
    assert read_deployment(world.client, URI).deployment == Deployment(generation=2, champion=B)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", r"document: Invalid JSON.*\n  cure: .* --prefix serving/deployment\.json, then aws s3api copy-object"),
        (b'{"version": 2}', "version"),
        (b'{"champion": {"digest": "../../x", "run_id": "r", "name": "n"}}', "champion.digest"),
        (b'{"challenger_weight": 1.5}', "challenger_weight"),
        (b'{"replicas": 3}', "replicas"),
    ],
)
def test_an_object_of_somebody_else_is_named_by_its_faults(body: bytes, words: str) -> None:
    with pytest.raises(DriftError, match=words):
        parse_deployment(body, URI)
