"""Associations, commands and the services that they start, on real processes."""

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

Wait = Callable[..., Any]


def document(cloud: Any, name: str, script: str) -> None:
    content = {
        "schemaVersion": "2.2",
        "parameters": {"digest": {"type": "String", "allowedPattern": "^[0-9a-f]{4}$"}},
        "mainSteps": [{"action": "aws:runShellScript", "name": "go", "inputs": {"runCommand": script.split("\n")}}],
    }
    ssm = cloud.client("ssm")
    ssm.create_document(Name=name, Content=json.dumps(content), DocumentType="Command", DocumentFormat="JSON")
    deadline = time.monotonic() + 5
    while ssm.describe_document(Name=name)["Document"]["Status"] != "Active":
        assert time.monotonic() < deadline, f"document {name} does not become active"


def associate(cloud: Any, name: str, instance_id: str, digest: str = "abcd") -> str:
    created = cloud.client("ssm").create_association(
        Name=name, Targets=[{"Key": "InstanceIds", "Values": [instance_id]}], Parameters={"digest": [digest]}
    )
    return str(created["AssociationDescription"]["AssociationId"])


def overview(cloud: Any, association_id: str) -> dict[str, Any]:
    found = cloud.client("ssm").describe_association(AssociationId=association_id)
    return dict(found["AssociationDescription"]["Overview"])


def outcome(cloud: Any, wait_for: Wait, association_id: str) -> str:
    wait_for("the association's end", lambda: overview(cloud, association_id)["Status"] != "Pending")
    return str(overview(cloud, association_id)["Status"])


def output(cloud: Any, association_id: str) -> str:
    """The way from an association to what its script said, as on AWS."""
    ssm = cloud.client("ssm")
    execution = ssm.describe_association_executions(AssociationId=association_id)["AssociationExecutions"][0]
    targets = ssm.describe_association_execution_targets(
        AssociationId=association_id, ExecutionId=execution["ExecutionId"]
    )["AssociationExecutionTargets"]
    run = ssm.get_command_invocation(
        CommandId=targets[0]["OutputSource"]["OutputSourceId"], InstanceId=targets[0]["ResourceId"]
    )
    return str(run["StandardOutputContent"] + run["StandardErrorContent"])


def test_an_association_runs_the_script_and_fails_loudly(cloud: Any, instance: str, wait_for: Wait) -> None:
    document(cloud, "loud", "echo digest {{ digest }}\necho 'disk is full' >&2\nexit 7")
    association_id = associate(cloud, "loud", instance)
    assert outcome(cloud, wait_for, association_id) == "Failed"
    assert overview(cloud, association_id)["AssociationStatusAggregatedCount"] == {"Failed": 1}
    assert output(cloud, association_id) == "digest abcd\ndisk is full\n"
    assert "disk is full" in (cloud.directory / "emulator.log").read_text()


def test_an_update_runs_the_script_again_and_a_wrong_parameter_is_refused(
    cloud: Any, instance: str, wait_for: Wait
) -> None:
    document(cloud, "again", "echo {{ digest }} >> $INSTANCE_ROOT/root/runs")
    with pytest.raises(ClientError, match=r"InvalidParameters.*digest: 'nope' must match"):
        associate(cloud, "again", instance, "nope")
    association_id = associate(cloud, "again", instance, "0001")
    assert outcome(cloud, wait_for, association_id) == "Success"
    targets = [{"Key": "InstanceIds", "Values": [instance]}]
    cloud.client("ssm").update_association(
        AssociationId=association_id, Targets=targets, Parameters={"digest": ["0002"]}
    )
    assert outcome(cloud, wait_for, association_id) == "Success"
    assert cloud.out(instance, "cat $INSTANCE_ROOT/root/runs").split() == ["0001", "0002"]


