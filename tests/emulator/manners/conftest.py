"""What the tests of this folder stand on at AWS."""

import itertools
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {
                    "Service": [
                        "ec2.amazonaws.com",
                        "dlm.amazonaws.com",
                        "scheduler.amazonaws.com",
                        "sagemaker.amazonaws.com",
                    ]
                },
                "Action": "sts:AssumeRole",
            },
        ],
    }
)


class Ground:
    """What the things of a test stand on; a name is new each time that it is asked for."""

    trust = TRUST

    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud
        self._numbers = itertools.count(1)
        self.client: Callable[[str], Any] = cache(cloud.client)  # making one takes longer than all its calls
        ec2 = self.client("ec2")
        self.vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
        ec2.get_waiter("vpc_available").wait(VpcIds=[self.vpc], WaiterConfig={"Delay": 0.1})
        self.table = ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        self.group = ec2.create_security_group(GroupName=self.name(), Description="d", VpcId=self.vpc)["GroupId"]
        self.bucket = self.name()
        self.client("s3").create_bucket(Bucket=self.bucket)
        self.topic = self.client("sns").create_topic(Name=self.name())["TopicArn"]
        self.role = self.client("iam").create_role(RoleName=self.name(), AssumeRolePolicyDocument=self.trust)["Role"]

    def number(self) -> int:
        """Another one each time."""
        return next(self._numbers)

    def name(self) -> str:
        return f"twice-{self.number()}"

    def subnet(self) -> str:
        cidr = f"10.77.{self.number()}.0/24"
        return str(self.client("ec2").create_subnet(VpcId=self.vpc, CidrBlock=cidr)["Subnet"]["SubnetId"])


@pytest.fixture(scope="module")
def ground(cloud: Any) -> Iterator[Ground]:
    ground = Ground(cloud)
    yield ground
    ec2 = ground.client("ec2")
    ec2.detach_internet_gateway(InternetGatewayId=ground.gateway, VpcId=ground.vpc)
    ec2.delete_internet_gateway(InternetGatewayId=ground.gateway)
