"""The sections of `record.json` that the steps after training leave behind, and their digests."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from workflow.results import jsonable
from workflow.statistics.bootstrap import Bound

SHOWN: Final = 12
"""Characters of a digest that people are shown."""


@dataclass(frozen=True, kw_only=True)
class ChampionScores:
    """The champion on the same images: its metrics, and candidate minus champion, paired."""

    digest: str
    metrics: Mapping[str, Bound]
    differences: Mapping[str, Bound]


@dataclass(frozen=True, kw_only=True)
class EvaluateRecord:
    """`metrics` holds each metric with its interval over groups; `delong` is AUC's by DeLong where every group is one
    image. `broken` names images that could not be read; `seed` is the bootstrap's."""

    digest: str
    manifest_digest: str
    images: int
    negative_groups: int
    positive_groups: int
    broken: tuple[str, ...]
    seed: int
    metrics: Mapping[str, Bound]
    delong: Bound | None
    champion: ChampionScores | None
    predictions_uri: str

    def text(self) -> str:
        groups = self.negative_groups + self.positive_groups
        lines = [f"model {self.digest[:SHOWN]} on {self.images} reserved images of {groups} groups"]
        lines += [_line(name, bound) for name, bound in self.metrics.items()]
        if self.champion:
            lines.append(f"against champion {self.champion.digest[:SHOWN]}, on the same images")
            lines += [_line(f"{name} difference", bound) for name, bound in self.champion.differences.items()]
        lines += [f"left out, cannot be read: {key}" for key in self.broken]
        return "\n".join([*lines, f"predictions: {self.predictions_uri}"])


@dataclass(frozen=True, kw_only=True)
class Check:
    """One demand of mlteam.yaml and how the candidate stood it; `reason` is a sentence with the numbers."""

    name: str
    passed: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class GateRecord:
    """`result_digest` is over everything else here: an approval names it, so that neither can be exchanged."""

    digest: str
    passed: bool
    checks: tuple[Check, ...]
    champion_digest: str
    evaluation_digest: str
    result_digest: str

    def text(self) -> str:
        return "\n".join(f"{'passed' if check.passed else 'FAILED'}  {check.reason}" for check in self.checks)


@dataclass(frozen=True, kw_only=True)
class ApproveRecord:
    """Who approved what until when; the approval itself is the S3 object at `uri`."""

    digest: str
    gate_digest: str
    approver: str
    author: str
    nonce: str
    expires_at: str
    uri: str


@dataclass(frozen=True, kw_only=True)
class DeployRecord:
    """`place` is champion or challenger."""

    digest: str
    generation: int
    place: str
    challenger_weight: float


@dataclass(frozen=True, kw_only=True)
class ArmRecord:
    requests: int
    errors: int
    success_rate: float
    p95_latency_ms: float


@dataclass(frozen=True, kw_only=True)
class AbTestRecord:
    """`decision` is promote, keep or undecided, `reason` why the test ended; `difference` is challenger minus champion
    with an interval that holds at every look; `images` were drawn with replacement when requests outnumber them."""

    digest: str
    champion_digest: str
    generation: int
    decision: str
    reason: str
    champion: ArmRecord
    challenger: ArmRecord
    difference: Bound
    p_value: float
    split_p_value: float
    requests: int
    units: int
    images: int
    with_replacement: bool
    seed: int

    def text(self) -> str:
        drawn = "drawn with replacement" if self.with_replacement else "each at most once"
        return "\n".join(
            [
                f"{self.decision}: {self.reason}",
                f"requests    {self.requests} from {self.units} units, {self.images} reserved images, {drawn}",
                f"champion    {_arm(self.champion)}",
                f"challenger  {_arm(self.challenger)}",
                _line("difference", self.difference),
                f"always-valid p {self.p_value:.2g}; split p {self.split_p_value:.2g}",
            ]
        )


@dataclass(frozen=True, kw_only=True)
class PromoteRecord:
    """`alias_set` is false where MLflow could not be told; the deployment does not depend on it."""

    digest: str
    generation: int
    previous_digest: str
    alias_set: bool


def content_digest(value: object) -> str:
    """sha256 of a record as canonical JSON, in hex."""
    text = json.dumps(jsonable(value), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _line(name: str, bound: Bound) -> str:
    interval = f"[{bound.lower:.4f}, {bound.upper:.4f}] at {bound.confidence:.0%}"
    return f"{name:<20} {bound.point:.4f}  {interval}  {bound.method}"


def _arm(arm: ArmRecord) -> str:
    return (
        f"{arm.requests} requests, {arm.success_rate:.4f} right, {arm.errors} errors, p95 {arm.p95_latency_ms:.1f} ms"
    )
