"""Address ranges, ports and volumes of EC2 within their bounds."""

from typing import Any

import pytest

from emulator.manners.networks import RULES, canonical, fill_tags
from tests.emulator.manners import asking

INVALID = "InvalidParameterValue"


def refusal(operation: str, parameters: dict[str, Any]) -> str:
    return asking.refusal(RULES, "ec2", operation, parameters)


@pytest.mark.parametrize(("bits", "is_good"), [(15, False), (16, True), (28, True), (29, False)])
def test_a_subnet_is_neither_larger_nor_smaller_than_aws_makes_them(bits: int, is_good: bool) -> None:
    said = refusal("CreateSubnet", {"CidrBlock": f"10.0.0.0/{bits}"})
    assert said == ("" if is_good else f"InvalidSubnet.Range: The CIDR '10.0.0.0/{bits}' is invalid.")


@pytest.mark.parametrize(
    ("permission", "said"),
    [
        ({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}, ""),
        ({"IpProtocol": "-1"}, ""),
        ({"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1}, ""),
        ({"IpProtocol": "tcp", "FromPort": 9, "ToPort": 2}, "Invalid TCP port range (9:2)"),
        ({"IpProtocol": "17", "FromPort": 9, "ToPort": 2}, "Invalid UDP port range (9:2)"),
        ({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 65536}, "TCP/UDP port (65536) out of range"),
        ({"IpProtocol": "tcp", "FromPort": -1, "ToPort": -1}, "TCP/UDP port (-1) out of range"),
        ({"IpProtocol": "tcp"}, "Must specify both from and to ports with TCP/UDP."),
        ({"IpProtocol": "foo"}, "Invalid value 'foo' for IP protocol. Unknown protocol."),
        ({"IpProtocol": "256"}, "Invalid value '256' for IP protocol. Unknown protocol."),
        ({"IpProtocol": "-1", "IpRanges": [{"Description": "d" * 256}]}, "Invalid rule description."),
        ({"IpProtocol": "-1", "Ipv6Ranges": [{"Description": "größer"}]}, "Invalid rule description."),
        ({"IpProtocol": "-1", "Description": "tab\t"}, "Invalid rule description."),
    ],
)
def test_a_rule_has_ports_in_order_and_a_plain_description(permission: dict[str, Any], said: str) -> None:
    for operation, parameters in (
        ("AuthorizeSecurityGroupIngress", {"IpPermissions": [permission]}),
        ("AuthorizeSecurityGroupEgress", {"IpPermissions": [permission]}),
        ("AuthorizeSecurityGroupIngress", permission),
        ("ModifySecurityGroupRules", {"SecurityGroupRules": [{"SecurityGroupRule": permission}]}),
    ):
        found = refusal(operation, parameters)
        assert (found == "") is (said == "")
        assert said in found


@pytest.mark.parametrize(
    ("volume", "code"),
    [
        ({"VolumeType": "gp3", "Size": 1, "Iops": 3000}, ""),
        ({"VolumeType": "gp3", "Size": 0}, INVALID),
        ({"VolumeType": "gp3", "Size": 65_537}, INVALID),
        ({"VolumeType": "st1", "Size": 124}, INVALID),
        ({"VolumeType": "gp3", "Size": 1, "Iops": 2999}, INVALID),
        ({"VolumeType": "gp3", "Size": 1, "Iops": 80_001}, INVALID),
        ({"VolumeType": "gp2", "Size": 1, "Iops": 3000}, "InvalidParameterCombination"),
    ],
)
def test_a_volume_is_of_a_size_and_rate_that_its_type_has(volume: dict[str, Any], code: str) -> None:
    assert refusal("CreateVolume", volume).partition(":")[0] == code


def test_host_bits_of_a_block_are_dropped_wherever_it_stands_and_all_else_is_left() -> None:
    given = {
        "IpPermissions": [{"IpRanges": [{"CidrIp": "10.0.0.5/24"}], "Ipv6Ranges": [{"CidrIpv6": "2001:db8::1/32"}]}],
        "DestinationCidrBlock": "1.2.3.4/8",
        "CidrBlock": "junk",
        "PrivateIpAddress": "10.0.0.5",
        "Description": "10.0.0.5/24",
    }
    canonical(given)
    assert given == {
        "IpPermissions": [{"IpRanges": [{"CidrIp": "10.0.0.0/24"}], "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]}],
        "DestinationCidrBlock": "1.0.0.0/8",
        "CidrBlock": "junk",
        "PrivateIpAddress": "10.0.0.5",
        "Description": "10.0.0.5/24",
    }


@pytest.mark.slow
@pytest.mark.parametrize(("protocol", "told"), [("icmpv6", "icmpv6"), ("50", "50"), ("ICMP", "icmp")])
def test_only_tcp_and_udp_must_have_ports(cloud: Any, protocol: str, told: str) -> None:
    ec2 = cloud.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="portless", Description="d", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": protocol, "IpRanges": [{"CidrIp": "10.0.0.0/24"}]}
    [made] = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])["SecurityGroupRules"]
    assert (made["IpProtocol"], made["FromPort"], made["ToPort"]) == (told, -1, -1)
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[rule])
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"] == []
    ec2.delete_security_group(GroupId=group)


@pytest.mark.slow
def test_a_rule_is_told_and_found_again_without_its_host_bits(cloud: Any) -> None:
    ec2 = cloud.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="bits", Description="d", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2}
    ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[{**rule, "IpRanges": [{"CidrIp": "10.0.0.5/24"}]}]
    )
    [kept] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    assert [each["CidrIp"] for each in kept["IpRanges"]] == ["10.0.0.0/24"]
    same = [{**rule, "IpRanges": [{"CidrIp": "10.0.0.9/24"}]}]
    code, _ = cloud.refused(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=same)
    assert code == "InvalidPermission.Duplicate"
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=same)
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"] == []
    ec2.delete_security_group(GroupId=group)


def test_a_tag_without_a_value_has_an_empty_one() -> None:
    given = {"Tags": [{"Key": "a"}], "TagSpecifications": [{"Tags": [{"Key": "b"}, {"Key": "c", "Value": "d"}]}]}
    fill_tags(given)
    empty, full = {"Key": "b", "Value": ""}, {"Key": "c", "Value": "d"}
    assert given == {"Tags": [{"Key": "a", "Value": ""}], "TagSpecifications": [{"Tags": [empty, full]}]}


@pytest.mark.slow
def test_a_tag_is_set_and_taken_away_without_a_value(cloud: Any) -> None:
    ec2 = cloud.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "bare"}])
    wanted = [{"Name": "resource-id", "Values": [vpc]}, {"Name": "key", "Values": ["bare"]}]
    assert [tag["Value"] for tag in ec2.describe_tags(Filters=wanted)["Tags"]] == [""]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "bare", "Value": "full"}])
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "bare"}])
    assert ec2.describe_tags(Filters=wanted)["Tags"] == []
