"""The platform record: found by its parameter, read strictly."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from components.platform import Platform
from workflow.context import Context
from workflow.errors import NoStackError, UsageError
from workflow.outputs import load_platform_file, parse_platform


@pytest.fixture
def record(world: Any) -> dict[str, Any]:
    return dict(json.loads(world.read("s3://mlteam-dev-artifacts/workflow/platform.json")))


def parsed(record: dict[str, Any]) -> Platform[str]:
    return parse_platform(json.dumps(record).encode(), source="here")


def test_the_record_is_found_by_the_stacks_parameter(world: Any) -> None:
    assert world.context.platform.tracking.username == "admin"
    assert world.context.platform.training.instance_types == ("c7g.large", "m7g.large")


def test_a_stack_without_a_parameter_is_no_stack(world: Any) -> None:
    with pytest.raises(NoStackError, match="/mlteam-nowhere/platform"):
        assert Context(stack_name="nowhere", aws=world.context.aws).platform


def test_a_parameter_without_its_object_is_no_stack(world: Any) -> None:
    world.client.delete_object(Bucket="mlteam-dev-artifacts", Key="workflow/platform.json")
    with pytest.raises(NoStackError, match="which is not there"):
        assert world.context.platform


def test_a_file_may_be_given_instead(record: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "platform.json"
    path.write_text(json.dumps(record))
    assert dataclasses.asdict(load_platform_file(path))["region"] == "us-east-1"
    with pytest.raises(UsageError, match="no platform record at"):
        load_platform_file(tmp_path / "other.json")


def test_a_file_of_another_stack_than_the_one_asked_for_is_refused(record: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "platform.json"
    path.write_text(json.dumps(record))
    assert Context(platform_path=path).platform.stack == "dev"
    with pytest.raises(UsageError, match=r"of stack 'dev', not 'prod'\n  cure: --stack dev"):
        assert Context(stack_name="prod", platform_path=path).platform


ELSEWHERE: tuple[dict[str, str], ...] = (
    {},
    {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com"},
)


@pytest.mark.parametrize("environment", ELSEWHERE)
@pytest.mark.parametrize("name", ["", "local"])
def test_a_file_of_the_local_stack_never_reaches_real_aws(
    record: dict[str, Any], tmp_path: Path, name: str, environment: dict[str, str]
) -> None:
    path = tmp_path / "platform.json"
    path.write_text(json.dumps({**record, "stack": "local"}))
    with pytest.raises(NoStackError, match="lives on the emulated AWS"):
        assert Context(stack_name=name, platform_path=path, environment=environment).platform
    here = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    assert Context(stack_name=name, platform_path=path, environment=here).platform.stack == "local"


def test_a_mix_without_a_host_is_read(record: dict[str, Any]) -> None:
    assert parsed({**record, "host": None}).host is None


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_version_is_refused(record: dict[str, Any], version: object) -> None:
    with pytest.raises(UsageError, match="allowed: 1"):
        parsed({**record, "version": version})


def test_every_fault_is_named_at_once(record: dict[str, Any]) -> None:
    del record["region"]
    record["tracking"]["colour"] = "blue"
    record["data"]["dev_sample_fraction"] = "much"
    record["training"]["subnet_ids"] = ["subnet-0", 7]
    with pytest.raises(UsageError) as caught:
        parsed(record)
    for fault in (
        "region: missing",
        "tracking.colour: unknown field",
        "data.dev_sample_fraction: float expected, 'much' given",
        "training.subnet_ids[1]: str expected, 7 given",
    ):
        assert fault in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"\xff"])
def test_what_is_no_record_is_refused(body: bytes) -> None:
    with pytest.raises(UsageError, match="here"):
        parse_platform(body, source="here")
