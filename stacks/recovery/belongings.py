"""Every type of resource that a stack is made of: how its like is found at AWS, and how one goes that nobody knows.

Promises to find what carries the stack's tags or name and nothing else, under the key that a resource of the state has.
What holds data has `holds`, and does not go while it holds some; where AWS itself does not refuse that, it never goes,
or after a snapshot. What AWS gives the next `pulumi up` once more, and what people may have added by hand beside it,
has no `remove` either. Parts (a bucket's settings, a topic's policy) go with what they are of. Ids as pulumi-aws 7 has
them; a route and an attachment, whose ids are hashes, by what they join. The rows are in the order in which they can be
removed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from stacks.recovery import networks, services
from stacks.recovery.sight import Find, Holds, Remove, bearing, by_call, named, tagged

PARTS: Final = re.compile(r"aws:s3/bucket(?!:Bucket$)|aws:sns/topicPolicy|aws:ec2/defaultSecurityGroup|pulumi:|mlteam:")
"""Types that are a part of what they belong to, and none of AWS's."""


@dataclass(frozen=True)
class Belonging:
    """`key` names the outputs that make a resource's key, and what stands between them; `ended_by` is how people let
    one go that holds data, `before` what recovery does before it lets one go."""

    token: str
    find: Find
    remove: Remove | None = None
    holds: Holds | None = None
    key: tuple[str, ...] = ("id",)
    between: str = ":"
    ended_by: str = ""
    before: str = ""

    def key_of(self, resource: Mapping[str, Any]) -> str:
        known = {"id": resource.get("id", ""), **resource.get("outputs", {})}
        return self.between.join(str(known.get(name, "")) for name in self.key)


def _of_ssm(kind: str) -> dict[str, str]:
    return {"ResourceType": kind, "ResourceId": "{key}"}


