"""The sample-ratio check against known values of chi-square."""

import pytest

from workflow.statistics.ratio import MISMATCH_P_VALUE, split_p_value


def test_the_p_value_is_chi_squares() -> None:
    """550 of 1,000 at a half: chi-square = 10, p = 0.00157."""
    assert split_p_value(450, 550, 0.5) == pytest.approx(0.0015654, rel=1e-3)


def test_an_even_split_is_believed_and_a_broken_one_is_not() -> None:
    assert split_p_value(1000, 1000, 0.5) == 1.0
    assert split_p_value(1000, 800, 0.5) < MISMATCH_P_VALUE


def test_the_weight_is_taken_into_account() -> None:
    assert split_p_value(900, 100, 0.1) == 1.0
    assert split_p_value(900, 100, 0.5) < MISMATCH_P_VALUE


@pytest.mark.parametrize(
    ("champion", "challenger", "weight", "expected"), [(0, 0, 0.5, 1.0), (5, 0, 0.0, 1.0), (4, 1, 0.0, 0.0)]
)
def test_a_split_without_chance_is_right_or_impossible(
    champion: int, challenger: int, weight: float, expected: float
) -> None:
    assert split_p_value(champion, challenger, weight) == expected
