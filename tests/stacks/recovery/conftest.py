"""A stack whose engine was killed: an AWS in this process, a folder, an engine that only knows its state."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID

from components.naming import Naming
from stacks.engine import Engine
from stacks.recovery import locks
from stacks.recovery.locks import Machine
from stacks.recovery.plan import Plan
from stacks.recovery.sight import Sight
from stacks.recovery.steps import Recovery, recover
from stacks.recovery.store import FileStore
from workflow.aws import Aws
from workflow.progress import Progress

STALE = {"pid": 12, "username": "ann", "hostname": "here", "timestamp": "2026-11-27T12:00:00Z"}
KNOWN = {"type": "aws:iam/role:Role", "urn": "urn", "id": "mlteam-dev-host"}
AMI = "ami-0123456789abcdef0"
UNKNOWN_TO_MOTO = {"list_associations", "list_mlflow_apps", "get_lifecycle_policies"}


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

    def lock(self, **changed: Any) -> str:
        """Its name; of a process that is gone, if nothing is changed."""
        name = f"{locks.folder('mlteam', 'dev')}1.json"
        self.recovery.store.write(name, json.dumps({**STALE, **changed}).encode())
        return name

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
