"""Networks and machines of a stack at EC2: how each is found, what it may hold, how it goes."""

from collections.abc import Iterator
from typing import Any, Final

from stacks.recovery.sight import Find, Sight
from workflow.backends.training_oss import JOB_TAG

ANYWHERE: Final = "0.0.0.0/0"
ENDED: Final = frozenset({"shutting-down", "terminated"})
STOPPED: Final = frozenset({"stopping", "stopped"})
GOING: Final = frozenset({"deleting", "deleted"})
SNAPSHOT_OF: Final = "mlteam:recovered-from"
"""The tag by which the snapshot of a disk that is to go is found again, if recovery was interrupted."""


def tags(resource: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in resource.get("Tags", ())}


def groups(sight: Sight) -> Iterator[str]:
    """Without the network's default group, which comes and goes with it."""
    found = sight.tagged("describe_security_groups", "SecurityGroups")
    return (each["GroupId"] for each in found if each["GroupName"] != "default")


def rules(*, egress: bool) -> Find:
    """Those that bear the stack's tags, and the one that AWS gives each new group: pulumi-aws revokes it only while it
    makes the group. A rule that somebody else put there stays."""

    def find(sight: Sight) -> Iterator[str]:
        for each in sight.tagged("describe_security_group_rules", "SecurityGroupRules"):
            if each["IsEgress"] == egress:
                yield each["SecurityGroupRuleId"]
        mine = list(groups(sight)) if egress else []
        if mine:
            asked = {"Filters": [{"Name": "group-id", "Values": mine}]}
            for each in sight.pages("ec2", "describe_security_group_rules", "SecurityGroupRules", **asked):
                if _is_given(each):
                    yield each["SecurityGroupRuleId"]

    return find


def _is_given(rule: dict[str, Any]) -> bool:
    is_open = rule["IsEgress"] and rule["IpProtocol"] == "-1" and rule.get("CidrIpv4") == ANYWHERE
    return bool(is_open and not rule.get("Tags") and not rule.get("Description"))


def revoke(sight: Sight, identity: str) -> None:
    client = sight.aws.client("ec2")
    (rule,) = client.describe_security_group_rules(SecurityGroupRuleIds=[identity])["SecurityGroupRules"]
    asked = {"GroupId": rule["GroupId"], "SecurityGroupRuleIds": [identity]}
    if rule["IsEgress"]:
        client.revoke_security_group_egress(**asked)
    else:
        client.revoke_security_group_ingress(**asked)


def routes(sight: Sight) -> Iterator[str]:
    """The way out of each of the stack's tables; a route that somebody else put there stays."""
    for table in sight.tagged("describe_route_tables", "RouteTables"):
        for route in table["Routes"]:
            is_way_out = route.get("GatewayId", "").startswith("igw-")
            if is_way_out and route.get("DestinationCidrBlock") == ANYWHERE:
                yield f"{table['RouteTableId']}_{ANYWHERE}"


def table_associations(sight: Sight) -> Iterator[str]:
    """Of the stack's tables with its own subnets; somebody else's subnet keeps its way."""
    mine = {each["SubnetId"] for each in sight.tagged("describe_subnets", "Subnets")}
    for table in sight.tagged("describe_route_tables", "RouteTables"):
        found = (each for each in table["Associations"] if each.get("SubnetId") in mine)
        yield from (each["RouteTableAssociationId"] for each in found)


def delete_gateway(sight: Sight, identity: str) -> None:
    client = sight.aws.client("ec2")
    (gateway,) = client.describe_internet_gateways(InternetGatewayIds=[identity])["InternetGateways"]
    for each in gateway["Attachments"]:
        client.detach_internet_gateway(InternetGatewayId=identity, VpcId=each["VpcId"])
    client.delete_internet_gateway(InternetGatewayId=identity)


def endpoints(sight: Sight) -> Iterator[str]:
    """AWS goes on listing those that go or are gone."""
    found = sight.tagged("describe_vpc_endpoints", "VpcEndpoints")
    return (each["VpcEndpointId"] for each in found if str(each.get("State")).lower() not in GOING)


