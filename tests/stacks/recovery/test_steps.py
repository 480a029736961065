"""Recovery against an AWS in this process and a backend in a folder; the engine is one that only knows its state."""

import io
import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID

from components.naming import Naming
from stacks.engine import Engine
from stacks.recovery import locks, networks
from stacks.recovery.locks import Machine
from stacks.recovery.plan import Orphan, Plan
from stacks.recovery.sight import Sight
from stacks.recovery.steps import Recovery, recover
from stacks.recovery.store import FileStore
from workflow.aws import Aws
from workflow.errors import CredentialsError, DriftError, RefusedError, ResourceError
from workflow.progress import Progress

pytestmark = pytest.mark.slow

PENDING = {"type": "creating", "resource": {"type": "aws:ec2/vpc:Vpc", "urn": "urn:pulumi:dev::mlteam::a::network-vpc"}}
STALE = {"pid": 12, "username": "ann", "hostname": "here", "timestamp": "2026-11-27T12:00:00Z"}
KNOWN = {"type": "aws:iam/role:Role", "urn": "urn", "id": "mlteam-dev-host"}
AMI = "ami-0123456789abcdef0"
UNKNOWN_TO_MOTO = {"list_associations", "list_mlflow_apps", "get_lifecycle_policies"}
LOCK = f"{locks.folder('mlteam', 'dev')}1.json"


@dataclass(frozen=True, kw_only=True)
class Remembered(Engine):
    """What the engine would say of a state; `then` happens while it asks AWS."""

    deployment: dict[str, Any] = field(default_factory=dict)
    then: list[Callable[[], object]] = field(default_factory=list)

    def export(self) -> dict[str, Any]:
        return {"version": 3, "deployment": json.loads(json.dumps(self.deployment))}

    def settle(self) -> None:
        self.deployment.pop("pending_operations", None)
        for each in self.then:
            each()


class MotosSight(Sight):
    """Of what moto knows; the whole of it is looked at in tests/engine/faults."""

    def pages(self, service: str, method: str, key: str, **asked: Any) -> Iterator[dict[str, Any]]:
        return iter(()) if method in UNKNOWN_TO_MOTO else super().pages(service, method, key, **asked)


@dataclass
class Scene:
    """A stack whose engine was killed, and what was shown of it."""

    recovery: Recovery
    engine: Remembered
    ec2: Any
    s3: Any
    shown: list[Plan] = field(default_factory=list)

    def recover(self) -> Plan:
        return recover(self.recovery, self.shown.append).plan

    def tags(self, kind: str, stack: str = "dev", **more: str) -> list[dict[str, Any]]:
        told = {"mlteam:project": "mlteam", "mlteam:stack": stack, **more}
        return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in told.items()]}]

    def vpc(self, stack: str = "dev") -> str:
        made = self.ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=self.tags("vpc", stack))
        return str(made["Vpc"]["VpcId"])

    def vpcs(self) -> set[str]:
        return {each["VpcId"] for each in self.ec2.describe_vpcs()["Vpcs"] if not each["IsDefault"]}

    def volume(self) -> str:
        made = self.ec2.create_volume(AvailabilityZone="us-east-1a", Size=20, TagSpecifications=self.tags("volume"))
        return str(made["VolumeId"])

    def machine(self, **tags: str) -> str:
        made = self.ec2.run_instances(
            ImageId=AMI, MinCount=1, MaxCount=1, TagSpecifications=self.tags("instance", **tags)
        )
        return str(made["Instances"][0]["InstanceId"])

    def group(self, purpose: str, vpc: str) -> str:
        made = self.ec2.create_security_group(
            GroupName=f"mlteam-dev-{purpose}",
            Description=purpose,
            VpcId=vpc,
            TagSpecifications=self.tags("security-group"),
        )
        return str(made["GroupId"])

    def lock(self, **changed: Any) -> None:
        self.recovery.store.write(LOCK, json.dumps({**STALE, **changed}).encode())

    def names(self) -> list[str]:
        return self.recovery.store.names("")


