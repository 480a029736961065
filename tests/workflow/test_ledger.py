"""The ledger of deployments: once written, never changed, readable though damaged."""

from typing import Any

import pytest

from workflow.deployment import Deployment
from workflow.errors import RefusedError
from workflow.ledger import Entry, last_entries, record_generation

BUCKET = "mlteam-dev-artifacts"


def entry(generation: int, verb: str = "deploy") -> Entry:
    return Entry(verb=verb, author="ada", fencing=1, reason="", deployment=Deployment(generation=generation))


def test_the_newest_come_first_by_number_not_by_name(world: Any) -> None:
    for generation in (1, 2, 9, 10, 11):
        record_generation(world.client, BUCKET, "dev", entry(generation))
    assert [each.deployment.generation for each in last_entries(world.client, BUCKET, "dev", 3)] == [11, 10, 9]


def test_a_generation_is_recorded_once(world: Any) -> None:
    record_generation(world.client, BUCKET, "dev", entry(1))
    with pytest.raises(RefusedError, match=r"recorded by somebody else\n  cure: mlteam status"):
        record_generation(world.client, BUCKET, "dev", entry(1, verb="promote"))
    assert last_entries(world.client, BUCKET, "dev", 1)[0].verb == "deploy"


def test_a_damaged_entry_does_not_hide_the_others(world: Any) -> None:
    record_generation(world.client, BUCKET, "dev", entry(1))
    world.client.put_object(Bucket=BUCKET, Key="workflow/deployments/dev/00000002.json", Body=b"{")
    assert [each.deployment.generation for each in last_entries(world.client, BUCKET, "dev", 5)] == [1]
