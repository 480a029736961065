"""Each type of resource: what it costs, and what of it is refused."""

import ast
import importlib.util
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from costs.model import Bill, Resource, UnpriceableError, Usage, estimate, load_prices
from costs.rules.table import RULES, Free

PRICES: Final = load_prices()
USAGE: Final = replace(Usage(), free_tiers=False)
INSTANCE: Final = "aws:ec2/instance:Instance"
VOLUME: Final = "aws:ebs/volume:Volume"
TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
CONFIGURATION: Final = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
ENDPOINT: Final = Resource("aws:sagemaker/endpoint:Endpoint", "endpoint", {})
HOST: Final = {"instance_type": "t4g.large", "associate_public_ip_address": False}
GP3_ROOT: Final = {"volume_size": 10, "volume_type": "gp3"}
VERSIONED_ALARM: Final = {"metric_queries": [{"id": "a", "metric": {"period": 60}}, {"id": "b", "expression": "a"}]}


class Output:
    """Stands for a value that the engine does not know yet."""


def priced(token: str, properties: Mapping[str, object], *others: Resource, name: str = "storage-prod") -> Bill:
    return estimate([Resource(token, name, properties), *others], USAGE, PRICES)


@pytest.mark.parametrize(
    ("token", "properties", "usd"),
    [
        (INSTANCE, {**HOST, "root_block_device": GP3_ROOT}, 730 * 0.0672 + 0.8),
        (INSTANCE, {**HOST, "instance_market_options": {"market_type": "spot"}, "root_block_device": GP3_ROOT},
         730 * 0.0672 * 0.40 + 0.8),
        (INSTANCE, {**HOST, "monitoring": True, "root_block_device": GP3_ROOT}, 730 * 0.0672 + 0.8 + 7 * 0.30),
        (INSTANCE, {"instanceType": "t4g.large", "associatePublicIpAddress": True,
                    "rootBlockDevice": {"volumeSize": 10}}, 730 * (0.0672 + 0.005) + 0.8),
        (VOLUME, {"size": 100, "type": "gp3", "iops": 4_000, "throughput": 250}, 8 + 1_000 * 0.005 + 125 * 0.04),
        (VOLUME, {"size": 100, "type": "gp3", "iops": 3_000, "throughput": 125}, 8),
        (TEMPLATE, {"instance_type": "t4g.medium", "network_interfaces": [{"associate_public_ip_address": False}]},
         40 * 0.0233),
        (TEMPLATE, {"instance_type": "t4g.medium", "tags": {"mlteam:component": "ci"}}, 34 * (0.0233 + 0.005)),
        (TEMPLATE, {"instance_requirements": {"allowed_instance_types": ["t4g.xlarge", "t4g.medium"]}},
         40 * (0.0233 + 0.005)),
        (TEMPLATE, {"instance_type": "t4g.medium", "block_device_mappings": [{"ebs": {"volume_size": 73,
         "volume_type": "gp3"}}]}, 40 * (0.0233 + 0.005) + 73 * 40 / 730 * 0.08),
        ("aws:dlm/lifecyclePolicy:LifecyclePolicy", {}, 0),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", {"service_name": "com.amazonaws.us-east-1.s3"}, 0),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", {"vpc_endpoint_type": "Interface", "subnet_ids": [Output(), Output()]},
         730 * 2 * 0.01 + 10 * 0.01),
        ("aws:ec2/natGateway:NatGateway", {}, 730 * 0.045 + 50 * 0.045),
        ("aws:ec2/eip:Eip", {}, 3.65),
        ("aws:lb/loadBalancer:LoadBalancer", {}, 730 * (0.0225 + 0.008) + 2 * 3.65),
        ("aws:lb/loadBalancer:LoadBalancer", {"internal": True}, 730 * (0.0225 + 0.008)),
        ("aws:s3/bucket:Bucket", {}, 400 * 0.023 + 600 * 0.005 + 2_000 * 0.0004),
        ("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
         {"rules": [{"expiration": {"days": 7}}]}, 0),
        ("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
         {"rules": [{"transitions": [{"storage_class": "GLACIER_IR"}]}]}, 600 * 0.02),
        ("aws:s3/bucketNotification:BucketNotification", {"eventbridge": True}, 0.6),
        ("aws:s3/bucketNotification:BucketNotification", {}, 0),
        ("aws:s3/inventory:Inventory", {"schedule": {"frequency": "Weekly"}}, 4.35 * 0.0025),
        ("aws:ecr/repository:Repository", {}, 0.5),
        ("aws:kms/key:Key", {}, 1.06),
        ("aws:secretsmanager/secret:Secret", {}, 0.45),
        ("aws:ssm/parameter:Parameter", {"type": "SecureString"}, 0),
        ("aws:scheduler/schedule:Schedule", {}, 44e-6),
        ("aws:budgets/budget:Budget", {}, 0),
        ("aws:budgets/budgetAction:BudgetAction", {}, 3.04),
        ("aws:sns/topic:Topic", {}, 40 * 0.5e-6),
        ("aws:sns/topicSubscription:TopicSubscription", {"protocol": "email"}, 40 * 2e-5),
        ("aws:sns/topicSubscription:TopicSubscription", {"protocol": "https"}, 40 * 6e-7),
        ("aws:sns/topicSubscription:TopicSubscription", {"protocol": "sms", "endpoint": "+12025550123"}, 0.40),
        ("aws:sns/topicSubscription:TopicSubscription", {"protocol": "sms", "endpoint": "+4930123456"}, 4.00),
        ("aws:sns/topicSubscription:TopicSubscription", {"protocol": "sqs"}, 0),
        ("aws:cloudwatch/logGroup:LogGroup", {"retention_in_days": 30.4}, 2 * 0.50 + 2 * 0.03),
        ("aws:cloudwatch/logGroup:LogGroup", {"log_group_class": "INFREQUENT_ACCESS"}, 2 * 0.25 + 24 * 0.03),
        ("aws:cloudwatch/logMetricFilter:LogMetricFilter", {}, 0.30),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", {"period": 60}, 0.10),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", {"period": 10}, 0.30),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", VERSIONED_ALARM, 0.10),
        ("aws:cloudwatch/dashboard:Dashboard", {}, 3.00),
        ("aws:codebuild/project:Project",
         {"environment": {"type": "LINUX_CONTAINER", "compute_type": "BUILD_GENERAL1_MEDIUM"}}, 20.0),
        ("aws:codepipeline/pipeline:Pipeline", {}, 1.00),
        ("aws:codepipeline/pipeline:Pipeline", {"pipeline_type": "V2"}, 6.00),
        ("aws:sagemaker/mlflowApp:MlflowApp", {}, 0),
        ("aws:sagemaker/mlflowTrackingServer:MlflowTrackingServer", {"tracking_server_size": "Small"}, 438.10),
        ("job:sagemaker/training", {"instance_type": "ml.m5.xlarge"}, 9.20),
        ("job:sagemaker/training", {"instance_type": "ml.g5.xlarge", "spot": True}, 40 * 1.408 * 0.40),
        ("job:sagemaker/groundTruth", {}, 160),
    ],
)  # fmt: skip
def test_a_resource_costs_what_its_rows_say(token: str, properties: dict[str, object], usd: float) -> None:
    assert priced(token, properties).usd_per_month == pytest.approx(usd)


