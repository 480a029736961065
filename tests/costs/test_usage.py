"""The usage profiles: shares that add up, and the documented assumptions."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from costs.usage import MONTHLY, Usage, usage_for, working_hours

DOCUMENT = Path(__file__).parents[2] / "docs" / "costs.md"
ADDITIVE = (*MONTHLY, "inferences", "labeled_objects", "notebook_hours")
SHOWN_IN_OTHER_WORDS = {"profile", "free_tiers", "buckets"}


@pytest.mark.parametrize("name", ADDITIVE)
def test_dev_and_prod_add_up_to_the_team(name: str) -> None:
    parts = getattr(usage_for("dev"), name) + getattr(usage_for("prod"), name)
    assert parts == pytest.approx(getattr(Usage(), name))


@pytest.mark.parametrize(
    ("member", "total"),
    [("storage_gb", 500), ("put_class_requests", 1_000_000), ("get_class_requests", 5_000_000)],
)
def test_the_buckets_of_dev_and_prod_add_up(member: str, total: float) -> None:
    stacks = usage_for("dev"), usage_for("prod")
    assert sum(getattr(use, member) for stack in stacks for use in stack.buckets.values()) == pytest.approx(total)


def test_free_tiers_are_counted_once() -> None:
    assert [usage_for(stack).free_tiers for stack in ("dev", "prod", "local")] == [False, True, True]


def test_a_stack_of_another_name_is_the_whole_team() -> None:
    assert usage_for("local") == usage_for("smoke") == Usage()


def test_the_schedule_sets_the_hosts_hours() -> None:
    assert usage_for("dev").host_hours == 220
    assert usage_for("prod").host_hours == 730
    assert usage_for("prod", host_hours=working_hours(5, 10)).host_hours == pytest.approx(217.3, abs=0.1)


def _documented() -> dict[str, tuple[str, str, str]]:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|", DOCUMENT.read_text(encoding="utf-8"), re.M)
    return {name: (team.strip(), dev.strip(), prod.strip()) for name, team, dev, prod in rows}


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:,.10g}" if isinstance(value, float | int) else str(value)


def test_the_documents_table_is_the_defaults() -> None:
    names = [item.name for item in fields(Usage) if item.name not in SHOWN_IN_OTHER_WORDS]
    stacks = Usage(), usage_for("dev"), usage_for("prod")
    expected = {name: tuple(_shown(getattr(stack, name)) for stack in stacks) for name in names}
    documented = {name: row for name, row in _documented().items() if name in names}
    assert documented == expected, "\n".join(f"| `{name}` | {' | '.join(row)} |" for name, row in expected.items())


def test_the_documents_buckets_are_the_defaults() -> None:
    expected = {
        role: tuple(_shown(value) for value in (use.storage_gb, use.put_class_requests, use.get_class_requests))
        for role, use in Usage().buckets.items()
    }
    assert {role: row for role, row in _documented().items() if role in expected} == expected
