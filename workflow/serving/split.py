"""Which arm a unit gets: always the same one while salt and weight stay, drawn anew with a new salt.

Raising the weight only moves units from the champion to the challenger, never back.
"""

import hashlib
from enum import StrEnum


class ArmName(StrEnum):
    """The two sides of an A/B test."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"


def arm_of(unit: str, salt: str, challenger_weight: float) -> ArmName:
    digest = hashlib.sha256(f"{salt}\0{unit}".encode()).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
    return ArmName.CHALLENGER if position < challenger_weight else ArmName.CHAMPION
