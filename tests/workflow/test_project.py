"""mlteam.yaml: everything that is wrong with it, said at once."""

from pathlib import Path

import pytest

from workflow.errors import UsageError
from workflow.project import Threshold, load_project

GOOD = """\
project: digits
positive_label: "8"
thresholds: {auc: ">= 0.90", log_loss: "<=0.1"}
"""


def loaded(tmp_path: Path, text: str) -> object:
    (tmp_path / "mlteam.yaml").write_text(text)
    return load_project(tmp_path)


def test_a_short_file_gets_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "mlteam.yaml").write_text(GOOD)
    project = load_project(tmp_path)
    assert project.thresholds == {
        "auc": Threshold(operator=">=", value=0.9),
        "log_loss": Threshold(operator="<=", value=0.1),
    }
    assert project.confidence == 0.95


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "valid dictionary"),
        ("- a", "valid dictionary"),
        ("a: [", "is no YAML"),
        (GOOD + "thresholds: {auc: '>= 0.1'}\n", "is no YAML: 'thresholds' is there twice"),
        (GOOD + "color: red\n", "color: Extra inputs are not permitted"),
        (GOOD.replace('">= 0.90"', "0.9"), r"thresholds.auc: 0.9 is no threshold; allowed"),
        (GOOD.replace(">= 0.90", "> 0.9"), "thresholds.auc: '> 0.9' is no threshold"),
        (GOOD.replace(">= 0.90", ">= nan"), "is no threshold"),
        (GOOD.replace('"8"', "8"), r"positive_label: .*string.* \(8 given\)"),
        (GOOD.replace("digits", "My Digits"), "project"),
        (GOOD + "confidence: 95\n", "confidence: .*less than or equal to 0.99"),
        (GOOD + "confidence: .nan\n", "confidence"),
        (GOOD + "confidence: 0.999\n", "confidence: .*less than or equal to 0.99"),
        (GOOD.replace("auc", "acu"), "thresholds.acu.*no metric of this name.*allowed: auc, accuracy, log_loss"),
        (GOOD.replace(">= 0.90", "<= 0.90"), 'thresholds: auc "<= 0.9" makes no sense; allowed: ">= 0" to 1'),
        (GOOD.replace("<=0.1", ">=0.1"), 'log_loss ">= 0.1" makes no sense; allowed: "<= 0" to 34.57'),
        (GOOD.replace("0.90", "1.2"), 'auc ">= 1.2" makes no sense'),
        (GOOD + "not_worse_than_champion: {acu: 0.01}\n", "not_worse_than_champion.acu.*no metric of this name"),
        (GOOD + "abtest: {minimum_effect: 0}\n", "abtest.minimum_effect"),
        (GOOD + "abtest: {guardrails: {error_rte: 0.1}}\n", "abtest.guardrails.error_rte"),
        (GOOD + "max_broken_fraction: 1\n", "max_broken_fraction"),
        ("project: digits\n", "positive_label: Field required; thresholds: Field required"),
    ],
)
def test_a_fault_names_key_value_and_what_is_allowed(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        loaded(tmp_path, text)


def test_a_folder_without_the_file_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cp -r templates/project"):
        load_project(tmp_path)