@pytest.fixture(scope="module")
def aws() -> Aws:
    return Aws(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture
def scene(tmp_path: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    engine = Remembered(stack="dev", folder=tmp_path, environment={}, deployment={"resources": [KNOWN]})
    sight = MotosSight(aws=aws, naming=Naming(project="mlteam", stack="dev"), account_id=DEFAULT_ACCOUNT_ID)
    recovery = Recovery(
        engine=engine,
        store=FileStore(url=f"file://{tmp_path}", folder=tmp_path),
        sight=sight,
        machine=Machine(host="here", started=lambda _: None),
        progress=Progress(io.StringIO()),
    )
    with mock_aws():
        yield Scene(recovery, engine, aws.client("ec2"), aws.client("s3"))


def refuse(_: Plan) -> None:
    raise RefusedError("nobody said yes")


def test_a_stack_in_order_has_nothing_to_do_and_nobody_is_asked(scene: Scene) -> None:
    assert scene.recover().is_empty
    assert (scene.shown, scene.names()) == ([], [])


def test_lock_pending_operation_and_orphan_go_and_a_copy_of_the_state_stays(scene: Scene) -> None:
    scene.lock()
    scene.engine.deployment["pending_operations"] = [PENDING]
    vpc, anothers = scene.vpc(), scene.vpc("prod")
    done = scene.recover()
    assert [each.text() for each in done.pending] == ["creating Vpc network-vpc"]
    assert [each.key for each in done.removed] == [vpc]
    assert scene.vpcs() == {anothers}
    (copy,) = scene.names()
    assert json.loads(scene.recovery.store.read(copy) or b"")["deployment"]["pending_operations"] == [PENDING]
    assert stat.S_IMODE((scene.engine.folder / copy).stat().st_mode) == 0o600
    assert scene.recover().is_empty, "a second run has something to do"
    assert len(scene.shown) == 1


def test_nothing_changes_where_nobody_agrees(scene: Scene) -> None:
    scene.lock()
    vpc = scene.vpc()
    with pytest.raises(RefusedError, match="nobody said yes"):
        recover(scene.recovery, refuse)
    assert (scene.names(), scene.vpcs()) == ([LOCK], {vpc})


def test_an_engine_at_work_is_left_in_peace(scene: Scene) -> None:
    scene.lock(hostname="elsewhere")
    vpc = scene.vpc()
    with pytest.raises(RefusedError, match="ann@elsewhere, process 12"):
        scene.recover()
    assert (scene.shown, scene.names(), scene.vpcs()) == ([], [LOCK], {vpc})


def test_what_turns_up_while_aws_is_asked_is_shown_before_it_goes(scene: Scene) -> None:
    scene.engine.deployment["pending_operations"] = [PENDING]
    late: list[str] = []
    scene.engine.then.append(lambda: late.append(scene.vpc()))
    done = scene.recover()
    assert [[each.key for each in plan.removed] for plan in scene.shown] == [[], late]
    assert [each.key for each in done.removed] == late


def test_what_the_state_learns_while_aws_is_asked_is_no_orphan_any_more(scene: Scene) -> None:
    vpc = scene.vpc()
    known = {"type": "aws:ec2/vpc:Vpc", "urn": "urn", "id": vpc}
    scene.engine.deployment["pending_operations"] = [PENDING]
    scene.engine.then.append(lambda: scene.engine.deployment.update(resources=[known]))
    assert [each.key for each in scene.recover().removed] == []
    assert scene.vpcs() == {vpc}


def test_an_engine_that_begins_meanwhile_loses_nothing(scene: Scene) -> None:
    scene.engine.deployment["pending_operations"] = [PENDING]
    vpc = scene.vpc()
    scene.engine.then.append(scene.lock)
    with pytest.raises(RefusedError, match="somebody else began"):
        scene.recover()
    assert scene.vpcs() == {vpc}
    assert LOCK in scene.names()


def test_a_torn_state_is_mended_first_and_the_rest_is_shown_after_that(scene: Scene) -> None:
    state = ".pulumi/stacks/mlteam/dev.json"
    scene.recovery.store.write(state, b"{}")
    scene.recovery.store.write(f"{state}.attrs", b"")
    vpc = scene.vpc()
    done = scene.recover()
    assert done.torn == (state,)
    assert [[each.key for each in plan.removed] for plan in scene.shown] == [[], [vpc]]
    assert not (scene.engine.folder / f"{state}.attrs").exists()


def test_a_bucket_goes_when_it_is_empty_and_stays_when_it_is_not(scene: Scene) -> None:
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
    assert [each.key for each in done.removed] == names[:1]
    assert [(each.key, each.left) for each in done.left] == [(name, "it holds objects") for name in names[1:]]
    assert {each["Name"] for each in scene.s3.list_buckets()["Buckets"]} == {*names[1:], anothers}


def test_a_disk_goes_after_a_snapshot_and_never_from_its_machine(scene: Scene) -> None:
    alone, used, job = scene.volume(), scene.volume(), scene.machine(**{"mlteam:job": "j"})
    scene.ec2.attach_volume(VolumeId=used, InstanceId=job, Device="/dev/sdf")
    done = scene.recover()
    assert [each.key for each in done.removed] == [alone]
    assert Orphan(token="aws:ebs/volume:Volume", key=used, left=f"it holds what {job} works with") in done.left
    assert used in {each["VolumeId"] for each in scene.ec2.describe_volumes()["Volumes"]}
    asked = {"Filters": [{"Name": "tag:mlteam:recovered-from", "Values": [alone]}]}
    (snapshot,) = scene.ec2.describe_snapshots(**asked)["Snapshots"]
    assert (snapshot["VolumeId"], snapshot["State"]) == (alone, "completed")


def test_a_machine_goes_unless_it_trains_or_has_a_disk_with_data(scene: Scene) -> None:
    idle, trains, works = scene.machine(), scene.machine(**{"mlteam:job": "j"}), scene.machine()
    disk = scene.volume()
    scene.ec2.attach_volume(VolumeId=disk, InstanceId=works, Device="/dev/sdf")
    done = scene.recover()
    assert [each.key for each in done.removed] == [idle]
    assert Orphan(token="aws:ec2/instance:Instance", key=works, left=f"it holds the data of {disk}") in done.left
    answer = scene.ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])
    assert {each["InstanceId"] for part in answer["Reservations"] for each in part["Instances"]} == {trains, works}


