"""The story that the demo tells: a champion, a candidate that the gate refuses, a challenger that wins, a way back.

The figures behind it are measured in examples/digits/README.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

PROJECT: Final = ("--project", "examples/digits/project")
SAMPLE: Final = "sample"
"""The record that every candidate's begins as: all are drawn from the same sample."""
REFUSED: Final = 5
"""The exit code of a gate that says no."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """One `mlteam` command. `record` names the pipeline run that it belongs to; `exit_code` is what it must answer;
    `shown` are the fields of its JSON answer that make its line in the table."""

    title: str
    record: str
    words: tuple[str, ...]
    exit_code: int = 0
    as_approver: bool = False
    shown: tuple[str, ...] = ()

    def said(self, answer: Mapping[str, Any]) -> str:
        if self.exit_code == REFUSED:
            return "refused, as it must be"
        return ", ".join(f"{name.replace('_', ' ')} {_short(answer[name])}" for name in self.shown if name in answer)


Scene = tuple[Act, ...]
"""Acts that a team would start at the same time, each on a machine of its own."""


def _short(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 12 else f"{text[:12]}…"


def _train(candidate: str, tier: str, kind: str) -> Act:
    words = ("train", "--candidate", candidate, "--tier", tier, *PROJECT, "-P", f"kind={kind}", "-P", "augment=0")
    shown = ("model_name", "model_version", "digest")
    return Act(title=f"{candidate}: train on the {tier} tier", record=candidate, words=words, shown=shown)


def _evaluate(candidate: str) -> Act:
    words = ("evaluate", *PROJECT)
    return Act(title=f"{candidate}: evaluate", record=candidate, words=words, shown=("images", "groups"))


def _let_through(candidate: str) -> tuple[Scene, ...]:
    who = f"{candidate}: approve, as somebody else"
    return (
        (Act(title=f"{candidate}: gate", record=candidate, words=("gate", *PROJECT), shown=("passed", "digest")),),
        (Act(title=who, record=candidate, words=("approve",), as_approver=True, shown=("digest",)),),
        (Act(title=f"{candidate}: deploy", record=candidate, words=("deploy", *PROJECT), shown=("generation",)),),
    )


STORY: Final[tuple[Scene, ...]] = (
    (Act(title="sample three nested tiers", record=SAMPLE, words=("sample", "--stratified"), shown=("mode", "salt")),),
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
            shown=("decision", "requests"),
        ),
    ),
    (Act(title="strong: promote", record="strong", words=("promote",), shown=("generation",)),),
    (Act(title="roll back to the champion of before", record="strong", words=("rollback",), shown=("generation",)),),
    (Act(title="status", record="strong", words=("status",), shown=("stack",)),),
)
"""Scene by scene. The first deployment needs no A/B test: there is nobody to test against."""
