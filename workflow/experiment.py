"""An A/B test as a state that takes one answer at a time and says when to stop, and why. No network, no clock.

The outcome of a request is whether the arm's score falls on the right side of 0.5; a request that got no prediction is
a wrong one and an error. Guardrails can only stop the challenger, never promote it. A test whose split was broken, or
whose arms both fail, says nothing about either.
"""

from bisect import insort
from dataclasses import dataclass, field
from typing import Final

from workflow.project import AbTest
from workflow.serving.split import ArmName
from workflow.statistics.bootstrap import Bound
from workflow.statistics.ratio import MISMATCH_P_VALUE, split_p_value
from workflow.statistics.sequential import MINIMUM_PER_ARM, Arm, Comparison, Decision, compare, decide
from workflow.verdicts import ArmRecord

GUARD_FROM: Final = 100
"""Requests of the challenger before a guardrail may stop it: a 95th percentile of fewer is one slow answer."""
OUTAGE: Final = 0.05
"""Of each arm's requests without a prediction: from here on it is the server that fails, or the requests. A dead server
answers both arms alike, which would look like "no difference"."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one request came to: `arm` answered `unit`, rightly or not, or failed (`error`)."""

    unit: str
    arm: ArmName
    right: bool
    error: bool
    seconds: float


@dataclass(kw_only=True)
class _Side:
    """One arm so far; latencies sorted, so that a percentile is a look-up."""

    outcomes: Arm = field(default_factory=Arm)
    errors: int = 0
    latencies: list[float] = field(default_factory=list)
    units: set[str] = field(default_factory=set)

    def take(self, outcome: Outcome) -> None:
        self.outcomes = self.outcomes.plus(outcome.right and not outcome.error)
        self.errors += outcome.error
        self.units.add(outcome.unit)
        insort(self.latencies, outcome.seconds)

    @property
    def error_rate(self) -> float:
        return self.errors / self.outcomes.outcomes if self.outcomes.outcomes else 0.0

    @property
    def p95_ms(self) -> float:
        return self.latencies[int(0.95 * (len(self.latencies) - 1))] * 1000 if self.latencies else 0.0

    def record(self) -> ArmRecord:
        return ArmRecord(
            requests=self.outcomes.outcomes,
            errors=self.errors,
            success_rate=self.outcomes.rate,
            p95_latency_ms=self.p95_ms,
        )


@dataclass(kw_only=True)
class Experiment:
    """Feed `take` until `decision` is no longer undecided or it has taken `max_requests`."""

    rules: AbTest
    confidence: float
    weight: float
    sides: dict[ArmName, _Side] = field(default_factory=lambda: {arm: _Side() for arm in ArmName})
    decision: Decision = Decision.UNDECIDED
    broken_guardrail: str = ""

    def take(self, outcome: Outcome) -> bool:
        """Count it; True when the test is over."""
        self.sides[outcome.arm].take(outcome)
        if self._both_fail():
            self.decision = Decision.UNDECIDED
            return True
        self.broken_guardrail = self._broken_guardrail()
        judged = decide(self.comparison(), minimum_effect=self.rules.minimum_effect)
        self.decision = Decision.KEEP if self.broken_guardrail else judged
        return self.decision is not Decision.UNDECIDED or self.requests >= self.rules.max_requests

    @property
    def requests(self) -> int:
        return sum(side.outcomes.outcomes for side in self.sides.values())

    @property
    def units(self) -> int:
        return len(set[str]().union(*(side.units for side in self.sides.values())))

    def comparison(self) -> Comparison:
        """Of the two success rates, with the mixture's width at the smallest effect that matters."""
        champion, challenger = self.sides[ArmName.CHAMPION], self.sides[ArmName.CHALLENGER]
        return compare(
            champion.outcomes, challenger.outcomes, tau=self.rules.minimum_effect, confidence=self.confidence
        )

    def difference(self) -> Bound:
        found = self.comparison()
        return Bound(
            point=found.difference,
            lower=found.lower,
            upper=found.upper,
            confidence=self.confidence,
            method="normal-mixture confidence sequence",
        )

    def split(self) -> float:
        """The p value of the split of units; 0 when a unit was on both arms, which a sticky split never does."""
        champion, challenger = (self.sides[arm].units for arm in (ArmName.CHAMPION, ArmName.CHALLENGER))
        if champion & challenger:
            return 0.0
        return split_p_value(len(champion), len(challenger), self.weight)

    @property
    def fault(self) -> str:
        """Why nothing can be concluded, whatever the arms say; empty where something can."""
        if self._both_fail():
            rates = " and ".join(f"{self.sides[arm].error_rate:.1%}" for arm in ArmName)
            return f"champion and challenger gave no prediction to {rates} of their requests"
        split, units = self.split(), " and ".join(str(len(self.sides[arm].units)) for arm in ArmName)
        told = f"the split of units is not the one asked for: {units} at a weight of {self.weight:g} (p = {split:.1e})"
        return told if split < MISMATCH_P_VALUE else ""

    @property
    def reason(self) -> str:
        """Why the test is where it is, with the numbers."""
        if self.broken_guardrail:
            return self.broken_guardrail
        found = self.comparison()
        shown = f"{found.difference:+.4f} [{found.lower:+.4f}, {found.upper:+.4f}] at {self.confidence:.0%}"
        return {
            Decision.PROMOTE: f"the challenger is better: {shown}",
            Decision.KEEP: f"the challenger is not better by {self.rules.minimum_effect:g}: {shown}",
            Decision.UNDECIDED: f"not decided after {self.requests} requests: {shown}",
        }[self.decision]

    def _both_fail(self) -> bool:
        enough = all(side.outcomes.outcomes >= MINIMUM_PER_ARM for side in self.sides.values())
        return enough and all(side.error_rate > OUTAGE for side in self.sides.values())

    def _broken_guardrail(self) -> str:
        """Over the limit, and worse than the champion: what slows both is not the challenger's fault."""
        champion, challenger = self.sides[ArmName.CHAMPION], self.sides[ArmName.CHALLENGER]
        limits = self.rules.guardrails
        if challenger.outcomes.outcomes < GUARD_FROM:
            return ""
        if challenger.error_rate > max(limits.error_rate, champion.error_rate):
            return f"guardrail: error rate {challenger.error_rate:.4f}, allowed {limits.error_rate:g}"
        if challenger.p95_ms > max(limits.p95_latency_ms, champion.p95_ms):
            return f"guardrail: p95 latency {challenger.p95_ms:.0f} ms, allowed {limits.p95_latency_ms:g} ms"
        return ""
