"""Rows of the network: VPC, subnets, gateways and endpoints (routes and security groups have their own modules)."""

from typing import Final

from emulator.rows import Call, Kind, Property, Row, Tags


def ec2_tags(kind: str) -> dict[str, str]:
    """Tag parameter of an EC2 create call; not sent without tags, which AWS would refuse."""
    return {"TagSpecifications": f"_.tag_list && [{{ResourceType: '{kind}', Tags: _.tag_list}}]"}


def ec2_arn(path: str) -> str:
    """Expression for the ARN of an EC2 resource; `path` such as `vpc/{id}`."""
    return f"format('arn:{{partition}}:ec2:{{region}}:{{account}}:{path}', _)"


def is_changed(*names: str) -> str:
    """Expression that is true in an update of one of the properties."""
    return " || ".join(f"contains(_.changed, '{name}')" for name in names)


EC2_TAGS: Final = Tags(
    set=Call("CreateTags", {"Resources": "[_.id]", "Tags": "_.tags_set"}),
    unset=Call("DeleteTags", {"Resources": "[_.id]", "Tags": "_.tags_gone[].{Key: @}"}),
)

_VPC_ATTRIBUTES = Call("ModifyVpcAttribute", {"VpcId": "_.id"}, per_property=True)
_SUBNET_ATTRIBUTES = Call("ModifySubnetAttribute", {"SubnetId": "_.id"}, per_property=True)


def _filed(operation: str, into: str, **filters: str) -> Call:
    """A describe call for what belongs to the VPC, by filters of AWS's names (`_` for `-`)."""
    names = {name.replace("__", ".").replace("_", "-"): value for name, value in filters.items()}
    listed = ", ".join(f"{{Name: '{name}', Values: ['{value}']}}" for name, value in names.items())
    return Call(operation, {"Filters": f"[{{Name: 'vpc-id', Values: [_.id]}}, {listed}]"}, into=into)


VPC = Row(
    "aws:ec2/vpc:Vpc",
    "ec2",
    cloudformation="AWS::EC2::VPC",
    properties={
        "cidrBlock": Property("CreateVpc.CidrBlock", replaces=True),
        "instanceTenancy": Property("CreateVpc.InstanceTenancy", default="default"),
        "enableDnsSupport": Property(
            "ModifyVpcAttribute.EnableDnsSupport.Value", read="support.EnableDnsSupport.Value", default=True
        ),
        "enableDnsHostnames": Property(
            "ModifyVpcAttribute.EnableDnsHostnames.Value", read="hostnames.EnableDnsHostnames.Value"
        ),
    },
    id="Vpc.VpcId",
    create=(
        Call("CreateVpc", ec2_tags("vpc")),
        Call("DescribeVpcs", {"VpcIds": "[_.id]"}, until="Vpcs[0].State == 'available'"),
        _VPC_ATTRIBUTES,
    ),
    read=(
        Call("DescribeVpcs", {"VpcIds": "[_.id]"}, select="Vpcs[0]"),
        Call("DescribeVpcAttribute", {"VpcId": "_.id", "Attribute": "'enableDnsSupport'"}, into="support"),
        Call("DescribeVpcAttribute", {"VpcId": "_.id", "Attribute": "'enableDnsHostnames'"}, into="hostnames"),
        _filed("DescribeRouteTables", "tables", association__main="true"),
        _filed("DescribeSecurityGroups", "groups", group_name="default"),
        _filed("DescribeNetworkAcls", "acls", default="true"),
    ),
    update=(_VPC_ATTRIBUTES,),
    delete=(Call("DeleteVpc", {"VpcId": "_.id"}),),
    outputs={
        "arn": ec2_arn("vpc/{id}"),
        "ownerId": "OwnerId",
        "dhcpOptionsId": "DhcpOptionsId",
        "mainRouteTableId": "tables.RouteTables[0].RouteTableId",
        "defaultRouteTableId": "tables.RouteTables[0].RouteTableId",
        "defaultSecurityGroupId": "groups.SecurityGroups[0].GroupId",
        "defaultNetworkAclId": "acls.NetworkAcls[0].NetworkAclId",
    },
    gone=("InvalidVpcID.NotFound",),
    tags=EC2_TAGS,
)

