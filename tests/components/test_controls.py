"""Security controls as tests, named by the field's shared ids; each rule is shown a planted fault that it must see.

A rule takes one registered resource and says what is wrong with it. Sources: checkov (CKV), Prowler, Security Hub, CIS;
which are exempt and why: docs/decisions.md.
"""

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from emulator.access import reference
from stacks.environment import ENVIRONMENTS
from stacks.recording import Recording, Registered

Recorded = Callable[[str], Recording]
Rule = Callable[[Registered], bool]
STACKS = (*ENVIRONMENTS, "local+managed", "dev+managed")
ANYWHERE = ("0.0.0.0/0", "::/0")

BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
OWNER = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
VERSIONS = "aws:s3/bucketVersioning:BucketVersioning"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
INSTANCE = "aws:ec2/instance:Instance"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
VOLUME = "aws:ebs/volume:Volume"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"

SOURCE_ACCOUNT = (
    "scheduler.amazonaws.com",
    "dlm.amazonaws.com",
    "budgets.amazonaws.com",
    "sagemaker.amazonaws.com",
)


def statements(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["Statement"]
    return found


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def tls_only(policy: Registered) -> bool:
    return any(
        item["Effect"] == "Deny"
        and item["Principal"] == "*"
        and item["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        and len(item["Resource"]) == 2
        for item in statements(policy.inputs["policy"])
    )


def tidy(lifecycle: Registered) -> bool:
    rule = lifecycle.inputs["rules"][0]
    return bool(
        rule["status"] == "Enabled"
        and rule["abortIncompleteMultipartUpload"]["daysAfterInitiation"] <= 7
        and rule["noncurrentVersionExpiration"]["noncurrentDays"] > 0
    )


def imdsv2(machine: Registered) -> bool:
    options = machine.inputs["metadataOptions"]
    return bool(options["httpTokens"] == "required" and options["httpPutResponseHopLimit"] == 1)


def disks_encrypted(machine: Registered) -> bool:
    disks = [machine.inputs[key] for key in ("rootBlockDevice",) if key in machine.inputs]
    disks += [mapping["ebs"] for mapping in machine.inputs.get("blockDeviceMappings", [])]
    return bool(disks) and all(str(disk["encrypted"]).lower() == "true" for disk in disks)


def no_wildcard(policy: Registered) -> bool:
    """No `*`, no whole service, no `*` as resource of an action that takes one."""
    for item in statements(policy.inputs["policy"]):
        actions, resources = listed(item["Action"]), listed(item["Resource"])
        if any(action == "*" or action.endswith(":*") for action in actions) or "NotAction" in item:
            return False
        if "*" in resources and any(map(reference.resource_types, actions)):
            return False
    return True


def never_in_vain(policy: Registered) -> bool:
    """Every action exists and can be asked for on one of its statement's resources: else it allows nothing."""
    return all(
        reference.exists(action) and any(reference.takes(action, resource) for resource in listed(item["Resource"]))
        for item in statements(policy.inputs["policy"])
        for action in listed(item["Action"])
    )


def no_escalation(policy: Registered) -> bool:
    """Nothing of IAM or STS but handing one role of this stack to one service."""
    return all(
        _passes_one_role(item)
        for item in statements(policy.inputs["policy"])
        if any(action.startswith(("iam:", "sts:")) for action in listed(item["Action"]))
    )


def _passes_one_role(item: dict[str, Any]) -> bool:
    service = item.get("Condition", {}).get("StringEquals", {}).get("iam:PassedToService")
    is_ours = all("*" not in arn and ":role/mlteam-" in arn for arn in listed(item["Resource"]))
    return listed(item["Action"]) == ["iam:PassRole"] and is_ours and isinstance(service, str)


def one_trusted(role: Registered) -> bool:
    """One service, or this account; never anybody."""
    trusted = [item["Principal"] for item in statements(role.inputs["assumeRolePolicy"])]
    return len(trusted) == 1 and "*" not in json.dumps(trusted) and len(trusted[0]) == 1


def on_whose_behalf(role: Registered) -> bool:
    [item] = statements(role.inputs["assumeRolePolicy"])
    needs = item["Principal"].get("Service") in SOURCE_ACCOUNT
    return not needs or bool(item["Condition"]["StringEquals"]["aws:SourceAccount"])


def from_nowhere_in_particular(rule: Registered) -> bool:
    """An ingress rule names a group of ours, never an address range of the world's."""
    return "referencedSecurityGroupId" in rule.inputs and not any(
        rule.inputs.get(key) in ANYWHERE for key in ("cidrIpv4", "cidrIpv6")
    )


def publishers_known(policy: Registered) -> bool:
    return all(
        item["Principal"]["Service"] in ("budgets.amazonaws.com", "cloudwatch.amazonaws.com")
        and "aws:SourceAccount" in item["Condition"]["StringEquals"]
        for item in statements(policy.inputs["policy"])
    )


def allow(actions: str, resource: str, **more: object) -> str:
    statement = {"Sid": "Bad", "Effect": "Allow", "Action": actions, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(principal: object) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})


Bad = Mapping[str, Any]
CONTROLS: dict[str, tuple[str, Rule, Bad]] = {
    "CKV_AWS_53_54_55_56 S3.8 public access blocked": (
        BLOCK,
        lambda item: all(
            item.inputs[key]
            for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        ),
        {"blockPublicPolicy": False},
    ),
    "CKV2_AWS_65 S3.12 ACLs off": (
        OWNER,
        lambda item: item.inputs["rule"]["objectOwnership"] == "BucketOwnerEnforced",
        {"rule": {"objectOwnership": "ObjectWriter"}},
    ),
    "S3.5 TLS only": (POLICY, tls_only, {"policy": allow("s3:GetObject", "*", Principal="*", Condition={})}),
    "CKV_AWS_19 s3_bucket_default_encryption": (
        ENCRYPTION,
        lambda item: item.inputs["rules"][0]["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "AES256",
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "none"}}]},
    ),
    "CKV_AWS_21 S3.14 versions kept": (
        VERSIONS,
        lambda item: item.inputs["versioningConfiguration"]["status"] == "Enabled",
        {"versioningConfiguration": {"status": "Suspended"}},
    ),
    "CKV_AWS_300 S3.13 unfinished uploads and old versions go": (
        LIFECYCLE,
        tidy,
        {"rules": [{"status": "Disabled"}]},
    ),
    "s3_bucket_shadow_resource_vulnerability names carry the account": (
        BUCKET,
        lambda item: "-000000000000-" in item.inputs["bucket"],
        {"bucket": "mlteam-dev-data"},
    ),
    "CKV_AWS_79 CKV_AWS_341 EC2.8 IMDSv2 on the host": (
        INSTANCE,
        imdsv2,
        {"metadataOptions": {"httpTokens": "optional", "httpPutResponseHopLimit": 1}},
    ),
    "CKV_AWS_79 CKV_AWS_341 ec2_launch_template_imdsv2_required": (
        TEMPLATE,
        imdsv2,
        {"metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 2}},
    ),
    "CKV_AWS_8 EC2.3 disks of the host encrypted": (
        INSTANCE,
        disks_encrypted,
        {"rootBlockDevice": {"encrypted": False}},
    ),
    "CKV_AWS_8 disks of training encrypted": (
        TEMPLATE,
        disks_encrypted,
        {"blockDeviceMappings": [{"ebs": {"encrypted": "false"}}]},
    ),
    "CKV_AWS_3 EC2.3 the data volume encrypted": (
        VOLUME,
        lambda item: item.inputs["encrypted"] is True,
        {"encrypted": False},
    ),
    "CKV2_AWS_41 ec2_instance_profile_attached": (
        INSTANCE,
        lambda item: bool(item.inputs.get("iamInstanceProfile")),
        {"iamInstanceProfile": None},
    ),
    "SSM.1 no key pair": (INSTANCE, lambda item: "keyName" not in item.inputs, {"keyName": "mine"}),
    "CKV_AWS_135 EBS optimised": (INSTANCE, lambda item: item.inputs["ebsOptimized"] is True, {"ebsOptimized": False}),
    "CKV_AWS_126 no paid monitoring": (INSTANCE, lambda item: not item.inputs.get("monitoring"), {"monitoring": True}),
    "CKV_AWS_24_25_260_277 EC2.13_14_18_19 nobody from the internet": (
        INGRESS,
        from_nowhere_in_particular,
        {"cidrIpv4": "0.0.0.0/0"},
    ),
    "CKV_AWS_23 ingress rules say why": (INGRESS, lambda item: bool(item.inputs["description"]), {"description": ""}),
    "EC2.13 no rules inside a group": (
        GROUP,
        lambda item: not item.inputs.get("ingress"),
        {"ingress": [{"cidrBlocks": ["0.0.0.0/0"]}]},
    ),
    "CKV2_AWS_12 EC2.2 the default group is empty": (
        DEFAULT_GROUP,
        lambda item: not item.inputs.get("ingress") and not item.inputs.get("egress"),
        {"ingress": [{}]},
    ),
    "CKV_AWS_62_63_355 IAM.1 no star": (ROLE_POLICY, no_wildcard, {"policy": allow("s3:*", "arn:aws:s3:::b/*")}),
    "CKV_AWS_355 a star only where AWS takes nothing else": (
        ROLE_POLICY,
        no_wildcard,
        {"policy": allow("s3:GetObject", "*")},
    ),
    "CKV_AWS_286 no way up": (
        ROLE_POLICY,
        no_escalation,
        {"policy": allow("iam:PassRole", "arn:aws:iam::1:role/mlteam-dev/x")},
    ),
    "CKV_AWS_286 no role but one of ours is handed on": (
        ROLE_POLICY,
        no_escalation,
        {
            "policy": allow(
                "iam:PassRole",
                "arn:aws:iam::1:role/mlteam-dev/*",
                Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
            )
        },
    ),
    "an action that AWS has, on a resource that it takes": (
        ROLE_POLICY,
        never_in_vain,
        {"policy": allow("ssm:PutInventory", "arn:aws:ec2:us-east-1:1:instance/*")},
    ),
    "CKV_AWS_60_61 one trusted": (ROLE, one_trusted, {"assumeRolePolicy": trust("*")}),
    "iam_role_cross_service_confused_deputy_prevention": (
        ROLE,
        on_whose_behalf,
        {"assumeRolePolicy": json.dumps({"Statement": [{"Principal": {"Service": SOURCE_ACCOUNT[0]},
                                                        "Condition": {"StringEquals": {"aws:SourceAccount": ""}}}]})},
    ),
    "every role is bounded and below the stack's path": (
        ROLE,
        lambda item: bool(item.inputs.get("permissionsBoundary")) and item.inputs["path"].startswith("/mlteam-"),
        {"permissionsBoundary": None},
    ),
    "SNS.4 CKV_AWS_169 publishers known": (
        TOPIC_POLICY,
        publishers_known,
        {"policy": allow("sns:Publish", "x", Principal={"Service": "*"}, Condition={"StringEquals": {}})},
    ),
    "sns_subscription_not_using_http_endpoints": (
        SUBSCRIPTION,
        lambda item: item.inputs["protocol"] != "http",
        {"protocol": "http"},
    ),
}  # fmt: skip
SOME = {SUBSCRIPTION: ("dev", "dev+managed"), INGRESS: tuple(ENVIRONMENTS)}
"""Types that only some stacks have, and which."""


