"""Whole stacks, recorded: what one registers, guarantees and tells, whatever its components are."""

import json
from collections.abc import Callable

import pytest

from components.platform import Platform
from components.variants import Tier
from stacks.environment import ENVIRONMENTS
from stacks.program import declare
from stacks.recording import ACCOUNT, Recording, record
from workflow.decode import decode

Recorded = Callable[[str], Recording]
STACKS = tuple(ENVIRONMENTS)
HOLDS_DATA = ("aws:s3/bucket:Bucket", "aws:ebs/volume:Volume")
AMI = {"mlteam:amiId": "ami-0123456789abcdef0"}


@pytest.mark.parametrize("stack", STACKS)
def test_the_platform_record_is_what_the_workflow_reads(recorded: Recorded, stack: str) -> None:
    record_text = recorded(stack).exports["platform"]
    platform = decode(Platform[str], json.loads(record_text))
    assert platform.storage.artifact_bucket == f"mlteam-{stack}-{ACCOUNT}-artifacts"
    assert set(platform.storage.tier_buckets) == {tier.value for tier in Tier}
    assert platform.host is not None
    assert platform.host.services == {"mlflow": 5000, "model-server": 8080}


@pytest.mark.parametrize("stack", STACKS)
def test_with_tracking_at_aws_the_host_runs_on_for_what_is_left(recorded: Recorded, stack: str) -> None:
    """And the record says so to the workflow."""
    recording = recorded(f"{stack}+tracking=managed")
    platform = decode(Platform[str], json.loads(recording.exports["platform"]))
    assert platform.tracking.tracking_uri.startswith("arn:aws:sagemaker:")
    assert platform.host is not None
    assert platform.host.services == {"model-server": 8080}
    assert recording.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule") == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_managed_side_is_left_where_data_is_kept_but_never_protected(recorded: Recorded, stack: str) -> None:
    """A protected one would stop the very update that swaps it away."""
    [app] = recorded(f"{stack}+tracking=managed").of_type("aws:sagemaker/mlflowApp:MlflowApp")
    assert (app.protect, app.retain_on_delete) == (False, ENVIRONMENTS[stack].keep_data)
    assert "name" not in app.inputs, "what was left behind keeps its name: the next app would meet it"


@pytest.mark.parametrize("stack", STACKS)
def test_the_record_is_found_by_a_parameter_that_holds_its_address(recorded: Recorded, stack: str) -> None:
    [parameter] = recorded(stack).of_type("aws:ssm/parameter:Parameter")
    stored = recorded(stack).named("record-platform")
    assert parameter.inputs["name"] == f"/mlteam-{stack}/platform"
    assert parameter.inputs["value"] == f"s3://{stored.inputs['bucket']}/{stored.inputs['key']}"
    assert stored.inputs["content"] == recorded(stack).exports["platform"]


@pytest.mark.parametrize("stack", STACKS)
def test_what_holds_data_is_protected_and_retained_from_its_first_update(recorded: Recorded, stack: str) -> None:
    keep = ENVIRONMENTS[stack].keep_data
    holding = [resource for token in HOLDS_DATA for resource in recorded(stack).of_type(token)]
    assert len(holding) == 5
    assert {(resource.protect, resource.retain_on_delete) for resource in holding} == {(keep, keep)}


@pytest.mark.parametrize("stack", STACKS)
def test_only_what_holds_data_is_protected(recorded: Recorded, stack: str) -> None:
    """A protected resource that may be replaced blocks an update that would lose nothing."""
    others = [resource for resource in recorded(stack).resources if resource.token not in HOLDS_DATA]
    assert [resource.name for resource in others if resource.protect] == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_machine_that_boots_during_an_update_finds_the_code_of_before(recorded: Recorded, stack: str) -> None:
    others = [resource for resource in recorded(stack).resources if resource.token not in HOLDS_DATA]
    retained = {resource.name for resource in others if resource.retain_on_delete}
    assert retained == {"release-code", "release-requirements"}


@pytest.mark.parametrize("stack", STACKS)
def test_buckets_are_emptied_by_a_destroy_only_where_nothing_is_kept(recorded: Recorded, stack: str) -> None:
    buckets = recorded(stack).of_type("aws:s3/bucket:Bucket")
    assert {bucket.inputs["forceDestroy"] for bucket in buckets} == {not ENVIRONMENTS[stack].keep_data}


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_has_a_parent_of_ours(recorded: Recorded, stack: str) -> None:
    orphans = [
        resource.name
        for resource in recorded(stack).resources
        if resource.custom and "mlteam:" not in resource.parent and resource.token != "pulumi:pulumi:StackReference"
    ]
    assert orphans == []