SUBNET = Row(
    "aws:ec2/subnet:Subnet",
    "ec2",
    cloudformation="AWS::EC2::Subnet",
    properties={
        "vpcId": Property("CreateSubnet.VpcId", required=True, replaces=True),
        "cidrBlock": Property("CreateSubnet.CidrBlock", replaces=True),
        "availabilityZone": Property("CreateSubnet.AvailabilityZone", replaces=True),
        "availabilityZoneId": Property("CreateSubnet.AvailabilityZoneId", replaces=True),
        "mapPublicIpOnLaunch": Property("ModifySubnetAttribute.MapPublicIpOnLaunch.Value", read="MapPublicIpOnLaunch"),
    },
    id="Subnet.SubnetId",
    create=(
        Call("CreateSubnet", ec2_tags("subnet")),
        Call("DescribeSubnets", {"SubnetIds": "[_.id]"}, until="Subnets[0].State == 'available'"),
        _SUBNET_ATTRIBUTES,
    ),
    read=(Call("DescribeSubnets", {"SubnetIds": "[_.id]"}, select="Subnets[0]"),),
    update=(_SUBNET_ATTRIBUTES,),
    delete=(Call("DeleteSubnet", {"SubnetId": "_.id"}),),
    outputs={"arn": ec2_arn("subnet/{id}"), "ownerId": "OwnerId"},
    gone=("InvalidSubnetID.NotFound",),
    tags=EC2_TAGS,
)

_GATEWAY_IDS: Final = {"InternetGatewayIds": "[_.id]"}
_ATTACHED: Final = "!(InternetGateways[0].Attachments) || InternetGateways[0].Attachments[0].State == 'available'"
_DETACH = Call(
    "DetachInternetGateway",
    {"InternetGatewayId": "_.id", "VpcId": "_.state.vpcId"},
    when=f"_.state.vpcId && ({is_changed('vpcId')} || !(_.in.vpcId))",
    ignore=("Gateway.NotAttached",),
)

INTERNET_GATEWAY = Row(
    "aws:ec2/internetGateway:InternetGateway",
    "ec2",
    cloudformation="AWS::EC2::InternetGateway",
    properties={"vpcId": Property("AttachInternetGateway.VpcId", read="Attachments[0].VpcId")},
    id="InternetGateway.InternetGatewayId",
    create=(
        Call("CreateInternetGateway", ec2_tags("internet-gateway")),
        Call("AttachInternetGateway", {"InternetGatewayId": "_.id"}),
        Call("DescribeInternetGateways", _GATEWAY_IDS, until=_ATTACHED),
    ),
    read=(Call("DescribeInternetGateways", _GATEWAY_IDS, select="InternetGateways[0]"),),
    update=(
        _DETACH,
        Call("AttachInternetGateway", {"InternetGatewayId": "_.id"}, when=f"_.in.vpcId && ({is_changed('vpcId')})"),
    ),
    delete=(
        Call(
            "DetachInternetGateway",
            {"InternetGatewayId": "_.id", "VpcId": "_.state.vpcId"},
            when="_.state.vpcId",
            ignore=("Gateway.NotAttached",),
        ),
        Call("DeleteInternetGateway", {"InternetGatewayId": "_.id"}),
    ),
    outputs={"arn": ec2_arn("internet-gateway/{id}"), "ownerId": "OwnerId"},
    gone=("InvalidInternetGatewayID.NotFound",),
    tags=EC2_TAGS,
)

