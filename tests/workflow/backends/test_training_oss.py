"""A machine for a job: which type it gets, how it is found again, how it ends."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from components.platform import Platform
from workflow.backends import training_oss
from workflow.backends.training_oss import Ec2Place
from workflow.errors import ResourceError
from workflow.training.job import Job

pytestmark = pytest.mark.slow  # moto's EC2 takes a while to be made, for each test

AMI = "ami-12c6146b"
"""One of moto's own."""


@pytest.fixture
def platform(world: Any) -> Platform[str]:
    """The world's, with a launch template and subnets that are really there."""
    ec2 = world.context.aws.client("ec2")
    image = ec2.describe_images(ImageIds=[AMI])["Images"][0]["ImageId"]  # all of them would take moto a second
    template = ec2.create_launch_template(
        LaunchTemplateName="training", LaunchTemplateData={"ImageId": image, "InstanceType": "t3.nano"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    subnets = tuple(each["SubnetId"] for each in ec2.describe_subnets()["Subnets"][:2])
    platform: Platform[str] = world.context.platform
    training = dataclasses.replace(platform.training, launch_template_id=template, subnet_ids=subnets)
    return dataclasses.replace(platform, training=training)


@pytest.fixture
def job() -> Job:
    texts = {field.name: "x" for field in dataclasses.fields(Job)}
    return Job(**texts | {"id": "first-1", "version": 1, "parameters": {}, "max_broken_fraction": 0.0})  # type: ignore[arg-type]


@pytest.fixture
def place(world: Any, platform: Platform[str]) -> Ec2Place:
    return Ec2Place(world.context.aws, platform, world.context.progress)


def instances(world: Any) -> list[dict[str, Any]]:
    answer = world.context.aws.client("ec2").describe_instances()
    return [each for part in answer["Reservations"] for each in part["Instances"]]


Refuse = Callable[[Callable[[dict[str, Any]], bool], str], list[tuple[str, str]]]


@pytest.fixture
def refuse(world: Any, monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Let EC2 refuse some requests; answers what was asked for."""

    def begin(refused: Callable[[dict[str, Any]], bool], code: str) -> list[tuple[str, str]]:
        client = world.context.aws.client("ec2")
        asked: list[tuple[str, str]] = []
        original = client.run_instances

        def run_instances(**request: Any) -> Any:
            asked.append((request["InstanceType"], request["SubnetId"]))
            if refused(request):
                raise ClientError({"Error": {"Code": code, "Message": "none left"}}, "RunInstances")
            return original(**request)

        monkeypatch.setattr(client, "run_instances", run_instances)
        return asked

    return begin


def test_the_machine_carries_its_job_and_the_platforms_tags(world: Any, place: Ec2Place, job: Job) -> None:
    place.start(job, 1)
    (machine,) = instances(world)
    tags = {tag["Key"]: tag["Value"] for tag in machine["Tags"]}
    assert machine["InstanceType"] == "c7g.large"
    assert tags["mlteam:job"] == "first-1"
    assert tags["mlteam:stack"] == "dev"
    assert place.gone_because() == ""


def test_the_next_type_or_subnet_is_tried_where_there_is_no_capacity(
    world: Any, place: Ec2Place, platform: Platform[str], job: Job, refuse: Refuse
) -> None:
    asked = refuse(lambda request: request["InstanceType"] == "c7g.large", "InsufficientInstanceCapacity")
    place.start(job, 1)
    first, second = platform.training.subnet_ids
    assert asked == [("c7g.large", first), ("c7g.large", second), ("m7g.large", first)]
    assert instances(world)[0]["InstanceType"] == "m7g.large"


def test_no_capacity_anywhere_names_every_refusal(place: Ec2Place, job: Job, refuse: Refuse) -> None:
    refuse(lambda _: True, "MaxSpotInstanceCountExceeded")
    with pytest.raises(ResourceError, match=r"(?s)c7g\.large in .*m7g\.large in .*--where process"):
        place.start(job, 1)


def test_another_refusal_is_not_taken_for_missing_capacity(place: Ec2Place, job: Job, refuse: Refuse) -> None:
    asked = refuse(lambda _: True, "UnauthorizedOperation")
    with pytest.raises(ClientError):
        place.start(job, 1)
    assert len(asked) == 1


def test_a_running_machine_is_found_by_its_job(world: Any, place: Ec2Place, platform: Platform[str], job: Job) -> None:
    place.start(job, 1)
    other = Ec2Place(world.context.aws, platform, world.context.progress)
    assert other.find(job)
    assert not other.find(dataclasses.replace(job, id="second-1"))
    other.stop()
    assert "terminated" in place.gone_because()
    assert not other.find(job), "a machine that ended is nobody's"


def test_stopping_what_never_started_is_no_error(place: Ec2Place) -> None:
    place.stop()


def test_a_machine_whose_start_was_interrupted_is_stopped_by_its_tag(
    world: Any, place: Ec2Place, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.context.aws.client("ec2")
    original = client.run_instances

    def run_instances(**request: Any) -> Any:
        original(**request)
        raise KeyboardInterrupt

    monkeypatch.setattr(client, "run_instances", run_instances)
    with pytest.raises(KeyboardInterrupt):
        place.start(job, 1)
    place.stop()
    assert [each["State"]["Name"] for each in instances(world)] == ["terminated"]


def test_a_machine_that_cannot_be_found_is_said(
    world: Any, place: Ec2Place, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_instances(**_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(world.context.aws.client("ec2"), "run_instances", run_instances)
    monkeypatch.setattr(training_oss, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(training_oss, "LOOK_AGAIN_SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        place.start(job, 1)
    place.stop()
    assert "no machine of job first-1 was found" in world.said.getvalue()


def test_stopping_what_had_no_capacity_looks_for_nothing(world: Any, place: Ec2Place, job: Job, refuse: Refuse) -> None:
    refuse(lambda _: True, "InsufficientInstanceCapacity")
    with pytest.raises(ResourceError):
        place.start(job, 1)
    place.stop()
    assert "was found" not in world.said.getvalue()
