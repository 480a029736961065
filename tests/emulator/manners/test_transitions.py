"""What AWS makes in the background is not ready at once: it is seen to be made, and cannot be used before."""

import itertools
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

DOCUMENT = {
    "schemaVersion": "2.2",
    "mainSteps": [{"action": "aws:runShellScript", "name": "a", "inputs": {"runCommand": ["true"]}}],
}


def states(look: Callable[[], str], last: str) -> list[str]:
    """Every state that is seen until the last one."""
    seen = [look()]
    deadline = time.monotonic() + 10
    while seen[-1] != last:
        assert time.monotonic() < deadline, seen
        found = look()
        seen += [found] if found != seen[-1] else []
    return seen


def refused_while_new(make: Callable[[], str], use: Callable[[str], object]) -> str:
    """How AWS refuses the use of what was made just now; made again if this machine was too slow to be early."""
    for _ in range(20):
        try:
            use(make())
        except ClientError as error:
            return str(error)
    raise AssertionError("it can always be used at once")


def test_a_network_is_pending_before_it_is_available(cloud: Any) -> None:
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.66.0.0/16")["Vpc"]
    assert vpc["State"] == "pending"
    vpc_id = vpc["VpcId"]
    assert states(lambda: ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"][0]["State"], "available")[-1] == "available"
    subnet = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.66.1.0/24")["Subnet"]
    assert subnet["State"] == "pending"
    asked = {"VpcId": vpc_id, "ServiceName": "com.amazonaws.us-east-1.s3", "VpcEndpointType": "Gateway"}
    endpoint = ec2.create_vpc_endpoint(**asked)["VpcEndpoint"]
    assert endpoint["State"] == "pending"
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)

    def attached() -> str:
        known = ec2.describe_internet_gateways(InternetGatewayIds=[gateway])["InternetGateways"][0]
        return str(known["Attachments"][0]["State"])

    assert states(attached, "available") == ["attaching", "available"]
    ec2.get_waiter("subnet_available").wait(SubnetIds=[subnet["SubnetId"]], WaiterConfig={"Delay": 1})
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    ec2.delete_vpc(VpcId=vpc_id)


def test_what_is_aws_own_is_there_from_the_beginning(cloud: Any) -> None:
    ec2 = cloud.client("ec2")
    default = [{"Name": "is-default", "Values": ["true"]}]
    assert {vpc["State"] for vpc in ec2.describe_vpcs(Filters=default)["Vpcs"]} == {"available"}


def test_a_volume_is_made_and_attached_before_it_can_be_used(cloud: Any, instance: str) -> None:
    ec2 = cloud.client("ec2")

    def make() -> str:
        return str(ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"])

    for use in (
        lambda volume: ec2.delete_volume(VolumeId=volume),
        lambda volume: ec2.modify_volume(VolumeId=volume, Size=2),
        lambda volume: ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdh"),
    ):
        assert re.search("IncorrectState.*Volume 'vol-.*' is not 'available'", refused_while_new(make, use))
    volume = make()
    available = states(lambda: ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"], "available")
    assert available[-1] == "available"
    assert ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdi")["State"] == "attaching"

    def attachment() -> str:
        return str(ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Attachments"][0]["State"])

    assert states(attachment, "attached")[-1] == "attached"
    ec2.detach_volume(VolumeId=volume)
    ec2.delete_volume(VolumeId=volume)


def test_a_volume_is_not_attached_to_an_instance_that_goes(cloud: Any) -> None:
    ec2 = cloud.client("ec2")
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    going = cloud.launch(waits=False)
    ec2.terminate_instances(InstanceIds=[going])
    states(lambda: ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"], "available")
    with pytest.raises(ClientError, match=f"IncorrectState.*Instance '{going}' is not 'running'"):
        ec2.attach_volume(VolumeId=volume, InstanceId=going, Device="/dev/sdf")
    ec2.delete_volume(VolumeId=volume)


def test_a_document_is_created_before_it_is_active(cloud: Any) -> None:
    ssm = cloud.client("ssm")
    names = (f"slowly-{number}" for number in itertools.count())

    def make() -> str:
        create = {"Name": next(names), "Content": json.dumps(DOCUMENT), "DocumentType": "Command"}
        assert ssm.create_document(**create)["DocumentDescription"]["Status"] == "Creating"
        return str(create["Name"])

    def associate(name: str) -> str:
        made = ssm.create_association(Name=name, Targets=[{"Key": "tag:nobody", "Values": ["x"]}])
        return str(made["AssociationDescription"]["AssociationId"])

    assert re.search("InvalidDocument.*is not in Active state", refused_while_new(make, associate))
    name = make()
    assert states(lambda: ssm.describe_document(Name=name)["Document"]["Status"], "Active")[-1] == "Active"
    ssm.delete_association(AssociationId=associate(name))
    changed = json.dumps({**DOCUMENT, "description": "changed"})
    updated = ssm.update_document(Name=name, Content=changed, DocumentVersion="$LATEST")
    assert updated["DocumentDescription"]["Status"] == "Updating"
