"""The sequential test: its rate of false promotions while looked at after every request, and its power."""

import math

import numpy as np
import pytest

from workflow.statistics.sequential import MINIMUM_PER_ARM, Arm, Comparison, Decision, compare, decide

pytestmark = pytest.mark.slow

EFFECT = 0.05
"""The minimum effect of the demo's A/B test."""


def run(
    champion_rate: float, challenger_rate: float, seed: int, requests: int = 2000, weight: float = 0.5
) -> tuple[Decision, int]:
    """A test that is looked at after every single request, stopped at the first decision."""
    generator = np.random.default_rng(seed)
    arms = [Arm(), Arm()]
    for request in range(1, requests + 1):
        side = int(generator.random() < weight)
        arms[side] = arms[side].plus(bool(generator.random() < (champion_rate, challenger_rate)[side]))
        decision = decide(compare(*arms, tau=EFFECT, confidence=0.95), minimum_effect=EFFECT)
        if decision is not Decision.UNDECIDED:
            return decision, request
    return Decision.UNDECIDED, requests


def test_the_demos_effect_is_promoted_with_every_one_of_20_seeds() -> None:
    outcomes = [run(0.84, 0.94, seed) for seed in range(20)]
    assert {decision for decision, _ in outcomes} == {Decision.PROMOTE}, outcomes


@pytest.mark.parametrize(("rate", "weight"), [(0.5, 0.5), (0.85, 0.5), (0.97, 0.5), (0.97, 0.1)])
def test_two_equal_arms_are_promoted_at_most_5_percent_of_the_time(rate: float, weight: float) -> None:
    promoted = sum(run(rate, rate, seed, 1200, weight)[0] is Decision.PROMOTE for seed in range(200))
    assert promoted <= 10, f"{promoted} of 200 A/A runs were promoted"


def test_a_worse_challenger_is_never_promoted() -> None:
    assert {run(0.94, 0.84, seed)[0] for seed in range(20)} == {Decision.KEEP}


def test_nothing_is_decided_before_both_arms_have_enough() -> None:
    few = Arm(outcomes=MINIMUM_PER_ARM - 1, successes=MINIMUM_PER_ARM - 1)
    comparison = compare(Arm(outcomes=5000, successes=0), few, tau=EFFECT, confidence=0.95)
    assert (comparison.lower, comparison.upper, comparison.p_value) == (-math.inf, math.inf, 1.0)
    assert decide(comparison, minimum_effect=EFFECT) is Decision.UNDECIDED


def test_an_arm_without_a_failure_is_not_certain() -> None:
    perfect = Arm(outcomes=60, successes=60)
    comparison = compare(perfect, perfect, tau=EFFECT, confidence=0.95)
    assert comparison.lower < 0 < comparison.upper


def test_the_interval_excludes_nothing_exactly_when_the_p_value_says_so() -> None:
    champion = Arm(outcomes=1000, successes=850)
    for successes in range(850, 950, 2):
        comparison = compare(champion, Arm(outcomes=1000, successes=successes), tau=EFFECT, confidence=0.95)
        assert (comparison.lower > 0) == (comparison.p_value < 0.05), successes


def test_a_challenger_that_cannot_matter_is_not_waited_for() -> None:
    narrow = Comparison(difference=0.0, lower=-0.02, upper=0.02, p_value=1.0)
    assert decide(narrow, minimum_effect=0.05) is Decision.KEEP
