"""Faults as plain boto3 meets them, given to a running emulator from the command line."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from emulator.faults import control
from emulator.state import State

pytestmark = pytest.mark.slow
RUN = {"ImageId": "ami-12345678", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}


@pytest.fixture
def plan(cloud: Any, emulator_command: Callable[..., Any], tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Put faults in force; none is left behind."""

    def give(*faults: dict[str, Any]) -> None:
        (tmp_path / "plan.yaml").write_text(json.dumps({"version": 1, "faults": list(faults)}))
        given = emulator_command("fault", cloud.directory, str(tmp_path / "plan.yaml"))
        assert given.returncode == 0, given.stderr

    yield give
    assert emulator_command("fault", cloud.directory, "--clear").returncode == 0


def client(cloud: Any, service: str, **config: Any) -> Any:
    """It does not try again unless it is told to."""
    session = boto3.session.Session("tester", "secret", region_name="us-east-1")
    known = Config(**{"retries": {"total_max_attempts": 1}, **config})
    return session.client(service, endpoint_url=cloud.endpoints["aws_endpoint_url"], config=known)


def test_a_lost_answer_closes_the_connection_after_the_effect(cloud: Any, plan: Any) -> None:
    plan({"operation": "s3:CreateBucket", "fault": "lose", "when": 1})
    s3 = client(cloud, "s3")
    with pytest.raises(ConnectionClosedError):
        s3.create_bucket(Bucket="lost-and-there")
    assert "lost-and-there" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert [(one.kind, one.call) for one in control.fired(State(cloud.directory))] == [("lose", "s3:CreateBucket")]


def test_a_client_that_tries_again_gets_through_a_lost_answer_with_one_instance(cloud: Any, plan: Any) -> None:
    """Its client token is the same at each attempt."""
    plan({"operation": "ec2:RunInstances", "fault": "lose", "when": "each"})
    ec2 = client(cloud, "ec2", retries={"mode": "standard", "total_max_attempts": 3})
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "once"}]}]
    made = ec2.run_instances(**RUN, TagSpecifications=tags)["Instances"][0]["InstanceId"]
    known = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": ["once"]}])["Reservations"]
    assert [each["InstanceId"] for one in known for each in one["Instances"]] == [made]
    ec2.terminate_instances(InstanceIds=[made])


def test_a_client_that_gives_up_waiting_gets_the_answer_of_its_first_attempt(cloud: Any, plan: Any) -> None:
    plan({"operation": "ec2:CreateVolume", "fault": "hang", "seconds": 1.0, "when": 1})
    ec2 = client(cloud, "ec2", read_timeout=0.3, retries={"mode": "standard", "total_max_attempts": 5})
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "patience"}]}]
    made = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, TagSpecifications=tags)["VolumeId"]
    named = [{"Name": "tag:Name", "Values": ["patience"]}]
    assert [each["VolumeId"] for each in ec2.describe_volumes(Filters=named)["Volumes"]] == [made]


@pytest.mark.parametrize(
    ("service", "method", "parameters", "codes"),
    [
        ("ec2", "create_vpc", {"CidrBlock": "10.9.0.0/16"}, ("RequestLimitExceeded", "UnauthorizedOperation")),
        ("s3", "create_bucket", {"Bucket": "never-made"}, ("SlowDown", "AccessDenied")),
        ("iam", "delete_role", {"RoleName": "nobody"}, ("Throttling", "AccessDenied")),
        ("sns", "create_topic", {"Name": "never"}, ("Throttling", "AuthorizationError")),
        ("ssm", "delete_parameter", {"Name": "/x"}, ("ThrottlingException", "AccessDeniedException")),
        ("dlm", "delete_lifecycle_policy", {"PolicyId": "x"}, ("ThrottlingException", "AccessDeniedException")),
    ],
)
def test_each_service_refuses_in_its_own_words(
    cloud: Any, plan: Any, service: str, method: str, parameters: dict[str, Any], codes: tuple[str, str]
) -> None:
    plan(
        {"operation": f"{service}:*", "fault": "throttle", "when": "each"},
        {"operation": f"{service}:*", "fault": "deny", "when": "each"},
    )
    call = getattr(client(cloud, service), method)
    said = []
    for _ in codes:
        with pytest.raises(ClientError) as refused:
            call(**parameters)
        said.append(refused.value.response["Error"]["Code"])
    assert tuple(said) == codes


def test_a_plan_that_is_none_is_refused_and_leaves_the_one_in_force(
    cloud: Any, plan: Any, emulator_command: Callable[..., Any], tmp_path: Path
) -> None:
    plan({"operation": "sns:CreateTopic", "fault": "deny", "when": "every"})
    (tmp_path / "bad.yaml").write_text("version: 1\nfaults: [{fault: explode}]\n")
    refused = emulator_command("fault", cloud.directory, str(tmp_path / "bad.yaml"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"emulator: {tmp_path / 'bad.yaml'}: faults[0]: ")
    with pytest.raises(ClientError, match="AuthorizationError"):
        client(cloud, "sns").create_topic(Name="t")


def test_faults_need_a_running_emulator_and_one_wish(emulator_command: Callable[..., Any], tmp_path: Path) -> None:
    nowhere = emulator_command("fault", tmp_path, "--clear")
    assert (nowhere.returncode, "no emulator runs in" in nowhere.stderr) == (1, True)
    assert emulator_command("fault", tmp_path).returncode == 2
    assert emulator_command("fault", tmp_path, "plan.yaml", "--clear").returncode == 2
