"""What of a stack goes that its state does not know, and what stays because it holds data or is somebody's own."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID

from stacks.recovery import networks

pytestmark = pytest.mark.slow


def test_a_bucket_goes_when_it_is_empty_and_stays_when_it_is_not(scene: Any) -> None:
    names = [f"mlteam-dev-{DEFAULT_ACCOUNT_ID}-{tier}" for tier in ("artifacts", "dev", "prod", "staging")]
    anothers = f"mlteam-prod-{DEFAULT_ACCOUNT_ID}-dev"
    for name in (*names, anothers):
        scene.s3.create_bucket(Bucket=name)
    scene.s3.put_object(Bucket=names[1], Key="landing/1.png", Body=b"1")
    scene.s3.put_bucket_versioning(Bucket=names[2], VersioningConfiguration={"Status": "Enabled"})
    scene.s3.put_object(Bucket=names[2], Key="landing/1.png", Body=b"1")
    scene.s3.delete_object(Bucket=names[2], Key="landing/1.png")
    scene.s3.create_multipart_upload(Bucket=names[3], Key="landing/1.png")
    done = scene.recover()
    assert done.removed == ()
    told = {each.key: each.left for each in done.left}
    assert "does not know Bucket" in told.pop(names[0])
    assert all("it holds objects" in each for each in told.values())
    for name in names[1:]:
        empty(scene.s3, name)
    assert [each.key for each in scene.recover().removed] == names
    assert {each["Name"] for each in scene.s3.list_buckets()["Buckets"]} == {anothers}


def empty(s3: Any, bucket: str) -> None:
    for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", ()):
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    stored = s3.list_object_versions(Bucket=bucket)
    for each in (*stored.get("Versions", ()), *stored.get("DeleteMarkers", ())):
        s3.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])


def test_a_disk_that_nobody_uses_goes_after_a_snapshot(scene: Any) -> None:
    disk = scene.volume()
    before = scene.ec2.create_snapshot(
        VolumeId=disk, TagSpecifications=scene.tags("snapshot", **{"mlteam:recovered-from": disk})
    )
    assert [each.key for each in scene.recover().removed] == [disk]
    asked = {"Filters": [{"Name": "tag:mlteam:recovered-from", "Values": [disk]}]}
    made = {each["SnapshotId"]: each for each in scene.ec2.describe_snapshots(**asked)["Snapshots"]}
    made.pop(before["SnapshotId"])  # it does not know what the disk holds now
    assert [(each["VolumeId"], each["State"]) for each in made.values()] == [(disk, "completed")]


def test_a_disk_at_a_machine_stays_and_is_named_with_the_commands_that_adopt_or_delete_it(scene: Any) -> None:
    alone, used, job = scene.volume(), scene.volume(), scene.machine(**{"mlteam:job": "j"})
    scene.ec2.attach_volume(VolumeId=used, InstanceId=job, Device="/dev/sdf")
    done = scene.recover()
    told = {each.key: each.left for each in done.left}
    assert f"it holds what {job} works with" in told[used]
    assert "pulumi import --file F" in told[used]
    assert f"aws ec2 delete-volume --volume-id {used}" in told[used]
    assert "perhaps another deployment's" in told[alone]
    assert {alone, used} <= {each["VolumeId"] for each in scene.ec2.describe_volumes()["Volumes"]}


def test_a_machine_goes_unless_it_trains(scene: Any) -> None:
    idle, trains = scene.machine(), scene.machine(**{"mlteam:job": "j"})
    assert [each.key for each in scene.recover().removed] == [idle]
    assert running(scene) == {trains}


def test_a_machine_with_a_disk_for_data_stays(scene: Any) -> None:
    works, disk = scene.machine(), scene.volume()
    scene.ec2.attach_volume(VolumeId=disk, InstanceId=works, Device="/dev/sdf")
    done = scene.recover()
    (told,) = [each.left for each in done.left if each.key == works]
    assert f"it holds the data of {disk}" in told
    assert (done.removed, running(scene)) == ((), {works})


def running(scene: Any) -> set[str]:
    answer = scene.ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])
    return {each["InstanceId"] for part in answer["Reservations"] for each in part["Instances"]}


def test_a_machine_of_the_stack_that_is_stopped_is_named(scene: Any) -> None:
    host, job, orphan = scene.machine(), scene.machine(**{"mlteam:job": "j"}), scene.machine()
    scene.ec2.stop_instances(InstanceIds=[host, job, orphan])
    scene.engine.deployment["resources"] = [{"type": "aws:ec2/instance:Instance", "urn": "urn", "id": host}]
    done = scene.recover()
    assert (done.asleep, [each.key for each in done.removed]) == ((host,), [orphan])


def test_rules_that_somebody_added_by_hand_stay_and_the_one_that_aws_gives_goes(scene: Any) -> None:
    vpc = scene.vpc()
    host, training = scene.group("host", vpc), scene.group("training", vpc)
    port = {"IpProtocol": "tcp", "FromPort": 5000, "ToPort": 5000, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]}
    anywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    told = {**anywhere, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "our scanner"}]}
    scene.ec2.authorize_security_group_ingress(GroupId=host, IpPermissions=[port])
    scene.ec2.revoke_security_group_egress(GroupId=training, IpPermissions=[anywhere])
    scene.ec2.authorize_security_group_egress(GroupId=training, IpPermissions=[told])
    known = {"aws:ec2/securityGroup:SecurityGroup": (host, training), "aws:ec2/vpc:Vpc": (vpc,)}
    scene.engine.deployment["resources"] = [
        {"type": token, "urn": "urn", "id": each} for token, ids in known.items() for each in ids
    ]
    assert [each.token for each in scene.recover().removed] == [
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    ]
    asked = {"Filters": [{"Name": "group-id", "Values": [host, training]}]}
    left = scene.ec2.describe_security_group_rules(**asked)["SecurityGroupRules"]
    assert {(each["GroupId"], each["IsEgress"]) for each in left} == {(host, False), (training, True)}


@pytest.mark.parametrize("kind", ["alarm", "document", "parameter", "schedule group", "topic"])
def test_what_only_is_called_like_the_stacks_own_stays(scene: Any, kind: str) -> None:
    make = MAKERS[kind]
    for name, stack in (("ours", "dev"), ("another-teams", "blue")):
        make(scene.recovery.sight.aws, name, scene.tags("", stack)[0]["Tags"])
    make(scene.recovery.sight.aws, "by-hand", [])
    (gone,) = scene.recover().removed
    assert gone.key.endswith("ours")


def put_alarm(aws: Any, name: str, tags: list[dict[str, str]]) -> None:
    rule = {"EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 1.0, "Period": 60}
    measured = {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Statistic": "Average"}
    aws.client("cloudwatch").put_metric_alarm(AlarmName=f"mlteam-dev-{name}", Tags=tags, **rule, **measured)


def put_document(aws: Any, name: str, tags: list[dict[str, str]]) -> None:
    step = {"action": "aws:runShellScript", "name": "nothing", "inputs": {"runCommand": ["true"]}}
    content = json.dumps({"schemaVersion": "2.2", "mainSteps": [step]})
    aws.client("ssm").create_document(Name=f"mlteam-dev-{name}", Content=content, DocumentType="Command", Tags=tags)


MAKERS: dict[str, Callable[[Any, str, list[dict[str, str]]], object]] = {
    "alarm": put_alarm,
    "document": put_document,
    "parameter": lambda aws, name, tags: aws.client("ssm").put_parameter(
        Name=f"/mlteam-dev/{name}", Value="1", Type="String", Tags=tags
    ),
    "schedule group": lambda aws, name, tags: aws.client("scheduler").create_schedule_group(
        Name=f"mlteam-dev-{name}", Tags=tags
    ),
    "topic": lambda aws, name, tags: aws.client("sns").create_topic(Name=f"mlteam-dev-{name}", Tags=tags),
}


def test_routes_and_subnets_that_somebody_added_by_hand_stay(scene: Any) -> None:
    vpc = scene.vpc()
    table = scene.ec2.create_route_table(VpcId=vpc, TagSpecifications=scene.tags("route-table"))["RouteTable"]
    gateway = scene.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    scene.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnet = scene.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/24")["Subnet"]["SubnetId"]
    scene.ec2.associate_route_table(RouteTableId=table["RouteTableId"], SubnetId=subnet)
    for destination in ({"DestinationIpv6CidrBlock": "::/0"}, {"DestinationCidrBlock": "192.0.2.0/24"}):
        scene.ec2.create_route(RouteTableId=table["RouteTableId"], GatewayId=gateway, **destination)
    assert list(networks.routes(scene.recovery.sight)) == list(networks.table_associations(scene.recovery.sight)) == []


def test_what_was_written_into_a_role_goes_and_what_somebody_else_wrote_stays(scene: Any) -> None:
    iam, role = scene.recovery.sight.aws.client("iam"), "mlteam-dev-host"  # the state knows the role
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_role(RoleName=role, Path="/mlteam-dev/", AssumeRolePolicyDocument="{}")
    for name in ("host", "our-scanner"):
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
    assert [each.key for each in scene.recover().removed] == [f"{role}:host"]
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["our-scanner"]


def test_an_endpoint_that_has_gone_is_not_found_again(scene: Any) -> None:
    vpc, sight = scene.vpc(), scene.recovery.sight
    made = scene.ec2.create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType="Gateway",
        ServiceName="com.amazonaws.us-east-1.s3",
        RouteTableIds=[scene.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]],
        TagSpecifications=scene.tags("vpc-endpoint"),
    )
    identity = made["VpcEndpoint"]["VpcEndpointId"]
    assert list(networks.endpoints(sight)) == [identity]
    networks.delete_endpoint(sight, identity)
    assert list(networks.endpoints(sight)) == []