_ROWS: Final = (
    Belonging(
        "aws:ssm/association:Association",
        find=bearing(
            named("ssm", "list_associations", "Associations", "AssociationName", "AssociationId"),
            *("ssm", "TagList"),
            **_of_ssm("Association"),
        ),
        remove=by_call("ssm", "delete_association", "AssociationId"),
    ),
    Belonging(
        "aws:ssm/document:Document",
        find=bearing(
            named(
                *("ssm", "list_documents", "DocumentIdentifiers", "Name"),
                Filters=[{"Key": "Owner", "Values": ["Self"]}],
            ),
            *("ssm", "TagList"),
            **_of_ssm("Document"),
        ),
        remove=by_call("ssm", "delete_document", "Name"),
    ),
    Belonging(
        "aws:ssm/parameter:Parameter",
        find=bearing(services.parameters, "ssm", "TagList", **_of_ssm("Parameter")),
        remove=by_call("ssm", "delete_parameter", "Name"),
    ),
    Belonging(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        find=bearing(
            named("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
            *("cloudwatch", "Tags"),
            ResourceARN="arn:aws:cloudwatch:{region}:{account}:alarm:{key}",
        ),
        remove=lambda sight, name: sight.aws.client("cloudwatch").delete_alarms(AlarmNames=[name]),
    ),
    Belonging(
        "aws:dlm/lifecyclePolicy:LifecyclePolicy",
        find=services.lifecycle_policies,
        remove=by_call("dlm", "delete_lifecycle_policy", "PolicyId"),
    ),
    Belonging(
        "aws:scheduler/schedule:Schedule",
        find=services.schedules,
        remove=by_call("scheduler", "delete_schedule", "GroupName", "Name", between="/"),
    ),
    Belonging(
        "aws:scheduler/scheduleGroup:ScheduleGroup",
        find=bearing(
            named("scheduler", "list_schedule_groups", "ScheduleGroups", "Name"),
            *("scheduler", "Tags"),
            ResourceArn="arn:aws:scheduler:{region}:{account}:schedule-group/{key}",
        ),
        remove=by_call("scheduler", "delete_schedule_group", "Name"),
    ),
    Belonging(
        "aws:budgets/budget:Budget",
        find=bearing(
            services.budgets, "budgets", "ResourceTags", ResourceARN="arn:aws:budgets::{account}:budget/{name}"
        ),
        remove=by_call("budgets", "delete_budget", "AccountId", "BudgetName"),
    ),
    Belonging("aws:sns/topicSubscription:TopicSubscription", find=services.subscriptions),
    Belonging(
        "aws:sns/topic:Topic",
        find=bearing(services.topics, "sns", "Tags", ResourceArn="{key}"),
        remove=by_call("sns", "delete_topic", "TopicArn"),
    ),
    Belonging(
        "aws:ec2/volumeAttachment:VolumeAttachment",
        find=networks.attachments,
        key=("deviceName", "volumeId", "instanceId"),
    ),
    Belonging(
        "aws:ec2/instance:Instance",
        find=networks.machines,
        remove=networks.terminate,
        holds=networks.disks_of,
        ended_by="aws ec2 terminate-instances --instance-ids {}",
    ),
    Belonging(
        "aws:ec2/launchTemplate:LaunchTemplate",
        find=tagged("describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
        remove=by_call("ec2", "delete_launch_template", "LaunchTemplateId"),
    ),
    Belonging(
        "aws:iam/instanceProfile:InstanceProfile",
        find=services.on_path("list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
        remove=services.delete_profile,
    ),
    Belonging(
        "aws:iam/rolePolicy:RolePolicy",
        find=services.role_policies,
        remove=by_call("iam", "delete_role_policy", "RoleName", "PolicyName"),
    ),
    Belonging(
        "aws:iam/role:Role",
        find=services.on_path("list_roles", "Roles", "RoleName"),
        remove=services.delete_role,
    ),
    Belonging(
        "aws:iam/policy:Policy",
        find=services.on_path("list_policies", "Policies", "Arn"),
        remove=services.delete_policy,
    ),
    Belonging(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        find=networks.endpoints,
        remove=networks.delete_endpoint,
    ),
    Belonging(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        find=networks.rules(egress=False),
        remove=networks.revoke,
    ),
    Belonging(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        find=networks.rules(egress=True),
        remove=networks.revoke,
    ),
    Belonging(
        "aws:ec2/securityGroup:SecurityGroup",
        find=networks.groups,
        remove=by_call("ec2", "delete_security_group", "GroupId"),
    ),
    Belonging(
        "aws:ec2/route:Route",
        find=networks.routes,
        remove=by_call("ec2", "delete_route", "RouteTableId", "DestinationCidrBlock", between="_"),
        key=("routeTableId", "destinationCidrBlock"),
        between="_",
    ),
    Belonging(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        find=networks.table_associations,
        remove=by_call("ec2", "disassociate_route_table", "AssociationId"),
    ),
    Belonging(
        "aws:ec2/routeTable:RouteTable",
        find=tagged("describe_route_tables", "RouteTables", "RouteTableId"),
        remove=by_call("ec2", "delete_route_table", "RouteTableId"),
    ),
    Belonging(
        "aws:ec2/subnet:Subnet",
        find=tagged("describe_subnets", "Subnets", "SubnetId"),
        remove=by_call("ec2", "delete_subnet", "SubnetId"),
    ),
    Belonging(
        "aws:ec2/internetGateway:InternetGateway",
        find=tagged("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
        remove=networks.delete_gateway,
    ),
    Belonging(
        "aws:ec2/vpc:Vpc",
        find=tagged("describe_vpcs", "Vpcs", "VpcId"),
        remove=by_call("ec2", "delete_vpc", "VpcId"),
    ),
    Belonging(
        "aws:ebs/volume:Volume",
        find=networks.volumes,
        remove=networks.delete_volume,
        holds=networks.user_of,
        before="after a snapshot",
        ended_by="aws ec2 delete-volume --volume-id {}",
    ),
    Belonging(
        "aws:s3/bucket:Bucket",
        find=services.buckets,
        remove=by_call("s3", "delete_bucket", "Bucket"),
        holds=services.content,
        ended_by="aws s3 rb s3://{}, once it is empty of versions too",
    ),
    Belonging(
        "aws:sagemaker/mlflowApp:MlflowApp",
        find=services.mlflow_apps,
        holds=services.experiments,
        key=("arn",),
        ended_by="aws sagemaker delete-mlflow-app --arn {}",
    ),
)

BELONGINGS: Final[Mapping[str, Belonging]] = {row.token: row for row in _ROWS}
"""By type, in the order in which they can be removed."""
