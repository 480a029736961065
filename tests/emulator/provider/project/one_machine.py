"""A small network with a machine; config moves it through an update in place and a replacement."""

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
vpc = aws.ec2.Vpc("net", cidr_block="10.42.0.0/16", enable_dns_hostnames=True, tags={"purpose": "test"})
subnet = aws.ec2.Subnet(
    "subnet", vpc_id=vpc.id, cidr_block="10.42.1.0/24", availability_zone="us-east-1a", map_public_ip_on_launch=True
)
group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id, description="the machine")
aws.vpc.SecurityGroupEgressRule(
    "out", security_group_id=group.id, ip_protocol="-1", cidr_ipv4="0.0.0.0/0", description="anywhere"
)
machine = aws.ec2.Instance(
    "machine",
    ami="ami-0123456789abcdef0",
    instance_type=config.get("type") or "t3.small",
    subnet_id=subnet.id,
    vpc_security_group_ids=[group.id],
    user_data=pulumi.Output.secret(config.get("userData")),
    user_data_replace_on_change=True,
    metadata_options=aws.ec2.InstanceMetadataOptionsArgs(http_tokens=config.get("tokens") or "required"),
    root_block_device=aws.ec2.InstanceRootBlockDeviceArgs(encrypted=True, volume_type="gp3", volume_size=24),
)
pulumi.export("privateIp", machine.private_ip)
pulumi.export("account", aws.get_caller_identity_output().account_id)
