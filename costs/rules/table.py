"""The one table: a type of resource -> the rule that prices it, or why it is free.

To price a new type add a row here (and its price to the CSV); docs/costs.md walks through it. A type that is not here
is refused, so a row with a wrong reason is the only way to miss a cost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from costs.case import Rule
from costs.rules import compute, machine_learning, network, operations, storage


@dataclass(frozen=True)
class Free:
    """AWS asks nothing for this type, or another line carries it; `reason` is shown to people."""

    reason: str


NETWORK: Final = Free("AWS does not charge for VPC configuration")
BUCKET_SETTING: Final = Free("a setting of a bucket; the bucket's lines carry storage and requests")
ACCESS: Final = Free("IAM is free")
SYSTEMS_MANAGER: Final = Free("Systems Manager is free on EC2 instances")
PIPELINE_SETTING: Final = Free("a setting of a pipeline or build; the runs carry the price")
SAGEMAKER_RECORD: Final = Free("a record in SageMaker; what runs from it carries the price")

FREE_NAMESPACES: Final[Mapping[str, str]] = {
    "pulumi:": "Pulumi's own bookkeeping",
    "mlteam:": "a component of this project; its children carry the price",
}

RULES: Final[Mapping[str, Rule | Free]] = {
    # network
    "aws:ec2/vpc:Vpc": NETWORK,
    "aws:ec2/subnet:Subnet": NETWORK,
    "aws:ec2/internetGateway:InternetGateway": NETWORK,
    "aws:ec2/routeTable:RouteTable": NETWORK,
    "aws:ec2/route:Route": NETWORK,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": NETWORK,
    "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": NETWORK,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": NETWORK,
    "aws:ec2/securityGroup:SecurityGroup": NETWORK,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": NETWORK,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": NETWORK,
    "aws:ec2/vpcEndpoint:VpcEndpoint": network.vpc_endpoint,
    "aws:ec2/eip:Eip": network.elastic_ip,
    "aws:ec2/eipAssociation:EipAssociation": Free("the Eip carries the price"),
    "aws:ec2/natGateway:NatGateway": network.nat_gateway,
    "aws:lb/loadBalancer:LoadBalancer": network.load_balancer,
    "aws:alb/loadBalancer:LoadBalancer": network.load_balancer,
    "aws:lb/listener:Listener": Free("the load balancer carries the price"),
    "aws:lb/targetGroup:TargetGroup": Free("the load balancer carries the price"),
    # machines and volumes
    "aws:ec2/instance:Instance": compute.instance,
    "aws:ebs/volume:Volume": compute.volume,
    "aws:ec2/volumeAttachment:VolumeAttachment": Free("the volume carries the price"),
    "aws:ec2/launchTemplate:LaunchTemplate": compute.launch_template,
    "aws:autoscaling/group:Group": Free("its launch template carries the hours"),
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": compute.snapshots,
    # storage
    "aws:s3/bucket:Bucket": storage.bucket,
    "aws:s3/bucketVersioning:BucketVersioning": BUCKET_SETTING,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": BUCKET_SETTING,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": BUCKET_SETTING,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": BUCKET_SETTING,
    "aws:s3/bucketPolicy:BucketPolicy": BUCKET_SETTING,
    "aws:s3/bucketObjectv2:BucketObjectv2": Free("kilobytes written once; inside the bucket's requests"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": storage.lifecycle,
    "aws:s3/bucketNotification:BucketNotification": storage.notification,
    "aws:s3/inventory:Inventory": storage.inventory,
    "aws:ecr/repository:Repository": storage.image_repository,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Free("the repository carries the price"),
    # access, keys, parameters
    "aws:iam/role:Role": ACCESS,
    "aws:iam/rolePolicy:RolePolicy": ACCESS,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ACCESS,
    "aws:iam/policy:Policy": ACCESS,
    "aws:iam/instanceProfile:InstanceProfile": ACCESS,
    "aws:kms/key:Key": operations.key,
    "aws:kms/alias:Alias": Free("the key carries the price"),
    "aws:secretsmanager/secret:Secret": operations.secret,
    "aws:secretsmanager/secretVersion:SecretVersion": Free("the secret carries the price"),
    "aws:ssm/document:Document": SYSTEMS_MANAGER,
    "aws:ssm/association:Association": SYSTEMS_MANAGER,
    "aws:ssm/parameter:Parameter": operations.parameter,
    # schedules, budgets, alarms, logs
    "aws:scheduler/schedule:Schedule": operations.schedule,
    "aws:scheduler/scheduleGroup:ScheduleGroup": Free("the schedules carry the price"),
    "aws:budgets/budget:Budget": operations.budget,
    "aws:budgets/budgetAction:BudgetAction": operations.budget_action,
    "aws:sns/topic:Topic": operations.topic,
    "aws:sns/topicPolicy:TopicPolicy": Free("a setting of a topic"),
    "aws:sns/topicSubscription:TopicSubscription": operations.subscription,
    "aws:cloudwatch/logGroup:LogGroup": operations.log_group,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": operations.metric_filter,
    "aws:cloudwatch/metricAlarm:MetricAlarm": operations.alarm,
    "aws:cloudwatch/dashboard:Dashboard": operations.dashboard,
    "aws:cloudwatch/eventRule:EventRule": Free("events of AWS services on the default bus are free"),
    "aws:cloudwatch/eventTarget:EventTarget": Free("what it starts carries the price"),
    # CI
    "aws:codebuild/project:Project": operations.build_project,
    "aws:codebuild/webhook:Webhook": PIPELINE_SETTING,
    "aws:codepipeline/pipeline:Pipeline": operations.pipeline,
    "aws:codeconnections/connection:Connection": PIPELINE_SETTING,
    # machine learning
    "aws:sagemaker/mlflowApp:MlflowApp": machine_learning.mlflow_app,
    "aws:sagemaker/mlflowTrackingServer:MlflowTrackingServer": machine_learning.mlflow_tracking_server,
    "aws:sagemaker/model:Model": SAGEMAKER_RECORD,
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": SAGEMAKER_RECORD,
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": machine_learning.endpoint_configuration,
    "aws:sagemaker/endpoint:Endpoint": Free("its configuration carries the price"),
    "aws:sagemaker/domain:Domain": SAGEMAKER_RECORD,
    "aws:sagemaker/userProfile:UserProfile": SAGEMAKER_RECORD,
    "aws:sagemaker/workteam:Workteam": SAGEMAKER_RECORD,
    # jobs that no resource stands for: the caller adds them to the resources that it collected
    "job:sagemaker/training": machine_learning.training_job,
    "job:sagemaker/processing": machine_learning.processing_job,
    "job:sagemaker/notebook": machine_learning.notebook_session,
    "job:sagemaker/groundTruth": machine_learning.ground_truth,
}
