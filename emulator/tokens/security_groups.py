"""Rows of security groups and their rules.

Rules within a group (`ingress`, `egress`) are not mapped: a rule is a resource of its own.
"""

from dataclasses import replace

from emulator.rows import Call, Property, Row
from emulator.tokens.vpc import EC2_TAGS, ec2_arn, ec2_tags

_DESCRIBE = Call("DescribeSecurityGroups", {"GroupIds": "[_.id]"}, select="SecurityGroups[0]")
_OUTPUTS = {"arn": ec2_arn("security-group/{id}"), "ownerId": "OwnerId"}

SECURITY_GROUP = Row(
    "aws:ec2/securityGroup:SecurityGroup",
    "ec2",
    cloudformation="AWS::EC2::SecurityGroup",
    properties={
        "name": Property("CreateSecurityGroup.GroupName", replaces=True),
        "namePrefix": Property(type="string", replaces=True),
        "description": Property(
            "CreateSecurityGroup.Description",
            replaces=True,
            default="Managed by Pulumi",
            cloudformation="GroupDescription",
        ),
        "vpcId": Property("CreateSecurityGroup.VpcId", replaces=True),
        "revokeRulesOnDelete": Property(type="boolean", default=False),
    },
    id="GroupId",
    create=(
        Call("CreateSecurityGroup", ec2_tags("security-group")),
        # AWS allows everything out of a new group; pulumi-aws takes that back, so that only declared rules hold.
        Call(
            "RevokeSecurityGroupEgress",
            {"GroupId": "_.id", "IpPermissions": "[{IpProtocol: '-1', IpRanges: [{CidrIp: '0.0.0.0/0'}]}]"},
            ignore=("InvalidPermission.NotFound",),
        ),
    ),
    read=(_DESCRIBE,),
    delete=(Call("DeleteSecurityGroup", {"GroupId": "_.id"}),),
    outputs=_OUTPUTS,
    gone=("InvalidGroup.NotFound",),
    name="name",
    name_prefix="namePrefix",
    tags=EC2_TAGS,
)

# AWS makes it with the VPC and deletes it with the VPC: it is adopted, and emptied as pulumi-aws does.
DEFAULT_SECURITY_GROUP = Row(
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "ec2",
    properties={
        "vpcId": Property("DescribeSecurityGroups.Filters[0].Values[0]", read="VpcId", required=True, replaces=True)
    },
    id="SecurityGroups[0].GroupId",
    create=(
        Call(
            "DescribeSecurityGroups",
            {"Filters[0].Name": "'vpc-id'", "Filters[1]": "{Name: 'group-name', Values: ['default']}"},
        ),
        Call(
            "RevokeSecurityGroupIngress",
            {"GroupId": "_.id", "IpPermissions": "SecurityGroups[0].IpPermissions"},
            when="SecurityGroups[0].IpPermissions",
        ),
        Call(
            "RevokeSecurityGroupEgress",
            {"GroupId": "_.id", "IpPermissions": "SecurityGroups[0].IpPermissionsEgress"},
            when="SecurityGroups[0].IpPermissionsEgress",
        ),
    ),
    read=(_DESCRIBE,),
    outputs={**_OUTPUTS, "name": "GroupName", "description": "Description"},
    gone=("InvalidGroup.NotFound",),
    tags=replace(EC2_TAGS, after_create=True),
)


