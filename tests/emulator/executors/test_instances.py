"""Instances that really run: addresses, metadata, user data, volumes, ends."""

import base64
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import processes

pytestmark = pytest.mark.slow

TOKEN = """
E=$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest
T=$(curl -s -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $E/api/token)
get() { curl -s -o /dev/null -w '%{http_code} ' -H "X-aws-ec2-metadata-token: $T" $E/$1; }
text() { curl -s -H "X-aws-ec2-metadata-token: $T" $E/$1; echo; }
"""


def _members(cloud: Any, instance_id: str) -> set[processes.Process]:
    return processes.having(processes.MARKER, str(cloud.root(instance_id)))


def test_the_private_address_is_loopback_and_the_host_can_serve_on_it(cloud: Any, instance: str) -> None:
    found = cloud.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    address = found["PrivateIpAddress"]
    assert address.startswith("127.")
    assert address.split(".")[2] == "1", "the subnet's number is not kept"
    serve = f"import socket; s = socket.socket(); s.bind(('{address}', 0)); print(s.getsockname()[0])"
    assert cloud.out(instance, f'python3 -c "{serve}"').strip() == address


def test_metadata_want_a_token_where_the_instance_says_so(cloud: Any) -> None:
    required = cloud.launch(
        MetadataOptions={"HttpTokens": "required", "InstanceMetadataTags": "enabled"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "m:job", "Value": "7"}]}],
    )
    optional = cloud.launch(MetadataOptions={"HttpTokens": "optional"})
    plain = "curl -s -o /dev/null -w '%{http_code}' $AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/meta-data/instance-id"
    assert cloud.out(required, plain) == "401"
    assert cloud.out(optional, plain) == "200"
    told = cloud.out(required, TOKEN + "text meta-data/instance-id; text meta-data/tags/instance/m:job")
    assert told.split() == [required, "7"]
    assert cloud.out(required, TOKEN + "get meta-data/spot/instance-action").strip() == "404"
    assert cloud.out(optional, TOKEN + "get meta-data/tags/instance").strip() == "404", "tags are shown unasked"
    cloud.client("ec2").terminate_instances(InstanceIds=[required, optional])


def test_the_credentials_of_the_role_are_those_of_an_assumed_role(cloud: Any) -> None:
    cloud.role("host", trusted={"Service": "ec2.amazonaws.com"}, profile=True)
    instance_id = cloud.launch(IamInstanceProfile={"Name": "host"})
    told = json.loads(cloud.out(instance_id, TOKEN + "text meta-data/iam/security-credentials/host"))
    session = cloud.session(told["AccessKeyId"], told["SecretAccessKey"], told["Token"])
    assumed = session.client("sts").get_caller_identity()["Arn"]
    assert assumed == f"arn:aws:sts::000000000000:assumed-role/host/{instance_id}"
    cloud.client("ec2").terminate_instances(InstanceIds=[instance_id])


def test_user_data_runs_once_and_its_output_is_kept(cloud: Any, wait_for: Callable[..., Any]) -> None:
    script = "#!/bin/bash\necho once >> $INSTANCE_ROOT/root/ran\necho said; echo wrong >&2; exit 3\n"
    instance_id = cloud.launch(script)
    root = cloud.root(instance_id)
    wait_for("the user data's end", (root / "var/lib/cloud/instance/boot-finished").exists)
    assert (root / "var/log/cloud-init-output.log").read_text() == "said\nwrong\n"
    assert "status: error" in cloud.sh(instance_id, "cloud-init status --wait")["StandardOutputContent"]
    ec2 = cloud.client("ec2")
    ec2.stop_instances(InstanceIds=[instance_id])
    with pytest.raises(ClientError, match="IncorrectInstanceState"):
        ec2.start_instances(InstanceIds=[instance_id])
    wait_for("stopped", lambda: cloud.state(instance_id) == "stopped")
    assert not _members(cloud, instance_id)
    ec2.start_instances(InstanceIds=[instance_id])
    assert wait_for("online again", lambda: _ping(cloud, instance_id) == "Online")
    assert cloud.out(instance_id, "cat $INSTANCE_ROOT/root/ran") == "once\n"
    ec2.terminate_instances(InstanceIds=[instance_id])


def _ping(cloud: Any, instance_id: str) -> str:
    found = cloud.client("ssm").describe_instance_information()["InstanceInformationList"]
    return next(str(one["PingStatus"]) for one in found if one["InstanceId"] == instance_id)


def test_user_data_of_another_form_is_refused_in_the_log(cloud: Any, wait_for: Callable[..., Any]) -> None:
    instance_id = cloud.launch("#cloud-config\npackages: [git]\n")
    log = cloud.root(instance_id) / "var/log/cloud-init-output.log"
    wait_for("the log", log.exists)
    assert "'#cloud-config'; only scripts that start with '#!' are emulated" in log.read_text()
    cloud.client("ec2").terminate_instances(InstanceIds=[instance_id])


