"""When a deployment counts as served: every arm, this generation, no excuse."""

from typing import Any

import pytest

from workflow.deployment import Deployment, ModelReference
from workflow.errors import ResourceError
from workflow.rollout import serves, too_late

A, B, C = (ModelReference(digest=letter * 64, run_id=letter, name=letter) for letter in "abc")
WANTED = Deployment(generation=5, champion=A, challenger=B, challenger_weight=0.5, previous=C)


def status(**changed: Any) -> dict[str, Any]:
    arms = {"champion": A, "challenger": B, "previous": C}
    answer: dict[str, Any] = {
        "generation": 5,
        "wanted_generation": 5,
        "healthy": True,
        "arms": {place: reference.model_dump() for place, reference in arms.items()},
        "errors": [],
        "store_error": "",
    }
    return {**answer, **changed}


def fault(place: str) -> dict[str, str]:
    return {"place": place, "digest": "b" * 64, "message": "the model does not load: ValueError: planted"}


def test_both_arms_of_this_generation_are_served() -> None:
    assert serves(status(), WANTED) is True


@pytest.mark.parametrize(
    "changed",
    [
        {"wanted_generation": 4, "generation": 4},
        {"healthy": False},
        {"arms": {"champion": A.model_dump()}},
        {"arms": {"champion": B.model_dump(), "challenger": A.model_dump()}},
    ],
)
def test_anything_less_is_not_served_yet(changed: dict[str, Any]) -> None:
    assert serves(status(**changed), WANTED) is False


def test_a_fault_of_an_arm_is_the_servers_own_words() -> None:
    with pytest.raises(
        ResourceError,
        match=r"challenger bbbbbbbbbbbb: the model does not load: ValueError: planted\n  cure: mlteam logs model",
    ):
        serves(status(errors=[fault("challenger")]), WANTED)


def test_a_fault_of_an_older_generation_is_none_of_this_one() -> None:
    assert serves(status(wanted_generation=4, errors=[fault("challenger")]), WANTED) is False


def test_a_lost_previous_model_does_not_stop_it() -> None:
    arms = {"champion": A.model_dump(), "challenger": B.model_dump()}
    assert serves(status(arms=arms, errors=[fault("previous")]), WANTED) is True


def test_a_server_that_cannot_read_its_store_is_quoted_when_time_is_up() -> None:
    reason = "ClientError: AccessDenied when calling GetObject"
    message = str(too_late(status(wanted_generation=4, store_error=reason), WANTED, 120.0))
    assert message.startswith(f"the model server did not serve generation 5 in 120 s: {reason}\n")
    assert ":" not in str(too_late(status(wanted_generation=4), WANTED, 120.0)).splitlines()[0]
