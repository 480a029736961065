"""Making the same thing twice, by plain boto3: what AWS documents, for every type that a stack registers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import tokens

pytestmark = pytest.mark.slow

ALLOW = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
DOCUMENT = json.dumps(
    {
        "schemaVersion": "2.2",
        "mainSteps": [{"action": "aws:runShellScript", "name": "a", "inputs": {"runCommand": ["true"]}}],
    }
)
OVERWRITES = "overwrites"
"""The call sets what its parent has one of: a second one is no other thing."""
ANOTHER = "another"
"""AWS makes a second one: nothing tells it from the first."""
SAME = "same"
"""AWS answers with the first one."""
REGISTERED: dict[str, str] = {
    "aws:budgets/budget:Budget": "DuplicateRecordException",
    "aws:cloudwatch/metricAlarm:MetricAlarm": OVERWRITES,
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": ANOTHER,
    "aws:ebs/volume:Volume": ANOTHER,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": OVERWRITES,
    "aws:ec2/instance:Instance": ANOTHER,
    "aws:ec2/internetGateway:InternetGateway": ANOTHER,
    "aws:ec2/launchTemplate:LaunchTemplate": "InvalidLaunchTemplateName.AlreadyExistsException",
    "aws:ec2/route:Route": "RouteAlreadyExists",
    "aws:ec2/routeTable:RouteTable": ANOTHER,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": SAME,
    "aws:ec2/securityGroup:SecurityGroup": "InvalidGroup.Duplicate",
    "aws:ec2/subnet:Subnet": "InvalidSubnet.Conflict",
    "aws:ec2/volumeAttachment:VolumeAttachment": "VolumeInUse",
    "aws:ec2/vpc:Vpc": ANOTHER,
    "aws:ec2/vpcEndpoint:VpcEndpoint": "RouteAlreadyExists",
    "aws:iam/instanceProfile:InstanceProfile": "EntityAlreadyExists",
    "aws:iam/policy:Policy": "EntityAlreadyExists",
    "aws:iam/role:Role": "EntityAlreadyExists",
    "aws:iam/rolePolicy:RolePolicy": OVERWRITES,
    "aws:s3/bucket:Bucket": SAME,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": OVERWRITES,
    "aws:s3/bucketObjectv2:BucketObjectv2": OVERWRITES,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": OVERWRITES,
    "aws:s3/bucketPolicy:BucketPolicy": OVERWRITES,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": OVERWRITES,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": OVERWRITES,
    "aws:s3/bucketVersioning:BucketVersioning": OVERWRITES,
    "aws:sagemaker/mlflowApp:MlflowApp": "ConflictException",
    "aws:scheduler/schedule:Schedule": "ConflictException",
    "aws:scheduler/scheduleGroup:ScheduleGroup": "ConflictException",
    "aws:sns/topic:Topic": SAME,
    "aws:sns/topicPolicy:TopicPolicy": OVERWRITES,
    "aws:sns/topicSubscription:TopicSubscription": SAME,
    "aws:ssm/association:Association": ANOTHER,
    "aws:ssm/document:Document": "DocumentAlreadyExists",
    "aws:ssm/parameter:Parameter": "ParameterAlreadyExists",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "InvalidPermission.Duplicate",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "InvalidPermission.Duplicate",
}
"""Sources: error codes of each service's API reference, CreateBucket in us-east-1, CreateTopic, Subscribe (2026-11)."""
SERVER = "aws:sagemaker/mlflowApp:MlflowApp"


def budget(ground: Any) -> Callable[[], object]:
    account = ground.client("sts").get_caller_identity()["Account"]
    told = {"BudgetName": ground.name(), "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    told["BudgetLimit"] = {"Amount": "1", "Unit": "USD"}
    return lambda: ground.client("budgets").create_budget(AccountId=account, Budget=told)


def snapshots(ground: Any) -> Callable[[], object]:
    schedule = {"Name": "n", "CreateRule": {"Interval": 24, "IntervalUnit": "HOURS"}, "RetainRule": {"Count": 7}}
    details = {"ResourceTypes": ["VOLUME"], "TargetTags": [{"Key": "a", "Value": "b"}], "Schedules": [schedule]}
    told = {"ExecutionRoleArn": ground.role["Arn"], "Description": "d", "State": "ENABLED", "PolicyDetails": details}
    return lambda: ground.client("dlm").create_lifecycle_policy(**told)["PolicyId"]


def volume(ground: Any) -> Callable[[], object]:
    return lambda: ground.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]


