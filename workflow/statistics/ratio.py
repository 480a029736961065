"""The sample-ratio check: a split that is not the one asked for makes every other number of the test worthless.

Pearson's chi-square with one degree of freedom on the counts of *units*; requests of one unit go the same way, so
their counts vary more than the test believes (Fabijan et al., Diagnosing Sample Ratio Mismatch, KDD 2019).
"""

import math
from typing import Final

MISMATCH_P_VALUE: Final = 0.001
"""Below, the split is broken: strict, because the check is made on every test."""


def split_p_value(champion_units: int, challenger_units: int, challenger_weight: float) -> float:
    """How likely a split at least as odd as this one is, under the weight; 1.0 when nothing was split."""
    total = champion_units + challenger_units
    expected = total * challenger_weight
    variance = expected * (1 - challenger_weight)
    if variance == 0:
        return 1.0 if challenger_units == expected else 0.0
    return math.erfc(math.sqrt((challenger_units - expected) ** 2 / variance / 2))