def failing(resources: list[Registered], rule: Rule) -> Iterator[str]:
    return (resource.name for resource in resources if not rule(resource))


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("control", CONTROLS)
def test_control(recorded: Recorded, control: str, stack: str) -> None:
    token, rule, _ = CONTROLS[control]
    resources = recorded(stack).of_type(token)
    assert resources or stack not in SOME.get(token, STACKS), (
        f"{stack} has no {token}: this control would prove nothing"
    )
    assert list(failing(resources, rule)) == []


@pytest.mark.parametrize("control", CONTROLS)
def test_the_control_sees_a_planted_fault(recorded: Recorded, control: str) -> None:
    token, rule, bad = CONTROLS[control]
    good = recorded(SOME.get(token, STACKS)[0]).of_type(token)[0]
    assert list(failing([dataclasses.replace(good, inputs={**good.inputs, **bad})], rule)) == [good.name]


@pytest.mark.parametrize("stack", STACKS)
def test_each_bucket_has_every_setting_once(recorded: Recorded, stack: str) -> None:
    buckets = sorted(item.inputs["bucket"] for item in recorded(stack).of_type(BUCKET))
    for token in (BLOCK, OWNER, POLICY, ENCRYPTION, VERSIONS, LIFECYCLE):
        assert sorted(item.inputs["bucket"] for item in recorded(stack).of_type(token)) == buckets, token


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_costs_by_the_hour_unasked(recorded: Recorded, stack: str) -> None:
    """No NAT gateway, no load balancer, no key of our own, no interface endpoint."""
    tokens = " ".join(item.token for item in recorded(stack).resources)
    [endpoint] = recorded(stack).of_type("aws:ec2/vpcEndpoint:VpcEndpoint")
    assert not any(word in tokens for word in ("natGateway", "loadBalancer", "aws:kms", "eks"))
    assert endpoint.inputs["vpcEndpointType"] == "Gateway"
