"""What workflow tests share: an AWS in this process with a small platform on it, and a context that reads it."""

import csv
import dataclasses
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3 import urls as s3_urls
from moto.s3.models import S3Backend, s3_backends
from moto.ssm.models import ssm_backends

from components.data.contract import DataOutputs
from components.monitoring.contract import MonitoringOutputs
from components.platform import Platform, platform_parameter
from components.serving.contract import ServingOutputs
from components.shared.contract import ApprovalOutputs, HostCommandOutputs, HostOutputs, RoleOutputs
from components.storage.contract import StorageOutputs
from components.tracking.contract import TrackingOutputs
from components.training.contract import TrainingOutputs
from workflow.aws import Aws
from workflow.context import Context
from workflow.outputs import PROJECT
from workflow.progress import Progress

STACK = "dev"
REGION = "us-east-1"
ARTIFACTS = "mlteam-dev-artifacts"
PLATFORM_URI = f"s3://{ARTIFACTS}/workflow/platform.json"


def platform_of() -> Platform[str]:
    return Platform[str](
        version=1,
        project=PROJECT,
        stack=STACK,
        region=REGION,
        account_id="000000000000",
        storage=StorageOutputs[str](
            tier_buckets={"dev": "mlteam-dev-dev", "staging": "mlteam-dev-staging", "prod": "mlteam-dev-prod"},
            artifact_bucket=ARTIFACTS,
        ),
        approval=ApprovalOutputs[str](approver_role_arn="arn:aws:iam::000000000000:role/approver", approvers=()),
        roles=RoleOutputs[str](
            developer_role_arn="arn:aws:iam::000000000000:role/developer",
            deployer_role_arn="arn:aws:iam::000000000000:role/deployer",
        ),
        host=HostOutputs[str](instance_id="i-0", private_ip="127.0.0.1", services={"mlflow": 5000}),
        host_commands=HostCommandOutputs(logs_document="mlteam-dev-logs", probe_document="mlteam-dev-probe"),
        data=DataOutputs[str](
            variant="oss",
            landing_uri="s3://mlteam-dev-prod/landing/",
            dev_sample_fraction=0.01,
            staging_sample_fraction=0.1,
            role_arn="arn:aws:iam::000000000000:role/sampler",
        ),
        tracking=TrackingOutputs[str](
            variant="oss", tracking_uri="http://127.0.0.1:1", username="admin", password_parameter=""
        ),
        training=TrainingOutputs[str](
            variant="oss",
            launch_template_id="lt-0",
            instance_types=("c7g.large", "m7g.large"),
            subnet_ids=("subnet-0",),
            role_arn="arn:aws:iam::000000000000:role/trainer",
            jobs_uri=f"s3://{ARTIFACTS}/workflow/jobs/",
            max_runtime_seconds=600,
        ),
        serving=ServingOutputs[str](
            variant="oss",
            url="http://127.0.0.1:1",
            deployment_uri=f"s3://{ARTIFACTS}/serving/deployment.json",
            models_uri=f"s3://{ARTIFACTS}/serving/models/",
        ),
        monitoring=MonitoringOutputs[str](
            variant="managed", topic_arn="arn:aws:sns:us-east-1:000000000000:mlteam-dev-alerts", alarms=()
        ),
    )


def _s3() -> S3Backend:
    """Behind the client, through which everything takes ten times as long."""
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


@dataclass(frozen=True)
class World:
    """A stack with buckets and a platform record; `said` is what people saw on stderr."""

    context: Context
    said: io.StringIO
    client: Any

    def land(self, images: Mapping[str, bytes], labels: list[tuple[str, str, str]] | None = None) -> None:
        """Put images there, and a label file unless it is None."""
        for key, body in images.items():
            _s3().put_object("mlteam-dev-prod", f"landing/{key}", body)
        if labels is not None:
            text = io.StringIO(newline="")
            csv.writer(text, lineterminator="\n").writerows([("key", "label", "group"), *labels])
            _s3().put_object("mlteam-dev-prod", "landing/labels.csv", text.getvalue().encode())

    def read(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return bytes(self.client.get_object(Bucket=bucket, Key=key)["Body"].read())

    def record(self) -> dict[str, Any]:
        return dict(json.loads(self.context.record_path.read_text()))


@pytest.fixture(scope="session")
def clients() -> Aws:
    """boto3 takes a tenth of a second to make a client; moto stands behind each of them whenever it is on."""
    return Aws()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clients: Aws) -> Iterator[World]:
    for name, value in (("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_DEFAULT_REGION", REGION)):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(S3Backend, "_url_module", s3_urls)  # moto would load it anew with every call
    with mock_aws():
        platform = platform_of()
        for bucket in (*platform.storage.tier_buckets.values(), ARTIFACTS):
            _s3().create_bucket(bucket, REGION)
        _s3().put_object(ARTIFACTS, "workflow/platform.json", json.dumps(dataclasses.asdict(platform)).encode())
        _put_parameter(platform_parameter(PROJECT, STACK), PLATFORM_URI)
        said = io.StringIO()
        context = Context(stack_name=STACK, record_path=tmp_path / "record.json", progress=Progress(said), aws=clients)
        yield World(context, said, clients.client("s3"))


def _put_parameter(name: str, value: str) -> None:
    ssm_backends[DEFAULT_ACCOUNT_ID][REGION].put_parameter(
        name=name,
        description="",
        value=value,
        parameter_type="String",
        allowed_pattern="",
        keyid="",
        overwrite=False,
        tags=[],
        data_type="text",
        tier="Standard",
        policies=None,
    )
