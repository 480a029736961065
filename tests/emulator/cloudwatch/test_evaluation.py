"""The state of an alarm from its data points: the tables of the CloudWatch User Guide, row by row."""

import pytest

from emulator.cloudwatch.evaluation import ALARM, NO_DATA, OK, range_starts, state

POINTS = {"0": False, "X": True, "-": None}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
KEPT = None

ROWS = [
    # 3 of 3
    ("0 - X - X", 3, (OK, OK, OK, OK)),
    ("0 - - - -", 3, (OK, OK, OK, OK)),
    ("- - - - -", 3, (NO_DATA, KEPT, ALARM, OK)),
    ("0 X X - X", 3, (ALARM, ALARM, ALARM, ALARM)),
    ("- - X - -", 3, (ALARM, KEPT, ALARM, OK)),
    ("- - - - X", 3, (NO_DATA, KEPT, ALARM, OK)),
    # 2 of 3
    ("0 - X - X", 2, (ALARM, ALARM, ALARM, ALARM)),
    ("0 0 X 0 X", 2, (ALARM, ALARM, ALARM, ALARM)),
    ("0 - X - -", 2, (OK, OK, ALARM, OK)),
    ("- - - - 0", 2, (OK, OK, ALARM, OK)),
    ("- - - X -", 2, (ALARM, KEPT, ALARM, OK)),
    ("- - - - X", 2, (NO_DATA, KEPT, ALARM, OK)),
    # all there: only the last three count
    ("X X 0 0 0", 2, (OK, OK, OK, OK)),
    ("0 0 X X X", 3, (ALARM, ALARM, ALARM, ALARM)),
]


@pytest.mark.parametrize(("points", "needed", "states"), ROWS, ids=[f"{needed} of 3: {row}" for row, needed, _ in ROWS])
def test_a_row_of_the_guides_tables(points: str, needed: int, states: tuple[str | None, ...]) -> None:
    breaches = [POINTS[point] for point in points.split()]
    assert tuple(state(breaches, 3, needed, treatment) for treatment in TREATMENTS) == states


def test_periods_begin_at_their_multiples_and_two_more_are_looked_at() -> None:
    assert range_starts(now=1_000_030, period=60, periods=1) == [999_900, 999_960, 1_000_020]
