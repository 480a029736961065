"""Addresses, gateways, endpoints and balancers: small words that cost by the hour."""

from collections.abc import Iterator

from costs.case import Case
from costs.records import Line
from costs.usage import HOURS_PER_MONTH

BALANCER_ADDRESSES = 2


def elastic_ip(case: Case) -> Iterator[Line]:
    yield case.line("ipv4.public", "Elastic IP, in use or idle", HOURS_PER_MONTH)


def nat_gateway(case: Case) -> Iterator[Line]:
    """Its address is an Eip, a resource of its own."""
    yield case.line("nat.gateway", "NAT gateway", HOURS_PER_MONTH)
    yield case.line("nat.data", "through the NAT gateway", case.usage.nat_gb * case.share)


def vpc_endpoint(case: Case) -> Iterator[Line]:
    """Gateway endpoints (S3, DynamoDB) are free, interface endpoints cost by hour and zone."""
    if case.fields.unknown("vpc_endpoint_type"):
        raise case.refuse("vpc_endpoint_type is not known", "give it as a plain string")
    kind = case.fields.text("vpc_endpoint_type") or "Gateway"
    if kind == "Gateway":
        yield case.line("vpce.gateway", "gateway endpoint", HOURS_PER_MONTH)
    elif kind == "Interface":
        zones = case.fields.length("subnet_ids")
        assumed = [] if zones else ["the endpoint is in one zone"]
        yield case.line(
            "vpce.interface", f"interface endpoint, {zones or 1} zone(s)", HOURS_PER_MONTH * (zones or 1), assumed
        )
        yield case.line("vpce.interface.data", "through the endpoint", case.usage.private_endpoint_gb * case.share)
    else:
        raise case.refuse(f"vpc_endpoint_type is {kind}", "use Gateway or Interface, or add a row and a rule")


def load_balancer(case: Case) -> Iterator[Line]:
    kind = case.fields.text("load_balancer_type") or "application"
    if kind != "application":
        raise case.refuse(f"load_balancer_type is {kind}", "use application, or add a row and a rule")
    yield case.line("alb.hour", "application load balancer", HOURS_PER_MONTH)
    yield case.line("alb.lcu", "its capacity units", HOURS_PER_MONTH * case.usage.load_balancer_units * case.share)
    if case.fields.flag("internal") is not True:
        zones = max(case.fields.length("subnets") or 0, BALANCER_ADDRESSES)
        yield case.line("ipv4.public", f"its {zones} public IPv4", HOURS_PER_MONTH * zones)
