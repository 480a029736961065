"""Rows of the network family of EC2: VPC, subnets, routes, security groups and their rules."""

from emulator.rows import Call, Property, Row, Tags


def ec2_tags(kind: str) -> dict[str, str]:
    """Tag parameter of an EC2 create call; not sent without tags, which AWS would refuse."""
    return {"TagSpecifications": f"_.tag_list && [{{ResourceType: '{kind}', Tags: _.tag_list}}]"}


EC2_TAGS = Tags(
    set=Call("CreateTags", {"Resources": "[_.id]", "Tags": "_.tags_set"}),
    unset=Call("DeleteTags", {"Resources": "[_.id]", "Tags": "_.tags_gone[].{Key: @}"}),
)

VPC = Row(
    "aws:ec2/vpc:Vpc",
    "ec2",
    cloudformation="AWS::EC2::VPC",
    properties={
        "cidrBlock": Property("CreateVpc.CidrBlock", replaces=True),
        "instanceTenancy": Property("CreateVpc.InstanceTenancy", replaces=True, default="default"),
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
        Call("ModifyVpcAttribute", {"VpcId": "_.id"}, per_property=True),
    ),
    read=(
        Call("DescribeVpcs", {"VpcIds": "[_.id]"}, select="Vpcs[0]"),
        Call("DescribeVpcAttribute", {"VpcId": "_.id", "Attribute": "'enableDnsSupport'"}, into="support"),
        Call("DescribeVpcAttribute", {"VpcId": "_.id", "Attribute": "'enableDnsHostnames'"}, into="hostnames"),
    ),
    update=(Call("ModifyVpcAttribute", {"VpcId": "_.id"}, per_property=True),),
    delete=(Call("DeleteVpc", {"VpcId": "_.id"}),),
    outputs={
        "arn": "format('arn:{partition}:ec2:{region}:{account}:vpc/{id}', _)",
        "ownerId": "OwnerId",
        "dhcpOptionsId": "DhcpOptionsId",
    },
    gone=("InvalidVpcID.NotFound",),
    tags=EC2_TAGS,
)

ROWS = (VPC,)