def delete_endpoint(sight: Sight, identity: str) -> None:
    """A gateway endpoint is gone with its routes; of all EC2 calls this one tells of a failure in its answer."""
    from botocore.exceptions import ClientError

    answer = sight.aws.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[identity])
    for each in answer.get("Unsuccessful", ()):
        raise ClientError({"Error": each["Error"]}, "DeleteVpcEndpoints")


def machines(sight: Sight) -> Iterator[str]:
    """Without those that run a training job: they are nobody's resource, and end themselves."""
    return (each["InstanceId"] for each in _instances(sight) if JOB_TAG not in tags(each))


def asleep(sight: Sight) -> Iterator[str]:
    """Machines that are stopped: by their schedule, or by a `destroy` that was about to take their disk away."""
    return (each["InstanceId"] for each in _instances(sight) if each["State"]["Name"] in STOPPED)


def _instances(sight: Sight) -> Iterator[dict[str, Any]]:
    for reservation in sight.tagged("describe_instances", "Reservations"):
        yield from (each for each in reservation["Instances"] if each["State"]["Name"] not in ENDED)


def _root_disks(sight: Sight) -> set[str]:
    """They come and go with their machines."""
    return {
        disk["Ebs"]["VolumeId"]
        for each in _instances(sight)
        for disk in each["BlockDeviceMappings"]
        if disk["DeviceName"] == each["RootDeviceName"]
    }


def disks_of(sight: Sight, identity: str) -> str:
    asked = {"Filters": [{"Name": "attachment.instance-id", "Values": [identity]}]}
    found = {each["VolumeId"] for each in sight.pages("ec2", "describe_volumes", "Volumes", **asked)}
    kept = sorted(found - _root_disks(sight))
    return f"the data of {', '.join(kept)}" if kept else ""


def terminate(sight: Sight, identity: str) -> None:
    """And wait: what it used cannot go before."""
    client = sight.aws.client("ec2")
    client.terminate_instances(InstanceIds=[identity])
    client.get_waiter("instance_terminated").wait(InstanceIds=[identity])


def _volumes(sight: Sight) -> list[dict[str, Any]]:
    roots = _root_disks(sight)
    return [each for each in sight.tagged("describe_volumes", "Volumes") if each["VolumeId"] not in roots]


def volumes(sight: Sight) -> Iterator[str]:
    return (each["VolumeId"] for each in _volumes(sight))


def user_of(sight: Sight, identity: str) -> str:
    (volume,) = sight.aws.client("ec2").describe_volumes(VolumeIds=[identity])["Volumes"]
    used = [each["InstanceId"] for each in volume["Attachments"]]
    return f"what {', '.join(used)} works with" if used else ""


def delete_volume(sight: Sight, identity: str) -> None:
    """After a snapshot: 0.05 USD a month and GB that was ever written, so nothing for a disk that nobody used."""
    client = sight.aws.client("ec2")
    wanted = {f"tag:{SNAPSHOT_OF}": identity, "status": "pending"}  # an older one does not know what came since
    filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
    begun = client.describe_snapshots(OwnerIds=["self"], Filters=filters)["Snapshots"]
    snapshot = begun[0] if begun else client.create_snapshot(VolumeId=identity, **_labels(sight, identity))
    client.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot["SnapshotId"]])
    client.delete_volume(VolumeId=identity)


def _labels(sight: Sight, volume: str) -> dict[str, Any]:
    naming = sight.naming
    told = {SNAPSHOT_OF: volume, "mlteam:project": naming.project, "mlteam:stack": naming.stack}
    labels = [{"Key": key, "Value": value} for key, value in told.items()]
    return {
        "Description": f"what {volume} of {naming.prefix} held",
        "TagSpecifications": [{"ResourceType": "snapshot", "Tags": labels}],
    }


def attachments(sight: Sight) -> Iterator[str]:
    for volume in _volumes(sight):
        for each in volume["Attachments"]:
            yield f"{each['Device']}:{each['VolumeId']}:{each['InstanceId']}"