@pytest.mark.parametrize(
    ("variant", "usd"),
    [
        ({"instance_type": "ml.m5.large", "initial_instance_count": 2}, 2 * 730 * 0.115),
        ({"serverlessConfig": {"memorySizeInMb": 4096}}, 1_020_000 * (0.05 * 4 * 0.00002 + 12.5e-6 * 0.016)),
    ],
)
def test_an_endpoint_costs_what_its_configuration_says(variant: dict[str, object], usd: float) -> None:
    configured = {"production_variants": [variant]}
    assert priced(CONFIGURATION, configured, ENDPOINT).usd_per_month == pytest.approx(usd)
    assert priced(CONFIGURATION, configured).lines == (), "no endpoint, no cost"


@pytest.mark.parametrize(
    ("token", "properties", "named"),
    [
        (INSTANCE, {"instance_type": "c9g.huge"}, "'ec2.c9g.huge'"),
        (INSTANCE, {"instance_type": Output()}, "instance_type is not known"),
        (INSTANCE, {**HOST, "tenancy": "dedicated"}, "tenancy is dedicated"),
        (INSTANCE, {**HOST, "root_block_device": {"volume_type": "io2"}}, "volume type is io2"),
        (INSTANCE, {**HOST, "ebs_block_devices": [{"volume_size": 5}]}, "volume type is absent, which means gp2"),
        (VOLUME, {"size": 5, "type": "st1"}, "volume type is st1"),
        (VOLUME, {"size": 5}, "volume type is absent, which means gp2"),
        (VOLUME, {"type": "gp3"}, "size is absent"),
        (TEMPLATE, {}, "Usage.training_instance_types"),
        (TEMPLATE, {"instance_type": "x1.none"}, "'ec2.x1.none'"),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", {"vpc_endpoint_type": "GatewayLoadBalancer"}, "GatewayLoadBalancer"),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", {"vpc_endpoint_type": Output()}, "vpc_endpoint_type is not known"),
        ("aws:lb/loadBalancer:LoadBalancer", {"load_balancer_type": "network"}, "network"),
        ("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
         {"rules": [{"transitions": [{"storage_class": "INTELLIGENT_TIERING"}]}]}, "INTELLIGENT_TIERING"),
        ("aws:ssm/parameter:Parameter", {"tier": "Advanced"}, "tier is Advanced"),
        ("aws:ssm/parameter:Parameter", {"tier": "Intelligent-Tiering"}, "tier is Intelligent-Tiering"),
        ("aws:sns/topicSubscription:TopicSubscription", {"protocol": "firehose"}, "protocol is firehose"),
        ("aws:cloudwatch/logGroup:LogGroup", {"log_group_class": "DELIVERY"}, "DELIVERY"),
        ("aws:codebuild/project:Project", {"environment": {"type": "WINDOWS_CONTAINER"}}, "WINDOWS_CONTAINER unknown"),
        ("aws:codepipeline/pipeline:Pipeline", {"pipeline_type": "V3"}, "V3"),
        ("aws:sagemaker/mlflowTrackingServer:MlflowTrackingServer", {"tracking_server_size": "Huge"}, "huge"),
        ("job:sagemaker/training", {"instance_type": "ml.z9.huge"}, "'sm.ml.z9.huge'"),
        ("aws:rds/instance:Instance", {}, "no pricing rule"),
        ("aws:ec2/newThing:NewThing", {}, "no pricing rule"),
        ("random:index/randomId:RandomId", {}, "no pricing rule"),
    ],
)  # fmt: skip
def test_what_has_no_price_is_refused_by_name(token: str, properties: dict[str, object], named: str) -> None:
    with pytest.raises(UnpriceableError) as caught:
        priced(token, properties)
    message = str(caught.value)
    assert f"cannot price {token} 'storage-prod'" in message
    assert named in message
    assert "cure: " in message