@pytest.mark.parametrize("stack", STACKS)
def test_aws_is_asked_one_question_only(recorded: Recorded, stack: str) -> None:
    assert recorded(stack).calls == ["aws:index/getCallerIdentity:getCallerIdentity"]


@pytest.mark.parametrize("stack", STACKS)
def test_a_month_has_a_price(recorded: Recorded, stack: str) -> None:
    assert recorded(stack).exports["monthlyCostUsd"] > 0


def test_dev_is_cheaper_than_prod(recorded: Recorded) -> None:
    assert recorded("dev").exports["monthlyCostUsd"] < recorded("prod").exports["monthlyCostUsd"]


def test_the_hosts_disk_has_snapshots_in_prod_only(recorded: Recorded) -> None:
    made = {stack: len(recorded(stack).of_type("aws:dlm/lifecyclePolicy:LifecyclePolicy")) for stack in STACKS}
    assert made == {"local": 0, "dev": 0, "prod": 1}


def test_working_hours_start_and_stop_the_host(recorded: Recorded) -> None:
    schedules = recorded("dev").of_type("aws:scheduler/schedule:Schedule")
    assert {schedule.inputs["scheduleExpression"] for schedule in schedules} == {
        "cron(0 8 ? * MON-FRI *)",
        "cron(0 18 ? * MON-FRI *)",
    }
    assert all("host-instance-id" in schedule.inputs["target"]["input"] for schedule in schedules)


def test_a_budget_speaks_to_whoever_listens(recorded: Recorded) -> None:
    dev = recorded("dev")
    protocols = {item.inputs["protocol"] for item in dev.of_type("aws:sns/topicSubscription:TopicSubscription")}
    [budget] = dev.of_type("aws:budgets/budget:Budget")
    kinds = {notification["notificationType"] for notification in budget.inputs["notifications"]}
    assert protocols == {"email", "sms", "https"}
    assert kinds == {"ACTUAL", "FORECASTED"}


def test_without_listeners_there_is_no_budget_and_the_first_up_needs_nobody(recorded: Recorded) -> None:
    assert recorded("prod").of_type("aws:budgets/budget:Budget") == []


def test_a_change_of_services_is_a_new_run_that_up_waits_for(recorded: Recorded) -> None:
    """AWS waits on create only, and deleting an association stops nothing."""
    [association] = recorded("local").of_type("aws:ssm/association:Association")
    assert association.replace_on_changes == ("parameters",)
    assert association.delete_before_replace
    assert association.inputs["waitForSuccessTimeoutSeconds"] >= 600
    assert set(association.inputs["parameters"]) == {"digest"}


def test_the_run_waits_for_disk_code_and_rights(recorded: Recorded) -> None:
    local = recorded("local")
    [association] = local.of_type("aws:ssm/association:Association")
    needed = ("host-attachment", "release-code", "release-requirements", "services-host-policy")
    assert all(local.named(name).urn in association.depends_on for name in needed)


def home_outputs() -> dict[str, str]:
    home = record(declare, "prod", AMI)
    return {"platform": home.exports["platform"]}


def test_another_stack_reads_its_own_tier_of_the_data_home_and_makes_none() -> None:
    name = "organization/mlteam/prod"
    dev = record(declare, "dev", {**AMI, "mlteam:dataHome": "prod"}, references={name: home_outputs()})
    platform = json.loads(dev.exports["platform"])
    assert platform["storage"]["tier_buckets"] == {"dev": f"mlteam-prod-{ACCOUNT}-dev"}
    assert platform["data"]["landing_uri"] == f"s3://mlteam-prod-{ACCOUNT}-prod/landing/"
    assert [bucket.inputs["bucket"] for bucket in dev.of_type("aws:s3/bucket:Bucket")] == [
        f"mlteam-dev-{ACCOUNT}-artifacts"
    ]
    policies = [policy.inputs["policy"] for policy in dev.of_type("aws:iam/rolePolicy:RolePolicy")]
    assert not any(f"{ACCOUNT}-prod" in policy or f"{ACCOUNT}-staging" in policy for policy in policies)
