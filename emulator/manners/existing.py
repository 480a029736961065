"""What is there already: a second one is refused, or the first is the answer, where AWS does so and moto does not.

moto 5.2.5 knows most conflicts by itself (tests/emulator/manners/test_existing.py has the whole table). Here is the
rest: a gateway endpoint for a table that has one, a second gateway of a VPC, a subnet that follows another table, a
device that is in use, a topic or subscription that is asked for with other attributes or tags, a group of schedules,
names of IAM in other letters. Sources: API references and error codes of EC2, SNS, IAM and EventBridge Scheduler (read
2026-11).
"""

from collections.abc import Mapping
from typing import Any, Final

from moto.core.utils import camelcase_to_underscores
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.scheduler.models import scheduler_backends
from moto.sns.models import sns_backends

from emulator.manners.rules import Check, Request, Rule
from emulator.seam import AwsError


def _ec2(call: Request) -> Any:
    return ec2_backends[call.account_id][call.region]


def _create_endpoint(call: Request) -> None:
    service, tables = call.parameters.get("ServiceName"), set(call.parameters.get("RouteTableIds") or ())
    for endpoint in _ec2(call).vpc_end_points.values():
        common = tables & set(endpoint.route_table_ids or ())
        if endpoint.service_name == service and common and endpoint.state != "deleted":
            what = f"a route with destination-prefix-list-id {endpoint.destination_prefix_list_id}"
            raise AwsError("RouteAlreadyExists", f"route table {min(common)} already has {what}")


def _attach_gateway(call: Request) -> None:
    vpc_id = call.parameters["VpcId"]
    for gateway in _ec2(call).internet_gateways.values():
        if gateway.vpc and gateway.vpc.id == vpc_id and gateway.id != call.parameters["InternetGatewayId"]:
            raise AwsError("InvalidParameterValue", f"Network {vpc_id} already has an internet gateway attached")


def _associate_table(call: Request) -> None:
    subnet_id, table_id = call.parameters.get("SubnetId"), call.parameters["RouteTableId"]
    for table in _ec2(call).route_tables.values():
        if table.id != table_id and subnet_id and subnet_id in table._associations.values():
            message = f"the specified association for route table {table_id} conflicts with an existing association"
            raise AwsError("Resource.AlreadyAssociated", message)


def _attach_volume(call: Request) -> None:
    device, instance_id = call.parameters["Device"], call.parameters["InstanceId"]
    for volume in _ec2(call).volumes.values():
        held = volume.attachment
        if (
            held
            and held.instance.id == instance_id
            and held.device == device
            and volume.id != call.parameters["VolumeId"]
        ):
            message = f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use"
            raise AwsError("InvalidParameterValue", message)


def _create_topic(call: Request) -> None:
    topics = sns_backends[call.account_id][call.region].topics.values()
    known = next((topic for topic in topics if topic.name == call.parameters["Name"]), None)
    tags = {tag["Key"]: tag["Value"] for tag in call.parameters.get("Tags") or ()}
    if known is not None:
        given = call.parameters.get("Attributes") or {}
        if any(str(getattr(known, camelcase_to_underscores(name), "")) != value for name, value in given.items()):
            raise _different("Attributes", "Topic already exists with different attributes")
        if tags and tags != known._tags:
            raise _different("Tags", "Topic already exists with different tags")


def _subscribe(call: Request) -> None:
    asked = tuple(call.parameters.get(name) for name in _SUBSCRIPTION)
    for known in sns_backends[call.account_id][call.region].subscriptions.values():
        if (known.topic_arn, known.protocol, known.endpoint) == asked and _differs(known.attributes, call.parameters):
            raise _different("Attributes", "Subscription already exists with different attributes")


_SUBSCRIPTION: Final = ("TopicArn", "Protocol", "Endpoint")


def _differs(known: Mapping[str, Any], parameters: Mapping[str, Any]) -> bool:
    given = parameters.get("Attributes") or {}
    return any(str(known.get(name, "")).lower() != str(value).lower() for name, value in given.items())


def _different(what: str, reason: str) -> AwsError:
    return AwsError("InvalidParameter", f"Invalid parameter: {what} Reason: {reason}")


def _create_schedule_group(call: Request) -> None:
    name = call.parameters["Name"]
    if name in scheduler_backends[call.account_id][call.region].schedule_groups:
        raise AwsError("ConflictException", f"Schedule group {name} already exists.")


def _named(kind: str, member: str, holder: str) -> Check:
    """IAM's names differ by more than the case of their letters (IAM, "Friendly names and paths")."""

    def check(call: Request) -> None:
        wanted = str(call.parameters[member])
        things = getattr(iam_backends[call.account_id]["aws"], holder).values()
        own = (each for each in things if ":iam::aws:policy/" not in str(getattr(each, "arn", "")))
        if any(str(each.name).lower() == wanted.lower() for each in own):
            raise AwsError("EntityAlreadyExists", f"{kind} with name {wanted} already exists.")

    return check


RULES: Final[tuple[Rule, ...]] = (
    ("iam:CreateRole", _named("Role", "RoleName", "roles")),
    ("iam:CreateUser", _named("User", "UserName", "users")),
    ("iam:CreateGroup", _named("Group", "GroupName", "groups")),
    ("iam:CreateInstanceProfile", _named("Instance Profile", "InstanceProfileName", "instance_profiles")),
    ("iam:CreatePolicy", _named("A policy", "PolicyName", "managed_policies")),
    ("ec2:CreateVpcEndpoint", _create_endpoint),
    ("ec2:AttachInternetGateway", _attach_gateway),
    ("ec2:AssociateRouteTable", _associate_table),
    ("ec2:AttachVolume", _attach_volume),
    ("sns:CreateTopic", _create_topic),
    ("sns:Subscribe", _subscribe),
    ("scheduler:CreateScheduleGroup", _create_schedule_group),
)
