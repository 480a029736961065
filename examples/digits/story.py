"""The story that the demo tells: a champion, a candidate that the gate refuses, a challenger that wins, a way back.

The figures behind it are measured in examples/digits/README.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import jmespath

PROJECT: Final = ("--project", "examples/digits/project")
SAMPLE: Final = "sample"
"""The record that every candidate's begins as: all are drawn from the same sample."""
HOMES: Final = ("dev", "staging", "prod", "evaluation", "abtest")
REFUSED: Final = 5
"""The exit code of a gate that says no."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """One `mlteam` command. `record` names the pipeline run that it belongs to; `exit_code` is what it must answer;
    `shown` are JMESPath expressions on its JSON answer, by the words that they have in the table at the end."""

    title: str
    record: str
    words: tuple[str, ...]
    exit_code: int = 0
    as_approver: bool = False
    shown: Mapping[str, str] = field(default_factory=dict)

    def said(self, answer: Mapping[str, Any]) -> str:
        if self.exit_code == REFUSED:
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
    return Act(title=f"{candidate}: train on the {tier} tier", record=candidate, words=words, shown=shown)


def _evaluate(candidate: str) -> Act:
    shown = {"AUC": "metrics.auc.point", "at least": "metrics.auc.lower", "images": "images"}
    return Act(title=f"{candidate}: evaluate", record=candidate, words=("evaluate", *PROJECT), shown=shown)


def _let_through(candidate: str) -> tuple[Scene, ...]:
    who = f"{candidate}: approve, as somebody else"
    return (
        (Act(title=f"{candidate}: gate", record=candidate, words=("gate", *PROJECT), shown={"passed": "passed"}),),
        (Act(title=who, record=candidate, words=("approve",), as_approver=True, shown={"by": "approver"}),),
        (Act(title=f"{candidate}: deploy", record=candidate, words=("deploy", *PROJECT), shown={"as": "place"}),),
    )


STORY: Final[tuple[Scene, ...]] = (
    (
        Act(
            title="sample three nested tiers",
            record=SAMPLE,
            words=("sample", "--stratified"),
            shown={home: f"manifests.{home}.count" for home in HOMES},
        ),
    ),
    (
        _train("baseline", "prod", "logistic"),
        _train("weak", "staging", "logistic"),
        _train("strong", "prod", "network"),
    ),
    (_evaluate("baseline"),),
    *_let_through("baseline"),
    (_evaluate("weak"), _evaluate("strong")),
    (Act(title="weak: gate", record="weak", words=("gate", *PROJECT), exit_code=REFUSED),),
    *_let_through("strong"),
    (
        Act(
            title="strong: A/B test beside the champion",
            record="strong",
            words=("abtest", *PROJECT),
            shown={"decision": "decision", "after requests": "requests"},
        ),
    ),
    (Act(title="strong: promote", record="strong", words=("promote",), shown={"champion": "digest"}),),
    (
        Act(
            title="roll back to the champion of before",
            record="strong",
            words=("rollback",),
            shown={"champion": "digest"},
        ),
    ),
    (
        Act(
            title="status",
            record="strong",
            words=("status",),
            shown={"champion": "deployment.champion.digest"},
        ),
    ),
)
"""Scene by scene. The first deployment needs no A/B test: there is nobody to test against."""
