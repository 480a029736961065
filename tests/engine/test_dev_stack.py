"""Stack dev on the emulated AWS: it keeps what holds data, whoever destroys it and however."""

import base64
import gzip
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine import places
from tests.engine.places import CANARY

pytestmark = pytest.mark.engine

CONFIG = """\
  mlteam:amiId: ami-0123456789abcdef0
  mlteam:alertEmails: ml@example.com
  aws:accessKey: emulated
  aws:secretKey: emulated
  aws:skipMetadataApiCheck: "true"
"""
"""What a newcomer adds to Pulumi.dev.yaml, and keys for the emulated AWS."""
TIERS = ("artifacts", "dev", "prod", "staging")
SAID: dict[str, str] = {}
"""What the engine said, by its verb, and what was seen while it worked."""
TREASURE = b"an image that nobody can take again"


@pytest.fixture(scope="module")
def fresh(laptop_of: Callable[..., Any], language_host: Any) -> Any:
    laptop = laptop_of("dev", language_host)
    configure(laptop, CONFIG)
    laptop.platform.start()
    laptop.platform.select()
    laptop.set_secret("opsWebhookUrl", f"https://ops.example.com/{CANARY}")
    return laptop


def configure(laptop: Any, lines: str) -> None:
    """The clone's own Pulumi.dev.yaml with lines added."""
    there = laptop.platform.checkout / "Pulumi.dev.yaml"
    there.write_text(there.read_text().replace("config:\n", f"config:\n{lines}"))


@pytest.fixture(scope="module")
def up(fresh: Any) -> Any:
    """The stack with data in each of its buckets."""
    SAID["up"], SAID["argv during the up"] = fresh.watched("up")
    for bucket in fresh.buckets():
        fresh.client("s3").put_object(Bucket=bucket, Key="landing/1.png", Body=TREASURE)
    return fresh


def treasures(laptop: Any) -> dict[str, bytes]:
    """What each bucket's image holds now, by the tier of the bucket."""
    s3 = laptop.client("s3")
    return {
        bucket.rsplit("-", 1)[-1]: s3.get_object(Bucket=bucket, Key="landing/1.png")["Body"].read()
        for bucket in laptop.buckets()
    }


def data_volumes(laptop: Any) -> list[str]:
    named = [{"Name": "tag:Name", "Values": ["mlteam-dev-data"]}]
    return [str(each["VolumeId"]) for each in laptop.client("ec2").describe_volumes(Filters=named)["Volumes"]]


def test_a_flag_that_is_not_offered_is_refused_by_the_table(fresh: Any) -> None:
    own = fresh.platform.checkout / "Pulumi.dev.yaml"
    before = own.read_text()
    configure(fresh, "  mlteam:serving: managed\n")
    said = fresh.pulumi("preview", fails=True)
    own.write_text(before)
    assert "serving=managed is not available: this version offers oss" in said, said


def test_a_preview_makes_nothing(fresh: Any) -> None:
    assert "to create" in fresh.pulumi("preview")
    assert (fresh.buckets(), fresh.machines(), fresh.roles()) == ([], [], [])


def test_a_second_up_and_a_refresh_change_nothing(up: Any) -> None:
    up.change("up", "--expect-no-changes")
    up.change("refresh", "--expect-no-changes")


def test_who_listens_is_asked_first_and_every_alarm_is_there(up: Any) -> None:
    alarms = up.client("cloudwatch").describe_alarms()["MetricAlarms"]
    told = json.loads(up.platform.output("platform"))["monitoring"]
    assert sorted(alarm["AlarmName"] for alarm in alarms) == sorted(told["alarms"])
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(told["topic_arn"],)}
    mailbox = (up.platform.aws_directory / "mailbox.jsonl").read_text().splitlines()
    assert [json.loads(line)["subject"] for line in mailbox] == ["AWS Notification - Subscription Confirmation"] * 2


def test_no_secret_lies_anywhere_in_plain(up: Any, search: Any) -> None:
    """One that came by config, and those that the host made: in state, backups, history, logs, argv, user data,
    documents, objects and what the engine says; plain and in base64."""
    said = {**SAID, "preview": up.pulumi("preview", "--json"), "history": up.pulumi("stack", "history", "--json")}
    searched = search(up, {**said, "export": up.pulumi("stack", "export")})
    made = places.made_secrets(up)
    assert len(made) == 2
    assert "mlflow_server" in SAID["argv during the up"]
    assert searched.found(CANARY) == []
    for name, secret in made.items():
        # The service's own file on the host, which root alone reads.
        [file] = searched.found(secret)
        assert file.endswith("/etc/mlteam/mlflow/secrets.env"), name
        assert Path(file).stat().st_mode & 0o077 == 0


def test_a_planted_secret_is_found_where_it_is_planted(up: Any, search: Any) -> None:
    """Else the search above could find nothing because it sees nothing."""
    hidden = base64.b64encode(f"x{CANARY}y".encode()).decode()
    state = up.platform.state_directory / "planted.json"
    state.write_text(json.dumps({"in": {"base64": hidden}}))
    up.client("s3").put_object(Bucket=up.buckets()[0], Key="planted", Body=gzip.compress(CANARY.encode()))
    with subprocess.Popen(["sh", "-c", "sleep 60; :", CANARY]) as process:
        found = search(up, {"log": f"error: {CANARY}"}).found(CANARY)
        process.kill()
    state.unlink()
    up.client("s3").delete_object(Bucket=up.buckets()[0], Key="planted")
    planted = {f"s3://{up.buckets()[0]}/planted: gzip", "output of log", str(state), f"argv of {process.pid}"}
    assert planted <= set(found)


def test_what_holds_data_is_protected_in_the_state(up: Any) -> None:
    resources = up.deployment()["resources"]
    kept = {each["urn"].rsplit("::", 1)[-1] for each in resources if each.get("protect") and each.get("retainOnDelete")}
    assert kept == {"host-data", *(f"storage-{tier}-bucket" for tier in TIERS)}


def test_a_destroy_is_refused_and_takes_no_data_along(up: Any) -> None:
    """The engine refuses each protected resource and removes the others before it says so."""
    volumes = data_volumes(up)
    said = up.change("destroy", fails=True)
    assert said.count("because it is protected") == len(TIERS) + len(volumes) == 5, said
    assert treasures(up) == dict.fromkeys(TIERS, TREASURE)
    assert data_volumes(up) == volumes


def test_a_destroy_after_unprotecting_leaves_the_data_where_it_was(up: Any) -> None:
    volumes = data_volumes(up)
    up.pulumi("state", "unprotect", "--all", "--yes")
    up.change("destroy")
    assert (up.machines(), up.roles()) == ([], [])
    assert treasures(up) == dict.fromkeys(TIERS, TREASURE)
    assert data_volumes(up) == volumes
    assert "resources" not in up.deployment()