def instance(ground: Any) -> Callable[[], object]:
    made: list[str] = []

    def run() -> str:
        made.append(ground.cloud.launch(waits=False))
        ground.client("ec2").terminate_instances(InstanceIds=made[-1:])
        return made[-1]

    return run


def gateway(ground: Any) -> Callable[[], object]:
    ec2 = ground.client("ec2")

    def make() -> str:
        made = str(ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])
        ec2.delete_internet_gateway(InternetGatewayId=made)  # a region may have five
        return made

    return make


def template(ground: Any) -> Callable[[], object]:
    told = {"LaunchTemplateName": ground.name(), "LaunchTemplateData": {"InstanceType": "t4g.small"}}
    return lambda: ground.client("ec2").create_launch_template(**told)


def route(ground: Any) -> Callable[[], object]:
    told = {"RouteTableId": ground.table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": ground.gateway}
    return lambda: ground.client("ec2").create_route(**told)


def table(ground: Any) -> Callable[[], object]:
    return lambda: ground.client("ec2").create_route_table(VpcId=ground.vpc)["RouteTable"]["RouteTableId"]


def table_association(ground: Any) -> Callable[[], object]:
    told = {"RouteTableId": ground.table, "SubnetId": ground.subnet()}
    ground.client("ec2").get_waiter("subnet_available").wait(SubnetIds=[told["SubnetId"]], WaiterConfig={"Delay": 0.1})
    return lambda: ground.client("ec2").associate_route_table(**told)["AssociationId"]


def group(ground: Any) -> Callable[[], object]:
    told = {"GroupName": ground.name(), "Description": "d", "VpcId": ground.vpc}
    return lambda: ground.client("ec2").create_security_group(**told)


def subnet(ground: Any) -> Callable[[], object]:
    told = {"VpcId": ground.vpc, "CidrBlock": f"10.77.{ground.number()}.0/24"}
    return lambda: ground.client("ec2").create_subnet(**told)


def attachment(ground: Any) -> Callable[[], object]:
    ec2 = ground.client("ec2")
    zone = ec2.describe_subnets(SubnetIds=[ground.cloud.subnet_id])["Subnets"][0]["AvailabilityZone"]
    told = {"VolumeId": ec2.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"], "Device": "/dev/sdf"}
    told["InstanceId"] = ground.cloud.launch(waits=False)
    ec2.get_waiter("volume_available").wait(VolumeIds=[told["VolumeId"]], WaiterConfig={"Delay": 0.1})
    ec2.get_waiter("instance_running").wait(InstanceIds=[told["InstanceId"]], WaiterConfig={"Delay": 0.2})
    return lambda: ec2.attach_volume(**told)


def vpc(ground: Any) -> Callable[[], object]:
    ec2 = ground.client("ec2")

    def make() -> str:
        made = str(ec2.create_vpc(CidrBlock="10.78.0.0/16")["Vpc"]["VpcId"])
        ec2.get_waiter("vpc_available").wait(VpcIds=[made], WaiterConfig={"Delay": 0.1})
        ec2.delete_vpc(VpcId=made)
        return made

    return make


def endpoint(ground: Any) -> Callable[[], object]:
    told = {"VpcId": ground.vpc, "ServiceName": "com.amazonaws.us-east-1.s3", "RouteTableIds": [ground.table]}
    return lambda: ground.client("ec2").create_vpc_endpoint(**told)


def profile(ground: Any) -> Callable[[], object]:
    name = ground.name()
    return lambda: ground.client("iam").create_instance_profile(InstanceProfileName=name)


def policy(ground: Any) -> Callable[[], object]:
    name = ground.name()
    return lambda: ground.client("iam").create_policy(PolicyName=name, PolicyDocument=ALLOW)


def role(ground: Any) -> Callable[[], object]:
    name = ground.name()
    return lambda: ground.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=ground.trust)


def bucket(ground: Any) -> Callable[[], object]:
    name = ground.name()
    return lambda: ground.client("s3").create_bucket(Bucket=name)["Location"]


def schedule(ground: Any) -> Callable[[], object]:
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances", "RoleArn": ground.role["Arn"], "Input": "{}"}
    told = {"Name": ground.name(), "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    return lambda: ground.client("scheduler").create_schedule(**told, Target=target)


def schedule_group(ground: Any) -> Callable[[], object]:
    name = ground.name()
    return lambda: ground.client("scheduler").create_schedule_group(Name=name)


def topic(ground: Any) -> Callable[[], object]:
    name = ground.name()
    return lambda: ground.client("sns").create_topic(Name=name, Tags=[{"Key": "a", "Value": "b"}])["TopicArn"]


def subscription(ground: Any) -> Callable[[], object]:
    told = {"TopicArn": ground.topic, "Protocol": "https", "Endpoint": "https://example.com/twice"}
    return lambda: ground.client("sns").subscribe(**told, ReturnSubscriptionArn=True)["SubscriptionArn"]


def document(ground: Any) -> Callable[[], object]:
    told = {"Name": ground.name(), "Content": DOCUMENT, "DocumentType": "Command", "DocumentFormat": "JSON"}
    return lambda: ground.client("ssm").create_document(**told)


def association(ground: Any) -> Callable[[], object]:
    told = {"Name": "AWS-RunShellScript", "Targets": [{"Key": "tag:nobody", "Values": ["x"]}]}
    told["Parameters"] = {"commands": ["true"]}  # type: ignore[assignment]
    create = ground.client("ssm").create_association
    return lambda: create(**told)["AssociationDescription"]["AssociationId"]


def parameter(ground: Any) -> Callable[[], object]:
    told = {"Name": f"/{ground.name()}", "Type": "String", "Value": "v"}
    return lambda: ground.client("ssm").put_parameter(**told)


def rule(direction: str) -> Callable[[Any], Callable[[], object]]:
    def make(ground: Any) -> Callable[[], object]:
        authorize = getattr(ground.client("ec2"), f"authorize_security_group_{direction}")
        permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
        return lambda: authorize(GroupId=ground.group, IpPermissions=[permission])

    return make


TWICE: dict[str, Callable[[Any], Callable[[], object]]] = {
    "aws:budgets/budget:Budget": budget,
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": snapshots,
    "aws:ebs/volume:Volume": volume,
    "aws:ec2/instance:Instance": instance,
    "aws:ec2/internetGateway:InternetGateway": gateway,
    "aws:ec2/launchTemplate:LaunchTemplate": template,
    "aws:ec2/route:Route": route,
    "aws:ec2/routeTable:RouteTable": table,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": table_association,
    "aws:ec2/securityGroup:SecurityGroup": group,
    "aws:ec2/subnet:Subnet": subnet,
    "aws:ec2/volumeAttachment:VolumeAttachment": attachment,
    "aws:ec2/vpc:Vpc": vpc,
    "aws:ec2/vpcEndpoint:VpcEndpoint": endpoint,
    "aws:iam/instanceProfile:InstanceProfile": profile,
    "aws:iam/policy:Policy": policy,
    "aws:iam/role:Role": role,
    "aws:s3/bucket:Bucket": bucket,
    "aws:scheduler/schedule:Schedule": schedule,
    "aws:scheduler/scheduleGroup:ScheduleGroup": schedule_group,
    "aws:sns/topic:Topic": topic,
    "aws:sns/topicSubscription:TopicSubscription": subscription,
    "aws:ssm/association:Association": association,
    "aws:ssm/document:Document": document,
    "aws:ssm/parameter:Parameter": parameter,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": rule("egress"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": rule("ingress"),
}
"""By type: a call that makes the same thing whenever it is made; its answer tells one thing from another."""


def test_the_table_is_about_every_type_that_there_is() -> None:
    assert set(REGISTERED) == set(tokens.rows())
    made = {token for token, expected in REGISTERED.items() if expected != OVERWRITES}
    assert set(TWICE) == made - {SERVER}, f"{SERVER} starts a server: its conflict has a test of its own"


@pytest.mark.parametrize("token", TWICE)
def test_the_second_of_the_same_is_what_aws_makes_of_it(ground: Any, token: str) -> None:
    make, expected = TWICE[token](ground), REGISTERED[token]
    first = make()
    if expected in (SAME, ANOTHER):
        assert (make() == first) == (expected == SAME)
        return
    with pytest.raises(ClientError) as refused:
        make()
    assert refused.value.response["Error"]["Code"] == expected
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500


def test_names_of_iam_differ_by_more_than_their_case(ground: Any) -> None:
    iam, name = ground.client("iam"), ground.name()
    for method, told in (
        ("create_role", {"RoleName": name, "AssumeRolePolicyDocument": ground.trust}),
        ("create_policy", {"PolicyName": name, "PolicyDocument": ALLOW}),
        ("create_instance_profile", {"InstanceProfileName": name}),
        ("create_user", {"UserName": name}),
        ("create_group", {"GroupName": name}),
    ):
        getattr(iam, method)(**told)
        with pytest.raises(ClientError, match="EntityAlreadyExists"):
            getattr(iam, method)(**{key: value.upper() if value == name else value for key, value in told.items()})
