"""The A/B test as a whole, on simulated arms: its decisions over many seeds, its guardrails, its split check."""

from itertools import count
from typing import Any

import numpy as np
import pytest

from workflow.deployment import Deployment, ModelReference
from workflow.errors import ResourceError
from workflow.experiment import GUARD_FROM, Experiment, Outcome
from workflow.project import AbTest, Guardrails
from workflow.serving.split import ArmName, arm_of
from workflow.statistics.sequential import Decision
from workflow.steps.abtest import concluded, recorded

RULES = AbTest(minimum_effect=0.05, max_requests=2000, guardrails=Guardrails(error_rate=0.02, p95_latency_ms=100))
DEMO = {ArmName.CHAMPION: 0.850, ArmName.CHALLENGER: 0.946}
"""The accuracies of the example's baseline and strong candidates on its abtest images (examples/digits/README.md)."""


def simulate(rates: dict[ArmName, float], seed: int, rules: AbTest = RULES, **fields: Any) -> Experiment:
    """Visitors of four requests each, split by the server's own rule, looked at after every request."""
    generator = np.random.default_rng(seed)
    experiment = Experiment(rules=rules, confidence=0.95, weight=0.5)
    for number in range(rules.max_requests):
        unit = f"visitor-{seed}-{number // 4}"
        arm = arm_of(unit, "salt", 0.5)
        outcome = {"error": False, "seconds": 0.005} | {name: value(arm) for name, value in fields.items()}
        if experiment.take(Outcome(unit=unit, arm=arm, right=bool(generator.random() < rates[arm]), **outcome)):
            break
    return experiment


def test_the_demos_challenger_is_promoted_with_every_one_of_20_seeds() -> None:
    tests = [simulate(DEMO, seed) for seed in range(20)]
    assert [test.decision for test in tests] == [Decision.PROMOTE] * 20
    assert not any(test.fault for test in tests)


@pytest.mark.slow  # the same is measured on the bare statistics in the default tier
def test_two_equal_arms_are_promoted_in_at_most_5_percent_of_200_runs() -> None:
    rules = RULES.model_copy(update={"max_requests": 800})
    same = dict.fromkeys(ArmName, 0.844)
    promoted = sum(simulate(same, seed, rules).decision is Decision.PROMOTE for seed in range(200))
    assert promoted <= 10, f"{promoted} of 200 A/A runs were promoted"


def test_a_challenger_that_fails_requests_is_stopped_early() -> None:
    served = count(1)
    test = simulate(DEMO, 1, error=lambda arm: arm is ArmName.CHALLENGER and next(served) % 20 == 0)
    assert test.decision is Decision.KEEP
    assert test.reason == "guardrail: error rate 0.0500, allowed 0.02"
    assert test.sides[ArmName.CHALLENGER].outcomes.outcomes == GUARD_FROM


def test_a_slow_challenger_is_stopped_even_if_it_is_right_more_often() -> None:
    test = simulate(DEMO, 1, seconds=lambda arm: 0.3 if arm is ArmName.CHALLENGER else 0.005)
    assert test.decision is Decision.KEEP
    assert "p95 latency 300 ms, allowed 100 ms" in test.reason


def test_a_server_that_answers_nobody_is_no_reason_to_keep_the_champion() -> None:
    test = simulate(DEMO, 1, error=lambda arm: True)
    assert test.decision is Decision.UNDECIDED
    assert test.requests < 2 * GUARD_FROM, "the rest would only be waited for"
    assert test.fault == "champion and challenger gave no prediction to 100.0% and 100.0% of their requests"


def test_what_slows_both_arms_is_not_held_against_the_challenger() -> None:
    assert simulate(DEMO, 1, seconds=lambda arm: 0.3).decision is Decision.PROMOTE


def test_without_a_difference_to_see_the_requests_run_out() -> None:
    test = simulate(DEMO | {ArmName.CHALLENGER: 0.87}, 3, RULES.model_copy(update={"max_requests": 300}))
    assert test.decision is Decision.UNDECIDED
    assert (test.requests, "not decided after 300" in test.reason) == (300, True)


def test_a_unit_on_both_arms_makes_the_test_invalid() -> None:
    test = simulate(DEMO, 1)
    unit = next(iter(test.sides[ArmName.CHAMPION].units))
    test.sides[ArmName.CHALLENGER].units.add(unit)
    assert test.fault.startswith("the split of units")


def test_a_broken_split_decides_nothing_whatever_the_arms_say() -> None:
    a, b = (ModelReference(digest=letter * 64, run_id="r", name="n") for letter in "ab")
    deployment = Deployment(generation=1, salt="s", champion=a, challenger=b, challenger_weight=0.05)
    test = simulate(DEMO, 1)
    test.weight = 0.05
    record = recorded(test, deployment, images=10, seed=1)
    assert record.decision == "undecided"
    assert record.reason.startswith("invalid")
    assert record.with_replacement
    with pytest.raises(
        ResourceError, match=r"units is not the one asked for: \d+ and \d+ .*\n.*mlteam abtest --seed 2$"
    ):
        concluded(test, record)


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_arms_that_always_or_never_fail_break_nothing(rate: float) -> None:
    assert simulate(dict.fromkeys(ArmName, rate), 1).decision is not Decision.PROMOTE
