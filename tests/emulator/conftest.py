"""One emulator for all slow tests of a session, as a real background process."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

REPOSITORY = Path(__file__).resolve().parents[2]


def emulator(verb: str, directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "emulator", verb, "--directory", str(directory), *options]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120)


def wait_for(what: str, condition: Callable[[], Any], seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds} s")


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@cache
def _client(service: str, endpoint_url: str, access_key: str) -> Any:
    session = boto3.session.Session(access_key, "secret", region_name="us-east-1")
    return session.client(service, endpoint_url=endpoint_url)


@dataclass
class Cloud:
    """A running emulator and what a test asks of it."""

    directory: Path
    endpoints: dict[str, Any]
    subnet_id: str = ""

    def client(self, service: str, access_key: str = "tester") -> Any:
        return _client(service, self.endpoints["aws_endpoint_url"], access_key)

    def session(self, access_key: str, secret: str = "secret", token: str = "") -> "Session":
        return Session(boto3.session.Session(access_key, secret, token or None, region_name="us-east-1"), self)

    def role(
        self, name: str, *statements: dict[str, Any], trusted: dict[str, Any] | None = None, profile: bool = False
    ) -> str:
        """The ARN of a new role with one inline policy, trusted to the account if to nobody else."""
        iam = self.client("iam")
        who = trusted or {"AWS": "arn:aws:iam::000000000000:root"}
        trust = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}
        made = iam.create_role(RoleName=name, Path="/test/", AssumeRolePolicyDocument=document(trust))
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
        if profile:
            iam.create_instance_profile(InstanceProfileName=name)
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
        return str(made["Role"]["Arn"])

    def assumed(self, role_arn: str, person: str, access_key: str = "tester", **options: Any) -> "Session":
        """A session of the role, as somebody takes it who has all rights."""
        answer = self.client("sts", access_key).assume_role(RoleArn=role_arn, RoleSessionName=person, **options)
        keys = answer["Credentials"]
        return self.session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

    def refused(self, function: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
        """Code and sentence of a call that must be refused."""
        with pytest.raises(ClientError) as caught:
            function(**parameters)
        error = caught.value.response["Error"]
        return str(error["Code"]), str(error["Message"])

    def root(self, instance_id: str) -> Path:
        return self.directory / "instances" / instance_id

    def launch(self, user_data: str = "", *, waits: bool = True, **options: Any) -> str:
        """Run one instance; `waits` until it is online, which one that ends itself may never be seen to be."""
        asked = {"ImageId": "ami-12345678", "InstanceType": "t3.micro", "SubnetId": self.subnet_id, **options}
        run = self.client("ec2").run_instances(MinCount=1, MaxCount=1, UserData=user_data, **asked)
        instance_id = str(run["Instances"][0]["InstanceId"])
        if waits:
            wait_for(f"{instance_id} online", lambda: self._is_online(instance_id))
        return instance_id

    def _is_online(self, instance_id: str) -> bool:
        found = self.client("ssm").describe_instance_information()["InstanceInformationList"]
        return any(one["InstanceId"] == instance_id and one["PingStatus"] == "Online" for one in found)

    def state(self, instance_id: str) -> str:
        found = self.client("ec2").describe_instances(InstanceIds=[instance_id])
        return str(found["Reservations"][0]["Instances"][0]["State"]["Name"])

    def sh(self, instance_id: str, script: str) -> dict[str, Any]:
        """Run a script on the instance to its end."""
        ssm = self.client("ssm")
        sent = ssm.send_command(
            InstanceIds=[instance_id], DocumentName="AWS-RunShellScript", Parameters={"commands": script.split("\n")}
        )
        asked = {"CommandId": sent["Command"]["CommandId"], "InstanceId": instance_id}

        def finished() -> Any:
            answer = ssm.get_command_invocation(**asked)
            return answer if answer["Status"] not in ("Pending", "InProgress") else None

        found: dict[str, Any] = wait_for("the command's end", finished)
        return found

    def mlflow_app(self, name: str) -> str:
        """The ARN of an app that begins to be made, with a bucket and a role of its own."""
        self.client("s3").create_bucket(Bucket=f"{name}-store")
        store = [f"arn:aws:s3:::{name}-store", f"arn:aws:s3:::{name}-store/*"]
        keep = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"], "Resource": store}
        role = self.role(name, keep, trusted={"Service": "sagemaker.amazonaws.com"})
        made = self.client("sagemaker").create_mlflow_app(
            Name=name, ArtifactStoreUri=f"s3://{name}-store/runs", RoleArn=role
        )
        return str(made["Arn"])

    def out(self, instance_id: str, script: str) -> str:
        found = self.sh(instance_id, script)
        assert found["Status"] == "Success", found["StandardOutputContent"] + found["StandardErrorContent"]
        return str(found["StandardOutputContent"])


@dataclass
class Session:
    """Somebody's credentials."""

    boto: boto3.session.Session
    cloud: Cloud

    def client(self, service: str, **more: Any) -> Any:
        return self.boto.client(service, endpoint_url=self.cloud.endpoints["aws_endpoint_url"], **more)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def start(directory: Path) -> Cloud:
    started = emulator("start", directory)
    assert started.returncode == 0, started.stderr
    cloud = Cloud(directory, json.loads(started.stdout))
    ec2 = cloud.client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.42.1.0/24", AvailabilityZone="us-east-1a")
    cloud.subnet_id = subnet["Subnet"]["SubnetId"]
    return cloud


@pytest.fixture(scope="session", name="emulator_command")
def _emulator_command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`python -m emulator VERB --directory DIRECTORY OPTIONS...`."""
    return emulator


@pytest.fixture(scope="session", name="wait_for")
def _wait_for() -> Callable[..., Any]:
    return wait_for


@pytest.fixture(scope="session", name="trust")
def _trust() -> Callable[[str], str]:
    """The trust policy of a role for one service."""
    return trust


@pytest.fixture(scope="session", name="start_cloud")
def _start_cloud() -> Callable[[Path], Cloud]:
    """For a test that needs an emulator of its own, which it must stop itself."""
    return start


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    directory = tmp_path_factory.mktemp("emulator") / "state"
    yield start(directory)
    stopped = emulator("stop", directory)
    assert stopped.returncode == 0, stopped.stderr


@pytest.fixture
def instance(cloud: Cloud) -> Iterator[str]:
    instance_id = cloud.launch()
    yield instance_id
    cloud.client("ec2").terminate_instances(InstanceIds=[instance_id])
