"""A small program on the real engine: preview, up, no change, refresh, drift, update, replacement, import, destroy."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.language_host import LanguageHost, listening

ROOT = Path(__file__).parents[3]
PROJECT = Path(__file__).parent / "project"
# Belongs to the empty passphrase; a fixed one saves the engine from writing the file.
SALT = "v1:YE+wMBoP+IA=:v1:RgUwSTAla1ChrLtX:KqCTeIc2+9NCrSYWhi2I13u2oWqCjA=="
INSTANCE = "aws:ec2/instance:Instance"
VPC = "aws:ec2/vpc:Vpc"

pytestmark = pytest.mark.engine


@dataclass
class Stack:
    """`pulumi` in a project folder; `endpoints` is what the emulator prints."""

    folder: Path
    endpoints: dict[str, Any]
    host: LanguageHost
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *args: str, code: int = 0) -> str:
        """The command's whole output; fails unless it ends with the code."""
        done = subprocess.run(
            ["pulumi", *args, *self.host.options(args[0]), "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
        )
        assert done.returncode == code, f"pulumi {' '.join(args)} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def configure(self, **values: object) -> None:
        """Write the stack's whole configuration; the command for it takes a second a key."""
        named = {key if ":" in key else f"provider-test:{key}": value for key, value in values.items()}
        settings = {"config": {"aws:region": "us-east-1", **named}, "encryptionsalt": SALT}
        (self.folder / "Pulumi.test.yaml").write_text(json.dumps(settings))

    def up(self, *args: str, code: int = 0) -> str:
        return self.run("up", "--yes", "--skip-preview", *args, code=code)

    def export(self) -> str:
        return self.run("stack", "export")

    def state_of(self, token: str) -> dict[str, Any]:
        """Outputs of the only resource of the type."""
        found = [r for r in json.loads(self.export())["deployment"]["resources"] if r["type"] == token]
        assert len(found) == 1, [resource["urn"] for resource in found]
        return dict(found[0]["outputs"])

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.endpoints["aws_endpoint_url"],
            aws_access_key_id="emulated",
            aws_secret_access_key="emulated",
        )


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("emulator")
    command = [sys.executable, "-m", "emulator"]
    started = subprocess.run(
        [*command, "start", "--directory", folder], cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE, timeout=120
    )
    try:
        yield json.loads(started.stdout.strip().splitlines()[-1])
    finally:
        subprocess.run([*command, "stop", "--directory", folder], cwd=ROOT, check=True, timeout=120)


@pytest.fixture(scope="module")
def language_host() -> Iterator[LanguageHost]:
    with listening(lambda: runpy.run_path(str(PROJECT / "one_machine.py"))) as host:
        yield host


@pytest.fixture
def stack(emulator: dict[str, Any], language_host: LanguageHost, tmp_path: Path) -> Stack:
    """A fresh stack of the program in `project/`."""
    folder = tmp_path / "project"
    shutil.copytree(PROJECT, folder)
    (tmp_path / "state").mkdir()
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "VIRTUAL_ENV": sys.prefix,
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_DEBUG_PROVIDERS": f"aws:{emulator['provider_port']}",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    stack = Stack(folder, emulator, language_host, environment)
    stack.configure()
    stack.run("stack", "init", "test")
    return stack


def machines(stack: Stack) -> list[dict[str, Any]]:
    reservations = stack.client("ec2").describe_instances()["Reservations"]
    found = [instance for reservation in reservations for instance in reservation["Instances"]]
    return [instance for instance in found if instance["State"]["Name"] != "terminated"]


def vpcs(stack: Stack) -> list[str]:
    return [vpc["VpcId"] for vpc in stack.client("ec2").describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]


def test_a_stack_lives_its_whole_life(stack: Stack) -> None:
    assert "6 to create" in stack.run("preview")
    assert vpcs(stack) == []
    stack.up()
    (machine,) = machines(stack)
    stack.up("--expect-no-changes")
    stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")

    stack.configure(type="t3.medium", tokens="optional")
    assert "1 updated" in stack.up()
    (updated,) = machines(stack)
    assert updated["InstanceId"] == machine["InstanceId"]
    assert (updated["InstanceType"], updated["MetadataOptions"]["HttpTokens"]) == ("t3.medium", "optional")

    stack.configure(type="t3.medium", tokens="optional", userData="#!/bin/sh\necho canary-7f3a\n")
    assert "1 replaced" in stack.up()
    (replaced,) = machines(stack)
    assert replaced["InstanceId"] != machine["InstanceId"]
    assert "canary" not in stack.export(), "a secret stands open in the state"
    stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    assert "canary" not in stack.export(), "a secret stands open in the state after a refresh"
    stack.up("--expect-no-changes")

    stack.run("destroy", "--yes", "--skip-preview")
    assert machines(stack) == []
    assert vpcs(stack) == []
    assert stack.client("ec2").describe_volumes()["Volumes"] == []


def test_drift_is_seen_by_refresh_and_undone_by_up(stack: Stack) -> None:
    stack.up()
    ec2 = stack.client("ec2")
    vpc = stack.state_of(VPC)["id"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "purpose", "Value": "drift"}])
    assert "1 updated" in stack.run("refresh", "--yes", "--skip-preview")
    preview = stack.run("preview", "--diff")
    assert "enableDnsHostnames: false => true" in preview
    assert '"drift" => "test"' in preview
    assert "1 updated" in stack.up()
    assert ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"]

    ec2.terminate_instances(InstanceIds=[stack.state_of(INSTANCE)["id"]])
    assert "1 deleted" in stack.run("refresh", "--yes", "--skip-preview")
    assert "1 created" in stack.up()
    stack.run("destroy", "--yes", "--skip-preview")


def test_what_aws_would_refuse_fails_before_anything_is_made(stack: Stack) -> None:
    stack.configure(tokens="always")
    text = stack.run("preview", code=1)
    assert "metadataOptions.httpTokens is 'always': allowed: optional, required" in text
    assert vpcs(stack) == []


def test_a_resource_that_is_there_can_be_imported(stack: Stack) -> None:
    vpc = stack.client("ec2").create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    text = stack.run("import", VPC, "found", vpc, "--yes", "--protect=false", "--generate-code=false")
    assert "1 imported" in text
    inputs = json.loads(stack.export())["deployment"]["resources"][-1]["inputs"]
    assert inputs["cidrBlock"] == "10.99.0.0/16"
    stack.run("destroy", "--yes", "--skip-preview")
    assert vpc not in vpcs(stack)
