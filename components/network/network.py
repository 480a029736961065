"""Network: one small VPC without NAT or load balancer; the way out is public, the way in is closed.

Subnets give a public IPv4 (a few USD a month for a machine that is on) because a private subnet would need a NAT
gateway (about ten times that) to install packages; no security group lets the internet in (see reach.py).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.base import Context, PlatformComponent
from components.shared.contract import NetworkOutputs

ZONE_LETTERS: Final = ("a", "b")
"""Two zones double the spot capacity pools; more subnets would cost nothing and add little."""
ANYWHERE: Final = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """`vpc_cidr` is between /16 and /24, so that each zone's half holds some machines."""

    context: Context
    vpc_cidr: str


def subnet_cidrs(vpc_cidr: str, count: int) -> tuple[str, ...]:
    """The first `count` equal parts of the VPC's block, each as large as can be."""
    network = ipaddress.IPv4Network(vpc_cidr)
    parts = network.subnets(prefixlen_diff=max(1, (count - 1).bit_length()))
    return tuple(str(part) for part, _ in zip(parts, range(count), strict=False))


class Network(PlatformComponent[NetworkOutputs[Output[str]]]):
    """Creates VPC, internet gateway, two subnets, routes, S3 gateway endpoint, security groups. Costs nothing."""

    def __init__(self, name: str, args: NetworkArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts)
        self._vpc = self._create_vpc(args.vpc_cidr)
        table = self._create_route_table()
        subnets = self._create_subnets(args, table)
        self._create_s3_endpoint(args, table)
        self._empty_default_group()
        self.publish(
            NetworkOutputs(
                vpc_id=self._vpc.id,
                subnet_ids=tuple(subnet.id for subnet in subnets),
                zones=tuple(subnet.availability_zone for subnet in subnets),
                host_security_group_id=self._create_group("host", "The host of the open-source services").id,
                training_security_group_id=self._create_group("training", "Training machines").id,
            )
        )

    def _named(self, role: str) -> str:
        return f"{self.component_name}-{role}"

    def _create_vpc(self, cidr: str) -> aws.ec2.Vpc:
        return aws.ec2.Vpc(
            self._named("vpc"),
            cidr_block=cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self.tags(Name=self.context.naming.prefix),
            opts=self.child,
        )

    def _create_route_table(self) -> aws.ec2.RouteTable:
        gateway = aws.ec2.InternetGateway(
            self._named("gateway"), vpc_id=self._vpc.id, tags=self.tags(), opts=self.child
        )
        table = aws.ec2.RouteTable(self._named("routes"), vpc_id=self._vpc.id, tags=self.tags(), opts=self.child)
        aws.ec2.Route(
            self._named("way-out"),
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=self.child,
        )
        return table

    def _create_subnets(self, args: NetworkArgs, table: aws.ec2.RouteTable) -> list[aws.ec2.Subnet]:
        cidrs = subnet_cidrs(args.vpc_cidr, len(ZONE_LETTERS))
        return [self._create_subnet(letter, cidr, table) for letter, cidr in zip(ZONE_LETTERS, cidrs, strict=True)]

    def _create_subnet(self, letter: str, cidr: str, table: aws.ec2.RouteTable) -> aws.ec2.Subnet:
        subnet = aws.ec2.Subnet(
            self._named(f"subnet-{letter}"),
            vpc_id=self._vpc.id,
            cidr_block=cidr,
            availability_zone=f"{self.context.region}{letter}",
            map_public_ip_on_launch=True,
            tags=self.tags(Name=f"{self.context.naming.prefix}-{letter}"),
            opts=self.child,
        )
        aws.ec2.RouteTableAssociation(
            self._named(f"routes-{letter}"), subnet_id=subnet.id, route_table_id=table.id, opts=self.child
        )
        return subnet

    def _create_s3_endpoint(self, args: NetworkArgs, table: aws.ec2.RouteTable) -> None:
        aws.ec2.VpcEndpoint(
            self._named("s3"),
            vpc_id=self._vpc.id,
            service_name=f"com.amazonaws.{args.context.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id],
            tags=self.tags(),
            opts=self.child,
        )

    def _empty_default_group(self) -> None:
        """Adopted without a rule: what forgets to name a group is then alone."""
        aws.ec2.DefaultSecurityGroup(
            self._named("default-group"), vpc_id=self._vpc.id, tags=self.tags(), opts=self.child
        )

    def _create_group(self, role: str, description: str) -> aws.ec2.SecurityGroup:
        """No ingress here: `reach.py` says who comes in, and the rule comes and goes with the service."""
        group = aws.ec2.SecurityGroup(
            self._named(f"{role}-group"),
            name=f"{self.context.naming.prefix}-{role}",
            description=description,
            vpc_id=self._vpc.id,
            tags=self.tags(),
            opts=self.child,
        )
        aws.vpc.SecurityGroupEgressRule(
            self._named(f"{role}-way-out"),
            security_group_id=group.id,
            description="Package installs and AWS endpoints",
            ip_protocol="-1",
            cidr_ipv4=ANYWHERE,
            tags=self.tags(),
            opts=self.child,
        )
        return group
