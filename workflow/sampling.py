"""Which images a tier gets: a hash of their group decides, so that the answer never depends on what else there is.

A group's position in [0, 1) is fixed by salt and name. The band at the top is reserved for evaluation, in two halves;
the rest is stretched to [0, 1) again and cut by the tiers' fractions, so that dev is in staging is in prod, a group is
never torn apart, and tomorrow's images move nobody. Pure functions; `workflow.sample_index` applies them on disk.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from components.variants import Tier
from workflow.errors import UsageError

DEFAULT_RESERVED_FRACTION: Final = 0.20
DEFAULT_SALT: Final = "mlteam"
EVALUATION: Final = "evaluation"
ABTEST: Final = "abtest"
RESERVED: Final = (EVALUATION, ABTEST)
TIERS: Final = tuple(Tier)
"""From the narrowest to the widest: a set belongs to its own tier and to all after it."""
MANIFESTS: Final = (*TIERS, *RESERVED)
POSITION_BITS: Final = 53  # what a double holds exactly


@dataclass(frozen=True, kw_only=True)
class Bands:
    """`fractions` are of what is not reserved: dev <= staging <= 1; prod is all of it."""

    dev_fraction: float
    staging_fraction: float
    reserved_fraction: float = DEFAULT_RESERVED_FRACTION
    salt: str = DEFAULT_SALT

    def __post_init__(self) -> None:
        if not 0 < self.reserved_fraction < 1:
            raise UsageError(
                f"reserved fraction {self.reserved_fraction}; allowed: above 0, below 1",
                cure=f"mlteam sample --reserved {DEFAULT_RESERVED_FRACTION}",
            )
        if not 0 < self.dev_fraction <= self.staging_fraction <= 1:
            raise UsageError(
                f"dev fraction {self.dev_fraction}, staging fraction {self.staging_fraction}; "
                "allowed: 0 < dev <= staging <= 1",
                cure="pulumi config set mlteam:devSampleFraction 0.01, then `pulumi up`",
            )

    def limit(self, tier: Tier) -> float:
        """The tier's share of what is not reserved."""
        return {Tier.DEV: self.dev_fraction, Tier.STAGING: self.staging_fraction, Tier.PROD: 1.0}[tier]


def position_of(salt: str, group: str) -> float:
    """A number in [0, 1), the same on every machine and in every year."""
    digest = hashlib.blake2b(f"{salt}\0{group}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest) >> (64 - POSITION_BITS)) / (1 << POSITION_BITS)


def home_of(position: float, bands: Bands) -> str:
    """The narrowest set that the position belongs to: a reserved half, or the first tier that reaches it."""
    start = 1 - bands.reserved_fraction
    if position >= start:
        return EVALUATION if position < start + bands.reserved_fraction / 2 else ABTEST
    return next(tier for tier in TIERS if position / start < bands.limit(tier) or tier is TIERS[-1])


def homes_in(manifest: str) -> tuple[str, ...]:
    """The homes whose groups stand in a manifest: a tier's own and every narrower one's."""
    return TIERS[: TIERS.index(Tier(manifest)) + 1] if manifest in TIERS else (manifest,)


def stratified_homes(groups: Iterable[tuple[str, int]], images: int, bands: Bands) -> Iterator[tuple[str, str]]:
    """(group, home) for one stratum of groups that are not reserved.

    `groups` are (name, number of images), ordered by position; `images` is their sum. A tier gets the longest run
    from the lowest position on that holds at most its share: exact where a group is one image, and nested.
    """
    limits = {tier: int(bands.limit(tier) * images + 1e-9) for tier in TIERS}  # 0.29 * 100 is 28.999...
    taken = 0
    for name, size in groups:
        taken += size
        yield name, next((tier for tier in TIERS if taken <= limits[tier]), Tier.PROD)