def test_an_association_waits_for_its_instance(cloud: Any, wait_for: Wait) -> None:
    document(cloud, "later", "true")
    created = cloud.client("ssm").create_association(
        Name="later", Targets=[{"Key": "tag:role", "Values": ["later"]}], Parameters={"digest": ["abcd"]}
    )
    association_id = created["AssociationDescription"]["AssociationId"]
    assert overview(cloud, association_id)["Status"] == "Pending"
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "role", "Value": "later"}]}]
    instance_id = cloud.launch(TagSpecifications=tags)
    assert outcome(cloud, wait_for, association_id) == "Success"
    cloud.client("ssm").delete_association(AssociationId=association_id)
    cloud.client("ec2").terminate_instances(InstanceIds=[instance_id])


UNIT = """cat > $INSTANCE_ROOT/etc/systemd/system/web.service <<END
[Service]
Environment="WORDS=two words"
EnvironmentFile=/etc/web.env
ExecStartPre=/bin/mkdir -p /{root}/served
ExecStart=python3 -m http.server --bind 127.0.0.1 --directory /{root}/served \\${{PORT}}
ExecStopPost=/bin/sh -c 'echo stopped "\\${{WORDS}}"'
Restart=on-failure
RestartSec=100ms
[Install]
WantedBy=multi-user.target
END
echo PORT={port} > $INSTANCE_ROOT/etc/web.env
systemctl daemon-reload
systemctl enable --now web"""


@pytest.fixture
def service(cloud: Any, instance: str, wait_for: Wait, free_port: int) -> tuple[str, int]:
    """An instance with the unit `web`, brought there by an association that is gone again."""
    document(cloud, f"web-{free_port}", UNIT.format(root=str(cloud.root(instance)).strip("/"), port=free_port))
    association_id = associate(cloud, f"web-{free_port}", instance)
    assert outcome(cloud, wait_for, association_id) == "Success", output(cloud, association_id)
    cloud.client("ssm").delete_association(AssociationId=association_id)
    return instance, free_port


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as page:
            return bool(page.status == 200)
    except OSError:
        return False


def test_a_service_goes_on_when_its_association_is_deleted(service: tuple[str, int], wait_for: Wait) -> None:
    wait_for("the service", lambda: answers(service[1]))


def test_a_killed_service_is_started_again_and_a_stopped_one_is_not(
    cloud: Any, service: tuple[str, int], wait_for: Wait
) -> None:
    instance_id, port = service
    wait_for("the service", lambda: answers(port))
    cloud.out(instance_id, "kill -9 $(systemctl show -p MainPID --value web)")
    wait_for("a restart", lambda: cloud.out(instance_id, "systemctl show -p NRestarts --value web").strip() == "1")
    wait_for("the service again", lambda: answers(port))
    cloud.out(instance_id, "systemctl stop web")
    assert cloud.sh(instance_id, "systemctl is-active web")["ResponseCode"] == 3
    assert "stopped two words" in cloud.out(instance_id, "journalctl -u web -n 20 --no-pager")
    assert not answers(port)


def test_an_enabled_service_comes_back_with_its_instance(cloud: Any, service: tuple[str, int], wait_for: Wait) -> None:
    instance_id, port = service
    ec2 = cloud.client("ec2")
    ec2.stop_instances(InstanceIds=[instance_id])
    wait_for("stopped", lambda: cloud.state(instance_id) == "stopped")
    assert not answers(port)
    with pytest.raises(ClientError, match="InvalidInstanceId"):
        cloud.sh(instance_id, "true")
    ec2.start_instances(InstanceIds=[instance_id])
    wait_for("the service again", lambda: answers(port))


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("ExecStartPre=/bin/false\nExecStart=/bin/sleep 60", "ExecStartPre='/bin/false' failed with 1"),
        ("ExecStart=/nowhere/program", "failed to run /nowhere/program: No such file or directory"),
        ("ExecStart=/bin/sleep 60\nEnvironmentFile=/etc/missing", "failed to load environment files: /etc/missing"),
        ("Type=oneshot\nExecStart=/bin/sh -c 'exit 4'", "Main process exited, code=exited, status=4"),
    ],
)
def test_a_unit_that_does_not_start_says_why(cloud: Any, instance: str, lines: str, told: str) -> None:
    file = "$INSTANCE_ROOT/etc/systemd/system/bad.service"
    cloud.out(instance, f"cat > {file} <<'END'\n[Service]\n{lines}\nEND")
    started = cloud.sh(instance, "systemctl start bad")
    if "nowhere" not in lines:  # for Type=simple systemd, too, reports a missing program only in the state
        assert started["ResponseCode"] == 1, started
    assert told in cloud.out(instance, "sleep 0.3; journalctl -u bad --no-pager")
    assert cloud.out(instance, "systemctl show bad -p ActiveState --value").strip() == "failed"


