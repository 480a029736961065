"""Bills as people and programs read them."""

import dataclasses
import json
from typing import Final

from costs.model import Bill, Resource, estimate, usage_for
from costs.report import difference, quantity, render, render_difference, to_json, total_in, usd

HOST: Final = Resource(
    "aws:ec2/instance:Instance",
    "host",
    {
        "instance_type": "t4g.large",
        "associate_public_ip_address": True,
        "root_block_device": {"volume_size": 20, "volume_type": "gp3"},
        "tags": {"mlteam:component": "shared"},
    },
)
TEMPLATE: Final = Resource("aws:ec2/launchTemplate:LaunchTemplate", "training", {"instance_type": "m7g.xlarge"})
BUILD: Final = Resource(
    "aws:codebuild/project:Project",
    "build",
    {"environment": {"type": "ARM_CONTAINER", "compute_type": "BUILD_GENERAL1_SMALL"}},
)
APP: Final = Resource("aws:sagemaker/mlflowApp:MlflowApp", "tracking", {})
VPC: Final = Resource("aws:ec2/vpc:Vpc", "network", {})


def bill(*resources: Resource, stack: str = "local") -> Bill:
    return estimate(resources, usage_for(stack))


def test_the_table_names_component_quantity_price_and_its_date() -> None:
    rows = render(bill(HOST)).splitlines()
    assert rows[0].split() == ["component", "what", "quantity", "USD/month", "price", "of"]
    assert rows[2].split() == ["shared", "t4g.large,", "on", "for", "730", "h", "*", "730", "hour", "49.06", "2026"]
    assert rows[5].split() == ["total", "54.31"]


def test_the_total_is_the_sum_of_the_rows_that_are_shown() -> None:
    shown = bill(HOST, TEMPLATE, BUILD, APP)
    assert f"{sum(line.usd_per_month for line in shown.lines):.2f}" in render(shown)


def test_the_total_can_be_read_again() -> None:
    many = bill(*(dataclasses.replace(HOST, name=f"host-{number}") for number in range(20)))
    assert total_in(render(many)) == round(many.usd_per_month, 2) > 1000
    assert total_in(render(bill(APP))) == 0.0
    assert total_in("total eclipse") is None


def test_what_costs_nothing_is_named_not_tabled() -> None:
    text = render(bill(HOST, APP, VPC))
    assert "priced at 0.00: MLflow App" in text
    assert len([row for row in text.splitlines() if row.startswith("tracking")]) == 0


def test_assumptions_and_doubtful_prices_are_marked_and_said() -> None:
    text = render(bill(TEMPLATE))
    assert "CPU training, m7g.xlarge spot for 40 h *?" in text
    assert "whoever starts an instance from the template asks for spot (training)" in text
    assert "ec2.m7g.xlarge.spot at 0.065: estimate, 0.40 of on demand" in text


def test_a_free_allowance_is_said_in_its_line_and_only_where_it_counts() -> None:
    assert "build minutes (100 minute free)" in render(bill(BUILD, stack="prod"))
    assert "free)" not in render(bill(BUILD, stack="dev"))
    assert "free tiers: not applied" in render(bill(BUILD, stack="dev"))


def test_a_free_allowance_is_given_away_once() -> None:
    lines = bill(*[Resource("aws:codepipeline/pipeline:Pipeline", f"p{number}", {}) for number in range(3)]).lines
    assert [line.usd_per_month for line in lines] == [0.0, 1.0, 1.0]


def test_the_empty_bill_is_a_table_too() -> None:
    assert render(bill()).splitlines()[2].split() == ["total", "0.00"]


def test_json_has_a_version_and_survives_a_round_trip() -> None:
    estimated = bill(HOST, VPC, TEMPLATE)
    data = json.loads(json.dumps(to_json(estimated), allow_nan=False))
    assert data["version"] == 1
    assert data["usd_per_month"] == estimated.usd_per_month
    assert sum(line["usd_per_month"] for line in data["lines"]) == data["usd_per_month"]
    assert data["free_types"] == [
        {"token": VPC.token, "count": 1, "reason": "AWS does not charge for VPC configuration"}
    ]
    assert {"source", "as_of", "confidence"} <= set(data["lines"][0]["price"])


def test_quantities_are_short_and_never_rounded_to_nothing() -> None:
    shown = [quantity(line) for line in bill(BUILD, Resource("aws:sns/topic:Topic", "alarms", {})).lines]
    assert shown == ["2,000 minute", "4e-05 x 1M"]


def test_a_difference_holds_only_what_changes_largest_first() -> None:
    before, after = bill(HOST, TEMPLATE), bill(TEMPLATE, APP, BUILD)
    changes = difference(before, after)
    assert [change.name for change in changes] == ["host", "build", "host", "host"]
    assert [change.usd for change in changes] == sorted((change.usd for change in changes), key=lambda usd: -abs(usd))
    assert abs(sum(change.usd for change in changes) - (after.usd_per_month - before.usd_per_month)) < 1e-9


def test_the_difference_table_ends_with_both_totals() -> None:
    last = render_difference(bill(HOST), bill(HOST, BUILD)).splitlines()[-1]
    assert last.split() == ["total", "54.31", "60.77", "+6.46"]


def test_equal_bills_differ_in_nothing() -> None:
    assert difference(bill(HOST), bill(HOST)) == []


def test_a_fraction_of_a_cent_is_not_shown_as_nothing() -> None:
    parts = [usd(value) for value in (0.0, 0.0001, 0.01, 1234.5)]
    assert parts == ["0.00", "<0.01", "0.01", "1,234.50"]
