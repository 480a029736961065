"""AWS's patterns are all held to, also those that Python's own expressions do not know."""

import pytest

from emulator import tokens
from emulator.engine import shapes
from emulator.ledger_rows import KINDS

SERVICES = sorted({"sts", *(row.service for row in tokens.rows().values()), *(kind.service for kind in KINDS)})


@pytest.mark.parametrize("service", SERVICES)
def test_no_pattern_of_a_service_that_is_emulated_is_left_out(service: str) -> None:
    model = shapes.service_model(service)
    for name in model.shape_names:
        text = model.shape_for(name).metadata.get("pattern")
        if text:
            assert shapes.pattern(text), name


@pytest.mark.parametrize(
    ("service", "path", "value", "is_good"),
    [
        ("budgets", "CreateBudget.Budget.BudgetName", "a month's", True),
        ("budgets", "CreateBudget.Budget.BudgetName", "a:b", False),
        ("budgets", "CreateBudget.Budget.BudgetName", "a\\b", False),
        ("budgets", "CreateBudget.Budget.BudgetName", "a/action/b", False),
        ("budgets", "CreateBudget.Budget.BudgetName", "<SCRIPT></Script>", False),
        ("iam", "CreateRole.Tags[0].Key", "größe", True),
        ("iam", "CreateRole.Tags[0].Key", "size!", False),
        ("cloudwatch", "PutMetricAlarm.AlarmName", "any", True),
        ("dlm", "CreateLifecyclePolicy.Tags.x", "any\n\U0001f600", True),
        ("iam", "CreateRole.Description", "line\nbreak \u00e9", True),
        ("iam", "CreateRole.Description", "bell\a", False),
    ],
)
def test_a_text_is_held_to_its_pattern(service: str, path: str, value: str, is_good: bool) -> None:
    found = list(shapes.faults(value, shapes.shape_at(service, path)))
    assert (found == []) is is_good, found
