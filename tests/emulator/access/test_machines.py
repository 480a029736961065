"""Policies in force on machines: what runs on one has its role's rights, and who starts one needs many."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ACCOUNT = "000000000000"
EC2 = {"Service": "ec2.amazonaws.com"}
OWN = {"Sid": "Own", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::machines/own/*"}


def allow(action: str, resource: str, **condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


@pytest.fixture(scope="module", autouse=True)
def _bucket(cloud: Any) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="machines")
    for key, body in (("other/secret", b"s"), ("own/of-instance", b"mine")):
        s3.put_object(Bucket="machines", Key=key, Body=body)


@pytest.fixture
def host(cloud: Any) -> Iterator[Callable[[str], str]]:
    """Instances with the profile of a role, by its name."""
    started: list[str] = []

    def start(profile: str) -> str:
        started.append(cloud.launch(IamInstanceProfile={"Name": profile}))
        return started[-1]

    yield start
    cloud.client("ec2").terminate_instances(InstanceIds=started)


READ = """import boto3, sys
s3 = boto3.client("s3")
for key in sys.argv[1:]:
    try:
        print(s3.get_object(Bucket="machines", Key=key)["Body"].read().decode())
    except Exception as error:
        print(type(error).__name__)
"""


def test_what_runs_on_an_instance_has_its_role_s_rights(cloud: Any, host: Callable[[str], str]) -> None:
    cloud.role("on-instance", OWN, trusted=EC2, profile=True)
    script = f"cat > read.py <<'END'\n{READ}END\n{sys.executable} read.py own/of-instance other/secret"
    assert cloud.out(host("on-instance"), script).split() == ["mine", "AccessDenied"]


def test_an_instance_gets_no_credentials_of_a_role_that_does_not_trust_ec2(
    cloud: Any, host: Callable[[str], str]
) -> None:
    cloud.role("untrusting", OWN, trusted={"Service": "ssm.amazonaws.com"}, profile=True)
    path = "latest/meta-data/iam/security-credentials/untrusting"
    told = json.loads(cloud.out(host("untrusting"), f"curl -s $AWS_EC2_METADATA_SERVICE_ENDPOINT/{path}"))
    assert told["Code"] == "AssumeRoleUnauthorizedAccess"
    assert "AccessKeyId" not in told


def test_a_person_starts_and_ends_only_the_machines_that_the_tags_say(cloud: Any) -> None:
    machine = cloud.role("of-machine", trusted=EC2, profile=True)
    region = f"arn:aws:ec2:us-east-1:{ACCOUNT}"
    run = allow("ec2:RunInstances", "*", StringEqualsIfExists={"ec2:InstanceType": "t3.micro"})
    asked = {"ec2:CreateAction": "RunInstances", "aws:RequestTag/team": "ml"}
    tag = allow("ec2:CreateTags", f"{region}:instance/*", StringEquals=asked)
    end = allow("ec2:TerminateInstances", f"{region}:instance/*", StringEquals={"aws:ResourceTag/team": "ml"})
    pass_on = allow("iam:PassRole", machine, StringEquals={"iam:PassedToService": "ec2.amazonaws.com"})
    cloud.role("starter", run, tag, end, pass_on)
    starter = f"arn:aws:iam::{ACCOUNT}:role/test/starter"
    ec2 = cloud.assumed(starter, "ada").client("ec2")
    other = cloud.role("of-others", trusted=EC2, profile=True)

    def start(team: str, kind: str = "t3.micro", profile: str = "of-machine") -> Any:
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": team}]}]
        return ec2.run_instances(ImageId="ami-12345678", InstanceType=kind, SubnetId=cloud.subnet_id, MinCount=1,
                                 MaxCount=1, TagSpecifications=tags, IamInstanceProfile={"Name": profile})  # fmt: skip

    instance_id = start("ml")["Instances"][0]["InstanceId"]
    assert "ec2:CreateTags" in cloud.refused(start, team="ops")[1]
    assert f"ec2:RunInstances on resource: {region}:instance/*" in cloud.refused(start, team="ml", kind="m7g.xlarge")[1]
    assert f"iam:PassRole on resource: {other}" in cloud.refused(start, team="ml", profile="of-others")[1]
    not_ours = cloud.launch(waits=False)
    assert cloud.refused(ec2.terminate_instances, InstanceIds=[not_ours])[0] == "UnauthorizedOperation"
    ec2.terminate_instances(InstanceIds=[instance_id])
    cloud.client("ec2").terminate_instances(InstanceIds=[not_ours])


def test_a_client_token_gives_nobody_the_answer_that_another_got(cloud: Any) -> None:
    asked = {"AvailabilityZone": "us-east-1a", "Size": 1, "ClientToken": "seen-by-others"}
    made = cloud.client("ec2").create_volume(**asked)["VolumeId"]
    assert cloud.client("ec2").create_volume(**asked)["VolumeId"] == made
    stranger = cloud.assumed(cloud.role("without-rights", OWN), "ada")
    assert cloud.refused(stranger.client("ec2").create_volume, **asked)[0] == "UnauthorizedOperation"
