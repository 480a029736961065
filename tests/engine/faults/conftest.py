"""An AWS that misbehaves under stack dev, what belongs to the stack there, and what the state knows of it."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from emulator import tokens
from emulator.faults import control
from emulator.faults.plan import Plan
from emulator.state import State
from emulator.wire import READING

CONFIG = """\
  mlteam:amiId: ami-0123456789abcdef0
  mlteam:alertEmails: ml@example.com
  mlteam:alertPhones: "+12025550123"
  mlteam:opsWebhookUrl: https://ops.example.com/t0ken
  aws:accessKey: emulated
  aws:secretKey: emulated
  aws:skipMetadataApiCheck: "true"
"""
STACK, PREFIX = "dev", "mlteam-dev"
TREASURE = b"an image that nobody can take again"
FAILED = re.compile(r"'([^']+)': (\w+) failed: ([\w.]+): ")
"""How the provider names a failed call: resource, operation, code."""

PARTS = re.compile(r"aws:s3/bucket(?!:Bucket$)|aws:sns/topicPolicy|aws:ec2/defaultSecurityGroup|pulumi:|mlteam:")
"""Types that are a part of what they belong to, and none of AWS's."""
ROOT_DEVICE = "/dev/sda1"
Listed = Callable[[Any], Iterator[str]]


def tagged(service: str, method: str, key: str, identity: str) -> Listed:
    """What carries the stack's tag; the default group and root disks belong to what made them."""

    def listed(laptop: Any) -> Iterator[str]:
        for each in getattr(laptop.client(service), method)()[key]:
            tags = {tag["Key"]: tag["Value"] for tag in each.get("Tags", ())}
            is_root = any(one.get("Device") == ROOT_DEVICE for one in each.get("Attachments", ()))
            if tags.get("mlteam:stack") == STACK and each.get("GroupName") != "default" and not is_root:
                yield each[identity]

    return listed


def named(service: str, method: str, key: str, name: str, identity: str = "", **asked: Any) -> Listed:
    """What is called as the stack's things are; `identity` is the id where it is not the name."""

    def listed(laptop: Any) -> Iterator[str]:
        for each in getattr(laptop.client(service), method)(**asked)[key]:
            if PREFIX in each.get(name, ""):
                yield each[identity or name]

    return listed


def machines(laptop: Any) -> Iterator[str]:
    yield from (each["InstanceId"] for each in laptop.machines())


def tables(laptop: Any) -> list[dict[str, Any]]:
    mine, known = set(AT_AWS["aws:ec2/routeTable:RouteTable"](laptop)), laptop.client("ec2").describe_route_tables()
    return [each for each in known["RouteTables"] if each["RouteTableId"] in mine]


def routes(laptop: Any) -> Iterator[str]:
    for table in tables(laptop):
        for route in table["Routes"]:
            if route.get("GatewayId", "").startswith("igw-"):
                yield f"{table['RouteTableId']}_{route['DestinationCidrBlock']}"


def table_associations(laptop: Any) -> Iterator[str]:
    for table in tables(laptop):
        yield from (each["RouteTableAssociationId"] for each in table["Associations"] if not each["Main"])


def rules(*, egress: bool) -> Listed:
    def listed(laptop: Any) -> Iterator[str]:
        groups = list(AT_AWS["aws:ec2/securityGroup:SecurityGroup"](laptop))
        for each in laptop.client("ec2").describe_security_group_rules()["SecurityGroupRules"]:
            if each["GroupId"] in groups and each["IsEgress"] == egress:
                yield each["SecurityGroupRuleId"]

    return listed


def attachments(laptop: Any) -> Iterator[str]:
    for volume in laptop.client("ec2").describe_volumes()["Volumes"]:
        for each in volume["Attachments"]:
            if each["Device"] != ROOT_DEVICE:
                yield f"{each['Device']}:{each['VolumeId']}:{each['InstanceId']}"


def role_policies(laptop: Any) -> Iterator[str]:
    for role in laptop.roles():
        names = laptop.client("iam").list_role_policies(RoleName=role)["PolicyNames"]
        yield from (f"{role}:{name}" for name in names)


