"""Rows of routing: route tables, routes and associations."""

from typing import Final

from emulator.rows import Call, Property, Row
from emulator.tokens.vpc import EC2_TAGS, ec2_arn, ec2_tags

ROUTE_TABLE = Row(
    "aws:ec2/routeTable:RouteTable",
    "ec2",
    cloudformation="AWS::EC2::RouteTable",
    properties={"vpcId": Property("CreateRouteTable.VpcId", required=True, replaces=True)},
    id="RouteTable.RouteTableId",
    create=(Call("CreateRouteTable", ec2_tags("route-table")),),
    read=(Call("DescribeRouteTables", {"RouteTableIds": "[_.id]"}, select="RouteTables[0]"),),
    delete=(Call("DeleteRouteTable", {"RouteTableId": "_.id"}),),
    outputs={"arn": ec2_arn("route-table/{id}"), "ownerId": "OwnerId"},
    gone=("InvalidRouteTableID.NotFound",),
    tags=EC2_TAGS,
)

_TARGETS: Final = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
    "transitGatewayId": "TransitGatewayId",
    "egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
}
# The id is `<table>_<destination>`, the form in which pulumi-aws imports a route.
_TABLE: Final = "split('_', _.id)[0]"
_DESTINATION: Final = "split('_', _.id)[1]"

ROUTE = Row(
    "aws:ec2/route:Route",
    "ec2",
    cloudformation="AWS::EC2::Route",
    properties={
        "routeTableId": Property(
            ("CreateRoute.RouteTableId", "ReplaceRoute.RouteTableId"), read=_TABLE, required=True, replaces=True
        ),
        "destinationCidrBlock": Property(
            ("CreateRoute.DestinationCidrBlock", "ReplaceRoute.DestinationCidrBlock"), replaces=True
        ),
        "destinationIpv6CidrBlock": Property(
            ("CreateRoute.DestinationIpv6CidrBlock", "ReplaceRoute.DestinationIpv6CidrBlock"), replaces=True
        ),
        **{
            name: Property((f"CreateRoute.{member}", f"ReplaceRoute.{member}"), cloudformation=member)
            for name, member in _TARGETS.items()
        },
    },
    id="join('_', [_.in.routeTableId, _.in.destinationCidrBlock || _.in.destinationIpv6CidrBlock])",
    create=(Call("CreateRoute"),),
    read=(
        Call(
            "DescribeRouteTables",
            {"RouteTableIds": f"[{_TABLE}]"},
            select=f"find(RouteTables[0].Routes, 'DestinationCidrBlock', {_DESTINATION}) "
            f"|| find(RouteTables[0].Routes, 'DestinationIpv6CidrBlock', {_DESTINATION})",
        ),
    ),
    update=(Call("ReplaceRoute"),),
    delete=(
        Call(
            "DeleteRoute",
            {
                "RouteTableId": _TABLE,
                "DestinationCidrBlock": "_.state.destinationCidrBlock",
                "DestinationIpv6CidrBlock": "_.state.destinationIpv6CidrBlock",
            },
        ),
    ),
    outputs={"origin": "Origin", "state": "State"},
    gone=("InvalidRouteTableID.NotFound", "InvalidRoute.NotFound"),
    delete_before_replace=True,
)

# AWS's ReplaceRouteTableAssociation gives a new id, which a Pulumi update cannot: a new table is a new association.
ROUTE_TABLE_ASSOCIATION = Row(
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "ec2",
    cloudformation="AWS::EC2::SubnetRouteTableAssociation",
    properties={
        "routeTableId": Property("AssociateRouteTable.RouteTableId", required=True, replaces=True),
        "subnetId": Property("AssociateRouteTable.SubnetId", replaces=True),
        "gatewayId": Property("AssociateRouteTable.GatewayId", replaces=True),
    },
    id="AssociationId",
    create=(Call("AssociateRouteTable"),),
    read=(
        Call(
            "DescribeRouteTables",
            {"Filters": "[{Name: 'association.route-table-association-id', Values: [_.id]}]"},
            select="find(RouteTables[0].Associations, 'RouteTableAssociationId', _.id)",
        ),
    ),
    delete=(Call("DisassociateRouteTable", {"AssociationId": "_.id"}),),
    gone=("InvalidAssociationID.NotFound",),
    delete_before_replace=True,
)

ROWS = (ROUTE_TABLE, ROUTE, ROUTE_TABLE_ASSOCIATION)

# Where a row and CloudFormation differ (`emulator.agreement`).
DIFFERENCES = {
    ROUTE_TABLE_ASSOCIATION.token: {
        "required subnetId": "pulumi-aws has one type for subnets and gateways, CloudFormation two",
        "absent gatewayId": "CloudFormation has AWS::EC2::GatewayRouteTableAssociation for it",
    },
}
