"""What an MLflow App needs before it is made, and how a list of them is asked for."""

from datetime import UTC, datetime
from typing import Any

import pytest

from emulator.executors.mlflow_apps import arrange, matches


def app(day: int, **members: Any) -> dict[str, Any]:
    return {
        "Name": f"app-{9 - day}",
        "Status": "Created",
        "CreationTime": datetime(2026, 1, day, tzinfo=UTC),
        **members,
    }


def test_the_newest_is_listed_first_unless_the_caller_says_otherwise() -> None:
    apps = [app(1), app(3), app(2)]
    assert [each["CreationTime"].day for each in arrange(apps, {})] == [3, 2, 1]
    assert [each["Name"] for each in arrange(apps, {"SortBy": "Name", "SortOrder": "Ascending"})] == [
        "app-6",
        "app-7",
        "app-8",
    ]


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ({}, True),
        ({"Status": "Created"}, True),
        ({"Status": "Deleting"}, False),
        ({"AccountDefaultStatus": "DISABLED"}, True),
        ({"AccountDefaultStatus": "ENABLED"}, False),
        ({"DefaultForDomainId": "d-1"}, True),
        ({"DefaultForDomainId": "d-2"}, False),
        ({"CreatedAfter": datetime(2026, 1, 1, tzinfo=UTC)}, True),
        ({"CreatedBefore": datetime(2026, 1, 1, tzinfo=UTC)}, False),
    ],
)
def test_every_filter_of_a_list_counts(asked: dict[str, Any], is_found: bool) -> None:
    assert matches(app(2, DefaultDomainIdList=["d-1"]), asked) is is_found