def budgets(laptop: Any) -> Iterator[str]:
    account = laptop.platform.endpoints().account_id
    names = named("budgets", "describe_budgets", "Budgets", "BudgetName", AccountId=account)(laptop)
    yield from (f"{account}:{name}" for name in names)


def parameters(laptop: Any) -> Iterator[str]:
    """Passwords are the host's: it makes them at the first start, and the state never knows them."""
    for each in laptop.client("ssm").describe_parameters()["Parameters"]:
        if PREFIX in each["Name"] and each["Type"] != "SecureString":
            yield each["Name"]


def schedules(laptop: Any) -> Iterator[str]:
    for each in laptop.client("scheduler").list_schedules()["Schedules"]:
        if PREFIX in each["Name"]:
            yield f"{each['GroupName']}/{each['Name']}"


AT_AWS: dict[str, Listed] = {
    "aws:ec2/vpc:Vpc": tagged("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    "aws:ec2/subnet:Subnet": tagged("ec2", "describe_subnets", "Subnets", "SubnetId"),
    "aws:ec2/internetGateway:InternetGateway": tagged(
        "ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"
    ),
    "aws:ec2/routeTable:RouteTable": tagged("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    "aws:ec2/route:Route": routes,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": table_associations,
    "aws:ec2/vpcEndpoint:VpcEndpoint": tagged("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": rules(egress=False),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": rules(egress=True),
    "aws:ec2/securityGroup:SecurityGroup": tagged("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    "aws:ec2/launchTemplate:LaunchTemplate": tagged(
        "ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"
    ),
    "aws:ec2/instance:Instance": machines,
    "aws:ebs/volume:Volume": tagged("ec2", "describe_volumes", "Volumes", "VolumeId"),
    "aws:ec2/volumeAttachment:VolumeAttachment": attachments,
    "aws:iam/rolePolicy:RolePolicy": role_policies,
    "aws:iam/instanceProfile:InstanceProfile": named(
        "iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"
    ),
    "aws:iam/role:Role": lambda laptop: iter(laptop.roles()),
    "aws:iam/policy:Policy": named("iam", "list_policies", "Policies", "Arn", Scope="Local"),
    "aws:s3/bucket:Bucket": lambda laptop: iter(laptop.buckets()),
    "aws:sns/topic:Topic": named("sns", "list_topics", "Topics", "TopicArn"),
    "aws:sns/topicSubscription:TopicSubscription": named(
        "sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"
    ),
    "aws:budgets/budget:Budget": budgets,
    "aws:ssm/association:Association": named(
        "ssm", "list_associations", "Associations", "AssociationName", "AssociationId"
    ),
    "aws:ssm/document:Document": named(
        "ssm", "list_documents", "DocumentIdentifiers", "Name", Filters=[{"Key": "Owner", "Values": ["Self"]}]
    ),
    "aws:ssm/parameter:Parameter": parameters,
    "aws:scheduler/schedule:Schedule": schedules,
    "aws:scheduler/scheduleGroup:ScheduleGroup": named("scheduler", "list_schedule_groups", "ScheduleGroups", "Name"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": named("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
}
"""By type: the ids of all that belongs to stack dev at AWS."""


@dataclass
class Troubled:
    """A laptop whose AWS misbehaves, and what the test has seen of it."""

    laptop: Any
    removed: set[str] = field(default_factory=set)
    ups: int = 0
    said: str = ""

    @property
    def state(self) -> State:
        return State(self.laptop.platform.aws_directory)

    def plan(self, *faults: dict[str, Any]) -> None:
        control.give(self.state, Plan.model_validate({"version": 1, "faults": list(faults)}))

    def up(self) -> bool:
        """One `up`; if it fails, each call that has gone wrong for good is named with its resource and operation."""
        done = self.laptop.platform.pulumi(
            *("up", "--yes", "--skip-preview", "--continue-on-error", "--stack", STACK), check=False, capture=True
        )
        self.said = done.stdout + done.stderr
        assert "Traceback" not in self.said, self.said
        assert done.returncode == 0 or self.failures(), self.said
        self.ups += 1
        self.put_treasures()
        return bool(done.returncode == 0)

    def failures(self) -> set[tuple[str, str, str]]:
        """(resource, operation, code) of each call that the last `up` gave up."""
        return set(FAILED.findall(self.said))

    def put_treasures(self) -> None:
        """Data in every bucket as soon as there is one."""
        s3 = self.laptop.client("s3")
        for bucket in self.laptop.buckets():
            if not s3.list_objects_v2(Bucket=bucket, Prefix="landing/").get("Contents"):
                s3.put_object(Bucket=bucket, Key="landing/1.png", Body=TREASURE)

    def known(self) -> dict[str, set[str]]:
        """The state's ids by type."""
        found: dict[str, set[str]] = {token: set() for token in AT_AWS}
        for each in json.loads(self.laptop.pulumi("stack", "export"))["deployment"]["resources"]:
            if not PARTS.match(each["type"]):
                found[each["type"]].add(each["id"])  # a KeyError: say in AT_AWS how to find this type at AWS
        return found

    def orphans(self) -> dict[str, set[str]]:
        """What is at AWS and not in the state, by type."""
        known = self.known()
        left = {token: set(listed(self.laptop)) - known[token] for token, listed in AT_AWS.items()}
        return {token: ids for token, ids in left.items() if ids}

    def remove(self, orphans: dict[str, set[str]], calls: dict[str, tuple[str, str, str]]) -> None:
        """As somebody has to on AWS; `calls` has service, method and what it wants to be told, in their order."""
        for token, (service, method, member) in calls.items():
            for identity in orphans.get(token, ()):
                self.removed.add(token)
                getattr(self.laptop.client(service), method)(**self._named(member, identity))

    def _named(self, member: str, identity: str) -> dict[str, Any]:
        if member == "Rule":
            rule = self.laptop.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[identity])
            return {"GroupId": rule["SecurityGroupRules"][0]["GroupId"], "SecurityGroupRuleIds": [identity]}
        if member == "Route":
            table, destination = identity.split("_")
            return {"RouteTableId": table, "DestinationCidrBlock": destination}
        if member == "BudgetName":
            account, name = identity.split(":")
            return {"AccountId": account, "BudgetName": name}
        return {member: identity}

    def assert_whole(self) -> None:
        """Nothing is to do, nothing is forgotten, no data is gone."""
        control.clear(self.state)
        self.laptop.change("up", "--expect-no-changes")
        self.laptop.change("refresh", "--expect-no-changes")
        assert self.orphans() == {}
        assert all(self.known().values()), "a type that the test looks for is not in the stack"
        s3 = self.laptop.client("s3")
        for bucket in self.laptop.buckets():
            assert s3.get_object(Bucket=bucket, Key="landing/1.png")["Body"].read() == TREASURE

    def fired(self, kind: str) -> list[control.Fired]:
        return [each for each in control.fired(self.state) if each.kind == kind]

    def assert_every_call_has_met(self, kind: str) -> None:
        """Each call by which a type of the stack is made has gone wrong at least once."""
        made = {call for token in self.known() for call in making(token)}
        assert made <= {each.call for each in self.fired(kind)}, kind


def making(token: str) -> Iterator[str]:
    """The calls without which there is no resource of the type."""
    row = tokens.rows()[token]
    if not row.create[0].operation.startswith(READING):
        yield f"{row.service}:{row.create[0].operation}"


@pytest.fixture(scope="module")
def clones(laptop_of: Callable[[str], Any]) -> Any:
    laptop = laptop_of(STACK)
    there = laptop.platform.checkout / f"Pulumi.{STACK}.yaml"
    there.write_text(there.read_text().replace("config:\n", f"config:\n{CONFIG}"))
    return laptop


@pytest.fixture
def troubled(clones: Any) -> Iterator[Troubled]:
    """An AWS and a state in which nothing has happened yet."""
    clones.platform.start()
    clones.platform.select()
    yield Troubled(clones)
    clones.platform.stop()


@pytest.fixture
def without_services(clones: Any) -> Iterator[None]:
    program = clones.platform.checkout / "__main__.py"
    before = program.read_text()
    program.write_text((Path(__file__).parent / "without_services.py").read_text())
    yield
    program.write_text(before)
