"""The estimator: every type has a rule or a reason, what cannot be priced is refused by name."""

import pytest

from costs.model import Resource, UnpriceableError, estimate, usage_for

HOST = Resource(
    "aws:ec2/instance:Instance",
    "host",
    {"instance_type": "t4g.large", "associate_public_ip_address": True, "root_block_device": {"volume_size": 60}},
)


def test_a_host_costs_its_hours_its_address_and_its_volume() -> None:
    bill = estimate([HOST], usage_for("dev"))
    assert [round(line.usd_per_month, 2) for line in bill.lines] == [14.78, 1.10, 4.80]


def test_an_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(UnpriceableError, match=r"aws:rds/instance:Instance 'db'") as caught:
        estimate([Resource("aws:rds/instance:Instance", "db", {})], usage_for("dev"))
    assert "costs/rules/table.py" in str(caught.value)