@pytest.mark.parametrize(
    "variant",
    [
        {"serverless_config": {"provisioned_concurrency": 2}},
        {"instance_type": "ml.z9.huge", "initial_instance_count": 1},
        {"instance_type": Output()},
    ],
)
def test_an_endpoint_without_a_price_is_refused(variant: dict[str, object]) -> None:
    with pytest.raises(UnpriceableError, match="'storage-prod'"):
        priced(CONFIGURATION, {"production_variants": [variant]}, ENDPOINT)


def test_a_bucket_whose_use_nobody_knows_is_refused() -> None:
    with pytest.raises(UnpriceableError, match=r"'attic'.*one of prod, staging, dev, artifacts"):
        priced("aws:s3/bucket:Bucket", {}, name="attic")


@pytest.mark.parametrize(
    ("name", "given", "gigabytes"),
    [
        ("storage-artifacts", None, 56),
        ("storage-dev-bucket", None, 4),
        ("lake", "mlteam-prod-000000000000-staging", 40),
        ("storage-artifact", Output(), 56),
    ],
)
def test_a_bucket_gets_the_use_of_its_role(name: str, given: object, gigabytes: float) -> None:
    bill = priced("aws:s3/bucket:Bucket", {"bucket": given}, name=name)
    assert bill.lines[0].quantity == gigabytes


