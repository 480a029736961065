"""The split of units between the arms."""

from workflow.serving.split import ArmName, arm_of

UNITS = [f"unit-{number}" for number in range(4000)]


def test_a_unit_stays_on_its_arm() -> None:
    """Literal: a change of the formula would move every user in the middle of a test."""
    arms = ["champion"] * 5 + ["challenger"] + ["champion"] * 2
    assert [arm_of(unit, "1-abc", 0.5).value for unit in UNITS[:8]] == arms


def test_the_split_is_the_weight() -> None:
    for weight in (0.0, 0.1, 0.5, 1.0):
        share = sum(arm_of(unit, "salt", weight) is ArmName.CHALLENGER for unit in UNITS) / len(UNITS)
        assert abs(share - weight) < 0.025


def test_more_weight_never_takes_a_unit_back_from_the_challenger() -> None:
    small = {unit for unit in UNITS if arm_of(unit, "salt", 0.2) is ArmName.CHALLENGER}
    large = {unit for unit in UNITS if arm_of(unit, "salt", 0.6) is ArmName.CHALLENGER}
    assert small < large


def test_another_salt_is_another_draw() -> None:
    both = sum(arm_of(unit, "one", 0.5) is arm_of(unit, "two", 0.5) for unit in UNITS)
    assert 0.45 < both / len(UNITS) < 0.55
