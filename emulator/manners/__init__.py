"""How AWS behaves over all its services and moto 5.2.5 does not, each matter as a rule with a table beside it.

What only one operation does otherwise is mended in `emulator/mends`. Each module says what moto does, what AWS does and
where that is written. Two are hooks of the gateway (`idempotency`, `rules`); `transitions` and `policies` reach into
moto once. Rules are asked in the order of `RULES`: what is malformed is not counted, what exists is not one too many.
"""

from typing import Final

from emulator.manners import (
    documents,
    existing,
    launches,
    lifecycles,
    malformed,
    metrics,
    networks,
    policies,
    quotas,
    schedules,
    topics,
    transitions,
    unknown,
    validating,
)
from emulator.manners.rules import Rule

RULES: Final[tuple[Rule, ...]] = (
    *validating.RULES,
    *unknown.RULES,
    *malformed.RULES,
    *launches.RULES,
    *lifecycles.RULES,
    *metrics.RULES,
    *networks.RULES,
    *schedules.RULES,
    *topics.RULES,
    *documents.RULES,
    *transitions.RULES,
    *existing.RULES,
    *quotas.RULES,
)


def install() -> None:
    """What is no hook."""
    malformed.install()
    networks.install()
    policies.install()
    transitions.install()
    unknown.install()