@pytest.mark.parametrize(
    ("token", "properties", "assumption"),
    [
        (INSTANCE, {"instance_type": "t4g.large"}, "the subnet gives a public IPv4"),
        (INSTANCE, {"instance_type": "t4g.large", "root_block_device": Output()}, "root volume is 8 GB"),
        (INSTANCE, HOST, "volume type is gp3"),
        (VOLUME, {"size": 5, "type": Output()}, "volume type is gp3"),
        (VOLUME, {"size": Output(), "type": "gp3"}, "volume is 8 GB"),
        (TEMPLATE, {"instance_type": "m7g.large"}, "spot price of m7g.large is 0.40 of on demand"),
        (TEMPLATE, {"instance_type": "t4g.medium"}, "whoever starts an instance from the template asks for spot"),
        ("aws:cloudwatch/logGroup:LogGroup", {}, "logs without retention are priced as 12 months' worth"),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", {"vpc_endpoint_type": "Interface"}, "the endpoint is in one zone"),
        ("aws:sns/topicSubscription:TopicSubscription", {"protocol": "sms", "endpoint": Output()},
         "the phone number is outside +1"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_assumed_and_said(token: str, properties: dict[str, object], assumption: str) -> None:
    assert assumption in [text for line in priced(token, properties).lines for text in line.assumed]


def test_snapshots_cover_the_volumes_that_the_policy_covers() -> None:
    others = [
        Resource(VOLUME, "data", {"size": 40, "type": "gp3"}),
        Resource(INSTANCE, "host", {**HOST, "root_block_device": {"volume_size": 20}}),
    ]
    token = "aws:dlm/lifecyclePolicy:LifecyclePolicy"
    assert priced(token, {}, *others).lines[0].quantity == 40
    assert priced(token, {"policy_details": {"resource_types": ["INSTANCE"]}}, *others).lines[0].quantity == 60


def test_a_buckets_tier_tag_beats_its_name() -> None:
    bill = priced("aws:s3/bucket:Bucket", {"tags": {"mlteam:tier": "dev"}}, name="storage-prod-bucket")
    assert bill.lines[0].quantity == 4


def test_a_months_use_is_split_not_multiplied() -> None:
    environment = {"environment": {"type": "ARM_CONTAINER", "compute_type": "BUILD_GENERAL1_SMALL"}}
    project = Resource("aws:codebuild/project:Project", "build", environment)
    one, three = (estimate([project] * count, USAGE, PRICES).usd_per_month for count in (1, 3))
    assert one == pytest.approx(three)


def test_a_templates_types_may_come_from_the_profile() -> None:
    usage = replace(USAGE, training_instance_types=("t4g.xlarge", "g4dn.xlarge"))
    bill = estimate([Resource(TEMPLATE, "training", {})], usage, PRICES)
    assert bill.lines[0].price.sku == "ec2.t4g.xlarge.spot"


def test_every_token_is_spelled_as_the_provider_spells_it() -> None:
    # The tokens stand in the SDK's own registry; reading its text is 100 times faster than importing its modules.
    spec = importlib.util.find_spec("pulumi_aws")
    assert spec is not None
    assert spec.origin is not None
    known = set(re.findall(r'"(aws:[\w]+/\w+:\w+)"', Path(spec.origin).read_text(encoding="utf-8")))
    assert [token for token in RULES if token.startswith("aws:") and token not in known] == []


def test_every_free_type_says_why_and_counts() -> None:
    free = [token for token, rule in RULES.items() if isinstance(rule, Free)]
    bill = estimate([Resource(token, "x", {}) for token in free], USAGE, PRICES)
    assert bill.lines == ()
    assert all(count == 1 and len(reason) > 10 for count, reason in bill.free_types.values())
    assert set(bill.free_types) == set(free)


@pytest.mark.parametrize("token", ["pulumi:pulumi:Stack", "pulumi:providers:aws", "mlteam:storage:Storage"])
def test_our_own_components_are_free(token: str) -> None:
    assert estimate([Resource(token, "x", {})], USAGE, PRICES).usd_per_month == 0


def test_every_sku_that_a_rule_names_has_a_row() -> None:
    folder = Path(str(sys.modules["costs"].__path__[0]))
    literals = {
        node.value
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    families = tuple({sku.split(".")[0] + "." for sku in PRICES})
    named = {text for text in literals if text.startswith(families) and re.fullmatch(r"[\w.]+[a-z0-9_]", text)}
    assert len(named) > 40
    assert {sku for sku in named if sku not in PRICES} == set()


def test_this_package_stands_alone() -> None:
    folder = Path(str(sys.modules["costs"].__path__[0]))
    imported = {
        name.split(".")[0]
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported - set(sys.stdlib_module_names) == {"costs"}
