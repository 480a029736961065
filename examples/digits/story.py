"""The story that the demo tells: a champion, a candidate that the gate refuses, a challenger that wins, a way back.

The figures behind it are measured in examples/digits/README.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import jmespath

PROJECT: Final = ("--project", "examples/digits/project")
SAMPLE: Final = "sample"
"""The record that every candidate's begins as: all are drawn from the same sample."""
HOMES: Final = ("dev", "staging", "prod", "evaluation", "abtest")
REFUSED: Final = 5
"""The exit code of a gate that says no."""
NOT_APPROVED: Final = 8
"""That of a deployment which nobody has approved."""


class Role(StrEnum):
    """Whose rights a command runs with: roles that the stack made, each with no more than its verbs need."""

    SAMPLER = "sampler"
    DEVELOPER = "developer"
    DEPLOYER = "deployer"
    APPROVER = "approver"


PEOPLE: Final[Mapping[Role, str]] = {**dict.fromkeys(Role, "local"), Role.APPROVER: "reviewer"}
"""Who takes which role. One person may develop and deploy; who trained a model never approves it."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """One `mlteam` command. `record` names the pipeline run that it belongs to; `exit_code` is what it must answer;
    `shown` are JMESPath expressions on its JSON answer, by the words that they have in the table at the end."""

    title: str
    role: Role
    record: str
    words: tuple[str, ...]
    exit_code: int = 0
    shown: Mapping[str, str] = field(default_factory=dict)

    def said(self, answer: Mapping[str, Any]) -> str:
        if self.exit_code:
            return "refused, as it must be"
        found = {name: jmespath.search(path, answer) for name, path in self.shown.items()}
        return ", ".join(f"{name} {_short(value)}" for name, value in found.items() if value is not None)


Scene = tuple[Act, ...]
"""Acts that a team would start at the same time, each on a machine of its own."""


def _short(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    name = text.rpartition("/")[2]  # of an ARN
    return name if len(name) <= 12 else f"{name[:12]}…"


def _train(candidate: str, tier: str, kind: str) -> Act:
    words = ("train", "--candidate", candidate, "--tier", tier, *PROJECT, "-P", f"kind={kind}", "-P", "augment=0")
    shown = {"version": "model_version", "digest": "digest"}
    title = f"{candidate}: train on the {tier} tier"
    return Act(title=title, role=Role.DEVELOPER, record=candidate, words=words, shown=shown)


def _evaluate(candidate: str) -> Act:
    shown = {"AUC": "metrics.auc.point", "at least": "metrics.auc.lower", "images": "images"}
    words = ("evaluate", *PROJECT)
    return Act(title=f"{candidate}: evaluate", role=Role.DEVELOPER, record=candidate, words=words, shown=shown)


def _gate(candidate: str, exit_code: int = 0) -> Act:
    words, shown = ("gate", *PROJECT), {"passed": "passed"}
    title = f"{candidate}: gate"
    return Act(title=title, role=Role.DEVELOPER, record=candidate, words=words, exit_code=exit_code, shown=shown)


def _approve(candidate: str) -> Act:
    title = f"{candidate}: approve, as somebody else"
    return Act(title=title, role=Role.APPROVER, record=candidate, words=("approve",), shown={"by": "approver"})


def _deploy(candidate: str, title: str = "deploy", exit_code: int = 0) -> Act:
    return Act(
        title=f"{candidate}: {title}",
        role=Role.DEPLOYER,
        record=candidate,
        words=("deploy", *PROJECT),
        exit_code=exit_code,
        shown={"as": "place"},
    )


STORY: Final[tuple[Scene, ...]] = (
    (
        Act(
            title="sample three nested tiers",
            role=Role.SAMPLER,
            record=SAMPLE,
            words=("sample", "--mode", "pack", "--stratified"),
            shown={home: f"manifests.{home}.count" for home in HOMES},
        ),
    ),
    (
        _train("baseline", "prod", "logistic"),
        _train("weak", "staging", "logistic"),
        _train("strong", "prod", "network"),
    ),
    (_evaluate("baseline"),),
    (_gate("baseline"),),
    (_deploy("baseline", "deploy what nobody has approved", NOT_APPROVED),),
    (_approve("baseline"),),
    (_deploy("baseline"),),
    (_evaluate("weak"), _evaluate("strong")),
    (_gate("weak", REFUSED),),
    (_gate("strong"),),
    (_approve("strong"),),
    (_deploy("strong"),),
    (
        Act(
            title="strong: A/B test beside the champion",
            role=Role.DEPLOYER,
            record="strong",
            words=("abtest", *PROJECT),
            shown={"decision": "decision", "after requests": "requests"},
        ),
    ),
    (
        Act(
            title="strong: promote",
            role=Role.DEPLOYER,
            record="strong",
            words=("promote",),
            shown={"champion": "digest"},
        ),
    ),
    (
        Act(
            title="roll back to the champion of before",
            role=Role.DEPLOYER,
            record="strong",
            words=("rollback",),
            shown={"champion": "digest"},
        ),
    ),
    (
        Act(
            title="status",
            role=Role.DEVELOPER,
            record="strong",
            words=("status",),
            shown={"champion": "deployment.champion.digest"},
        ),
    ),
)
"""Scene by scene. The first deployment needs no A/B test: there is nobody to test against."""