def _rule_properties(direction: str, authorize: str) -> dict[str, Property]:
    """Each goes into the call that makes the rule and into the one that changes it."""
    modify = "ModifySecurityGroupRules.SecurityGroupRules[0].SecurityGroupRule"
    permission = f"{authorize}.IpPermissions[0]"
    peer = "Source" if direction == "Ingress" else "Destination"
    return {
        "securityGroupId": Property(f"{authorize}.GroupId", required=True, replaces=True),
        "ipProtocol": Property((f"{permission}.IpProtocol", f"{modify}.IpProtocol"), read="IpProtocol", required=True),
        "fromPort": Property((f"{permission}.FromPort", f"{modify}.FromPort"), read="FromPort"),
        "toPort": Property((f"{permission}.ToPort", f"{modify}.ToPort"), read="ToPort"),
        "cidrIpv4": Property((f"{permission}.IpRanges[0].CidrIp", f"{modify}.CidrIpv4"), read="CidrIpv4"),
        "cidrIpv6": Property((f"{permission}.Ipv6Ranges[0].CidrIpv6", f"{modify}.CidrIpv6"), read="CidrIpv6"),
        "prefixListId": Property(
            (f"{permission}.PrefixListIds[0].PrefixListId", f"{modify}.PrefixListId"),
            read="PrefixListId",
            cloudformation=f"{peer}PrefixListId",
        ),
        "referencedSecurityGroupId": Property(
            (f"{permission}.UserIdGroupPairs[0].GroupId", f"{modify}.ReferencedGroupId"),
            read="ReferencedGroupInfo.GroupId",
            cloudformation=f"{peer}SecurityGroupId",
        ),
        "description": Property(f"{modify}.Description", read="Description"),
    }


def _rule(direction: str) -> Row:
    """The row of ingress or egress rules: the same but for two operations."""
    authorize = f"AuthorizeSecurityGroup{direction}"
    return Row(
        f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
        "ec2",
        cloudformation=f"AWS::EC2::SecurityGroup{direction}",
        properties=_rule_properties(direction, authorize),
        id="SecurityGroupRules[0].SecurityGroupRuleId",
        create=(
            Call(
                authorize,
                {
                    **ec2_tags("security-group-rule"),
                    # The description stands beside the one peer that the rule has.
                    "IpPermissions[0].IpRanges[0].Description": "_.in.cidrIpv4 && _.in.description",
                    "IpPermissions[0].Ipv6Ranges[0].Description": "_.in.cidrIpv6 && _.in.description",
                    "IpPermissions[0].PrefixListIds[0].Description": "_.in.prefixListId && _.in.description",
                    "IpPermissions[0].UserIdGroupPairs[0].Description": (
                        "_.in.referencedSecurityGroupId && _.in.description"
                    ),
                },
            ),
        ),
        read=(Call("DescribeSecurityGroupRules", {"SecurityGroupRuleIds": "[_.id]"}, select="SecurityGroupRules[0]"),),
        update=(
            Call(
                "ModifySecurityGroupRules",
                {"GroupId": "_.in.securityGroupId", "SecurityGroupRules[0].SecurityGroupRuleId": "_.id"},
            ),
        ),
        delete=(
            Call(
                f"RevokeSecurityGroup{direction}",
                {"GroupId": "_.state.securityGroupId", "SecurityGroupRuleIds": "[_.id]"},
            ),
        ),
        outputs={"arn": ec2_arn("security-group-rule/{id}"), "securityGroupRuleId": "SecurityGroupRuleId"},
        gone=("InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound", "InvalidGroup.NotFound"),
        tags=EC2_TAGS,
    )


INGRESS_RULE, EGRESS_RULE = _rule("Ingress"), _rule("Egress")
ROWS = (SECURITY_GROUP, DEFAULT_SECURITY_GROUP, INGRESS_RULE, EGRESS_RULE)

# Where a row and CloudFormation differ (`emulator.agreement`).
_MODIFIED = {
    f"replaces {name}": "ModifySecurityGroupRules changes a rule in place; CloudFormation does not call it"
    for name in (
        "ipProtocol",
        "fromPort",
        "toPort",
        "cidrIpv4",
        "cidrIpv6",
        "prefixListId",
        "referencedSecurityGroupId",
    )
}
DIFFERENCES = {
    SECURITY_GROUP.token: {
        "required description": "pulumi-aws fills in a description of its own",
    },
    DEFAULT_SECURITY_GROUP.token: {
        "schema": "pulumi-aws adopts the VPC's own group; CloudFormation cannot",
    },
    INGRESS_RULE.token: {
        **_MODIFIED,
        "required securityGroupId": "pulumi-aws requires it; in CloudFormation a group's name may stand for it",
    },
    EGRESS_RULE.token: _MODIFIED,
}