def test_terminate_leaves_no_process_and_no_root_volume(cloud: Any, wait_for: Callable[..., Any]) -> None:
    instance_id = cloud.launch("#!/bin/sh\nsetsid sleep 973 &\ntrap '' TERM\nsleep 974\n")
    wait_for("the sleepers", lambda: len(_members(cloud, instance_id)) >= 3)
    cloud.client("ec2").terminate_instances(InstanceIds=[instance_id])
    assert cloud.state(instance_id) in ("shutting-down", "terminated")
    wait_for("terminated", lambda: cloud.state(instance_id) == "terminated")
    assert not _members(cloud, instance_id)
    assert not cloud.root(instance_id).exists()


@pytest.mark.parametrize(("behavior", "state"), [("terminate", "terminated"), ("stop", "stopped")])
def test_shutdown_ends_the_instance_as_it_was_told(
    cloud: Any, wait_for: Callable[..., Any], behavior: str, state: str
) -> None:
    instance_id = cloud.launch("#!/bin/sh\nshutdown -h now\n", waits=False, InstanceInitiatedShutdownBehavior=behavior)
    wait_for(state, lambda: cloud.state(instance_id) == state)
    found = cloud.client("ec2").describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    assert found["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"


def test_a_data_volume_outlives_its_instance(cloud: Any, wait_for: Callable[..., Any]) -> None:
    ec2 = cloud.client("ec2")
    volume_id = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    serial = volume_id.replace("-", "")
    find = f"D=$(lsblk --nodeps --noheadings --output PATH,SERIAL | grep {serial} | cut -d' ' -f1)\n"
    first, second = cloud.launch(), cloud.launch()
    ec2.attach_volume(VolumeId=volume_id, InstanceId=first, Device="/dev/sdf")
    prepare = "mkdir $INSTANCE_ROOT/data\n! mount $D $INSTANCE_ROOT/data\nblkid $D || mkfs.ext4 -q $D"
    write = "mount $D $INSTANCE_ROOT/data\nmountpoint -q $INSTANCE_ROOT/data\necho kept > $INSTANCE_ROOT/data/x"
    read = "blkid -s TYPE -o value $D\nmkdir $INSTANCE_ROOT/m\nmount $D $INSTANCE_ROOT/m\ncat $INSTANCE_ROOT/m/x"
    cloud.out(first, f"set -e\n{find}{prepare}\n{write}")
    ec2.terminate_instances(InstanceIds=[first])
    wait_for("terminated", lambda: cloud.state(first) == "terminated")
    ec2.attach_volume(VolumeId=volume_id, InstanceId=second, Device="/dev/sdf")
    told = cloud.out(second, f"set -e\n{find}{read}")
    assert told.split() == ["ext4", "kept"]
    ec2.detach_volume(VolumeId=volume_id)
    ec2.delete_volume(VolumeId=volume_id)
    assert not (cloud.directory / "volumes" / volume_id).exists()
    ec2.terminate_instances(InstanceIds=[second])


def test_python_on_an_instance_is_not_the_programs_own(cloud: Any, instance: str) -> None:
    told = cloud.out(instance, "python3 -c 'import sys; print(sys.prefix == sys.base_prefix, sys.prefix)'")
    is_plain, prefix = told.split()
    assert (is_plain, prefix) == ("True", sys.base_prefix)


def test_user_data_arrives_as_it_was_sent(cloud: Any) -> None:
    script = "#!/bin/sh\n# ä\n"
    instance_id = cloud.launch(script)
    found = cloud.client("ec2").describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
    assert base64.b64decode(found["UserData"]["Value"]).decode() == script
    cloud.client("ec2").terminate_instances(InstanceIds=[instance_id])


def test_an_address_is_loopback_too_when_chosen_by_the_caller_or_in_the_default_subnet(cloud: Any) -> None:
    ec2 = cloud.client("ec2")
    asked: dict[str, Any] = {"ImageId": "ami-12345678", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    default = ec2.run_instances(**asked)["Instances"][0]
    chosen = ec2.run_instances(**asked, SubnetId=cloud.subnet_id, PrivateIpAddress="10.42.1.77")["Instances"][0]
    assert default["PrivateIpAddress"].startswith("127.")
    assert chosen["PrivateIpAddress"].startswith("127.")
    assert chosen["PrivateIpAddress"].endswith(".1.77")
    for wrong, code in (("10.42.1.77", "InvalidIPAddress.InUse"), ("10.9.1.1", "does not fall within 10.42.1.0/24")):
        with pytest.raises(ClientError, match=code):
            ec2.run_instances(**asked, SubnetId=cloud.subnet_id, PrivateIpAddress=wrong)
    ec2.terminate_instances(InstanceIds=[default["InstanceId"], chosen["InstanceId"]])