def test_a_machine_of_the_stack_that_is_stopped_is_named(scene: Scene) -> None:
    host, job, orphan = scene.machine(), scene.machine(**{"mlteam:job": "j"}), scene.machine()
    scene.ec2.stop_instances(InstanceIds=[host, job, orphan])
    scene.engine.deployment["resources"] = [{"type": "aws:ec2/instance:Instance", "urn": "urn", "id": host}]
    done = scene.recover()
    assert (done.asleep, [each.key for each in done.removed]) == ((host,), [orphan])


def test_rules_that_somebody_added_by_hand_stay_and_the_one_that_aws_gives_goes(scene: Scene) -> None:
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


def test_what_aws_does_not_delete_is_named_and_the_rest_goes(scene: Scene, aws: Aws) -> None:
    vpc, free = scene.vpc(), scene.vpc()
    scene.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")  # somebody's own
    with pytest.raises(ResourceError, match=f"Vpc {vpc}: .*DependencyViolation") as failure:
        scene.recover()
    assert "once more" in str(failure.value)
    assert scene.vpcs() == {vpc}
    assert free not in scene.vpcs()
    assert not [name for name in scene.names() if "/locks/" in name], "the stack is still held"


def test_the_empty_state_of_another_backend_makes_no_orphan_of_a_living_stack(scene: Scene) -> None:
    scene.engine.deployment.clear()
    vpc, bucket = scene.vpc(), f"mlteam-dev-{DEFAULT_ACCOUNT_ID}-dev"
    scene.s3.create_bucket(Bucket=bucket)
    scene.s3.put_object(Bucket=bucket, Key="landing/1.png", Body=b"1")
    with pytest.raises(DriftError, match=f"the state of stack 'dev' is empty, but at AWS {bucket} holds objects"):
        scene.recover()
    assert (scene.shown, scene.vpcs()) == ([], {vpc})


def test_a_snapshot_of_before_does_not_stand_for_what_a_disk_holds_now(scene: Scene) -> None:
    disk = scene.volume()
    before = scene.ec2.create_snapshot(
        VolumeId=disk, TagSpecifications=scene.tags("snapshot", **{"mlteam:recovered-from": disk})
    )
    scene.recover()
    made = scene.ec2.describe_snapshots(Filters=[{"Name": "tag:mlteam:recovered-from", "Values": [disk]}])["Snapshots"]
    assert len({each["SnapshotId"] for each in made} - {before["SnapshotId"]}) == 1


def test_routes_and_subnets_that_somebody_added_by_hand_stay(scene: Scene) -> None:
    vpc = scene.vpc()
    table = scene.ec2.create_route_table(VpcId=vpc, TagSpecifications=scene.tags("route-table"))["RouteTable"]
    gateway = scene.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    scene.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnet = scene.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/24")["Subnet"]["SubnetId"]
    scene.ec2.associate_route_table(RouteTableId=table["RouteTableId"], SubnetId=subnet)
    for destination in ({"DestinationIpv6CidrBlock": "::/0"}, {"DestinationCidrBlock": "192.0.2.0/24"}):
        scene.ec2.create_route(RouteTableId=table["RouteTableId"], GatewayId=gateway, **destination)
    assert list(networks.routes(scene.recovery.sight)) == list(networks.table_associations(scene.recovery.sight)) == []


def test_another_accounts_things_are_nobodys_orphans(scene: Scene) -> None:
    vpc = scene.vpc()
    arn = "arn:aws:ec2:us-east-1:999999999999:vpc/vpc-1"
    known = {"type": "aws:ec2/vpc:Vpc", "urn": "urn", "id": "vpc-1", "outputs": {"arn": arn}}
    scene.engine.deployment["resources"] = [known]
    with pytest.raises(CredentialsError, match=f"999999999999, the caller in {DEFAULT_ACCOUNT_ID}"):
        scene.recover()
    assert scene.vpcs() == {vpc}