def test_a_service_that_always_fails_hits_the_start_limit(cloud: Any, instance: str, wait_for: Wait) -> None:
    unit = "[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=10ms"
    cloud.sh(
        instance, f"cat > $INSTANCE_ROOT/etc/systemd/system/loop.service <<'END'\n{unit}\nEND\nsystemctl start loop"
    )
    show = "systemctl show loop -p Result --value"
    wait_for("the limit", lambda: cloud.out(instance, show).strip() == "start-limit-hit")


def test_a_timer_starts_its_service(cloud: Any, instance: str, wait_for: Wait) -> None:
    folder = "$INSTANCE_ROOT/etc/systemd/system"
    service_unit = "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo tick >> $INSTANCE_ROOT/root/ticks'"
    timer = "[Timer]\nOnActiveSec=100ms\nOnUnitActiveSec=200ms\n[Install]\nWantedBy=timers.target"
    cloud.out(
        instance,
        f"set -e\ncat > {folder}/tick.service <<'END'\n{service_unit}\nEND\n"
        f"cat > {folder}/tick.timer <<'END'\n{timer}\nEND\nsystemctl enable --now tick.timer",
    )
    wait_for("two ticks", lambda: cloud.out(instance, "cat $INSTANCE_ROOT/root/ticks; true").count("tick") >= 2)
    cloud.out(instance, "systemctl disable --now tick.timer")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("systemctl isolate x", "verb 'isolate' is not emulated"),
        ("systemctl start nothere", "Unit nothere.service not found."),
        ("apt-get install -y no-such-package", "Unable to locate package no-such-package"),
        ("mount -o bind /a /b", "bind mounts are not emulated"),
        ("chown nobody-knows: /etc", "invalid user"),
        ("shutdown +5", "time '+5' is not emulated"),
    ],
)
def test_what_is_not_emulated_is_an_error(cloud: Any, instance: str, command: str, told: str) -> None:
    found = cloud.sh(instance, command)
    assert found["Status"] == "Failed"
    assert told in found["StandardErrorContent"]


def test_a_command_that_lasts_too_long_is_ended_with_all_it_started(cloud: Any, instance: str) -> None:
    ssm = cloud.client("ssm")
    asked = {"commands": ["sleep 975 & sleep 976"], "executionTimeout": ["1"]}
    sent = ssm.send_command(InstanceIds=[instance], DocumentName="AWS-RunShellScript", Parameters=asked)
    import time

    time.sleep(2.5)
    found = ssm.get_command_invocation(CommandId=sent["Command"]["CommandId"], InstanceId=instance)
    assert found["Status"] == "TimedOut"
    assert cloud.out(instance, "ps -eo args | grep -c '^sleep 97[56]'; true").strip() == "0"


def test_output_is_cut_where_aws_cuts_it(cloud: Any, instance: str) -> None:
    found = cloud.sh(instance, "head -c 30000 /dev/zero | tr '\\0' a")
    assert len(found["StandardOutputContent"]) == 24_000
