"""The price of a stack: known for everything that it registers, refused for what it does not know."""

import pulumi
import pytest

from costs.model import Resource
from stacks.environment import ENVIRONMENTS
from stacks.load import Target
from stacks.pricing import price
from stacks.settings import Settings


def target(stack: str) -> Target:
    return Target(project="mlteam", stack=stack, region="us-east-1", environment=ENVIRONMENTS[stack])


def test_a_type_without_a_price_stops_the_preview() -> None:
    unknown = Resource("aws:redshift/cluster:Cluster", "lake", {})
    with pytest.raises(pulumi.RunError, match="aws:redshift/cluster:Cluster"):
        price([unknown], target("dev"), Settings())


def test_working_hours_make_the_host_cheaper() -> None:
    host = Resource("aws:ec2/instance:Instance", "host-instance", {"instance_type": "t4g.medium"})
    always = price([host], target("dev"), Settings())
    by_day = price([host], target("dev"), Settings.model_validate({"workingHours": "mon-fri 08:00-18:00"}))
    assert by_day.usd_per_month < always.usd_per_month / 2