VPC_ENDPOINT = Row(
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "ec2",
    cloudformation="AWS::EC2::VPCEndpoint",
    properties={
        "vpcId": Property("CreateVpcEndpoint.VpcId", required=True, replaces=True),
        "serviceName": Property("CreateVpcEndpoint.ServiceName", required=True, replaces=True),
        "vpcEndpointType": Property("CreateVpcEndpoint.VpcEndpointType", replaces=True, default="Gateway"),
        "routeTableIds": Property("CreateVpcEndpoint.RouteTableIds", unordered=True),
        "subnetIds": Property("CreateVpcEndpoint.SubnetIds", unordered=True),
        "securityGroupIds": Property("CreateVpcEndpoint.SecurityGroupIds", read="Groups[].GroupId", unordered=True),
        "privateDnsEnabled": Property(("CreateVpcEndpoint.PrivateDnsEnabled", "ModifyVpcEndpoint.PrivateDnsEnabled")),
        "policy": Property(
            ("CreateVpcEndpoint.PolicyDocument", "ModifyVpcEndpoint.PolicyDocument"),
            kind=Kind.POLICY,
            cloudformation="PolicyDocument",
        ),
    },
    id="VpcEndpoint.VpcEndpointId",
    create=(
        # botocore fills in the client tokens of other operations; pulumi-aws fills in this one too.
        Call("CreateVpcEndpoint", {**ec2_tags("vpc-endpoint"), "ClientToken": "_.token"}),
        Call("DescribeVpcEndpoints", {"VpcEndpointIds": "[_.id]"}, until="VpcEndpoints[0].State == 'available'"),
    ),
    read=(
        Call(
            "DescribeVpcEndpoints",
            {"VpcEndpointIds": "[_.id]"},
            select="VpcEndpoints[?State != 'deleted' && State != 'deleting'] | [0]",
        ),
        Call(
            "DescribePrefixLists",
            {"Filters": "[{Name: 'prefix-list-name', Values: [ServiceName]}]"},
            when="VpcEndpointType == 'Gateway'",
            into="lists",
        ),
    ),
    update=(
        Call(
            "ModifyVpcEndpoint",
            {
                "VpcEndpointId": "_.id",
                "AddRouteTableIds": "_.added.routeTableIds",
                "RemoveRouteTableIds": "_.removed.routeTableIds",
                "AddSubnetIds": "_.added.subnetIds",
                "RemoveSubnetIds": "_.removed.subnetIds",
                "AddSecurityGroupIds": "_.added.securityGroupIds",
                "RemoveSecurityGroupIds": "_.removed.securityGroupIds",
            },
            when=is_changed("routeTableIds", "subnetIds", "securityGroupIds", "privateDnsEnabled", "policy"),
        ),
    ),
    delete=(Call("DeleteVpcEndpoints", {"VpcEndpointIds": "[_.id]"}),),
    outputs={
        "arn": ec2_arn("vpc-endpoint/{id}"),
        "ownerId": "OwnerId",
        "state": "State",
        "requesterManaged": "RequesterManaged",
        "networkInterfaceIds": "NetworkInterfaceIds",
        "prefixListId": "lists.PrefixLists[0].PrefixListId",
        "cidrBlocks": "lists.PrefixLists[0].Cidrs",
    },
    # The second is moto's when a deleted endpoint is deleted again: it looks for the routes.
    gone=("InvalidVpcEndpointId.NotFound", "InvalidRoute.NotFound"),
    tags=EC2_TAGS,
)

ROWS = (VPC, SUBNET, INTERNET_GATEWAY, VPC_ENDPOINT)

# Where a row and CloudFormation differ (`emulator.agreement`).
DIFFERENCES = {
    VPC.token: {"replaces instanceTenancy": "pulumi-aws changes dedicated to default in place"},
    INTERNET_GATEWAY.token: {"absent vpcId": "CloudFormation has AWS::EC2::VPCGatewayAttachment for it"},
    VPC_ENDPOINT.token: {"required serviceName": "pulumi-aws requires it; only endpoints of VPC Lattice have none"},
}
