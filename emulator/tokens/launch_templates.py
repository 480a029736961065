"""The row of a launch template: every change of its data is a new version."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from emulator.rows import SAME, Call, Kind, Property, Row
from emulator.tokens.vpc import EC2_TAGS, ec2_arn, ec2_tags

_OF_TEMPLATE: Final = {"LaunchTemplateId": "_.id"}


def _data(member: str, prop: Property = Property()) -> Property:  # noqa: B008  # frozen
    """A property of the template's data; the same member in the first and in every later version."""
    paths = (
        f"CreateLaunchTemplate.LaunchTemplateData.{member}",
        f"CreateLaunchTemplateVersion.LaunchTemplateData.{member}",
    )
    return replace(prop, to=paths, read=f"newest.LaunchTemplateData.{member}" if prop.read == SAME else prop.read)


def _block(**fields: Property) -> Property:
    return Property(fields=fields)


def _named(members: Mapping[str, str]) -> dict[str, Property]:
    return {name: Property(member) for name, member in members.items()}


def _yes_or_no(member: str) -> Property:
    """pulumi-aws has these as strings, to tell "not given" from false."""
    return Property(member, kind=Kind.TEXT)


_EBS: Final = {
    **_named(
        {
            "iops": "Iops",
            "kmsKeyId": "KmsKeyId",
            "snapshotId": "SnapshotId",
            "throughput": "Throughput",
            "volumeSize": "VolumeSize",
            "volumeType": "VolumeType",
        }
    ),
    "deleteOnTermination": _yes_or_no("DeleteOnTermination"),
    "encrypted": _yes_or_no("Encrypted"),
}
_NETWORK_INTERFACE: Final = {
    **_named(
        {
            "description": "Description",
            "deviceIndex": "DeviceIndex",
            "networkInterfaceId": "NetworkInterfaceId",
            "privateIpAddress": "PrivateIpAddress",
            "subnetId": "SubnetId",
        }
    ),
    "securityGroups": Property("Groups", unordered=True),
    "associatePublicIpAddress": _yes_or_no("AssociatePublicIpAddress"),
    "deleteOnTermination": _yes_or_no("DeleteOnTermination"),
}
_METADATA: Final = _named(
    {
        "httpEndpoint": "HttpEndpoint",
        "httpTokens": "HttpTokens",
        "httpPutResponseHopLimit": "HttpPutResponseHopLimit",
        "httpProtocolIpv6": "HttpProtocolIpv6",
        "instanceMetadataTags": "InstanceMetadataTags",
    }
)
_SPOT: Final = _named(
    {
        "blockDurationMinutes": "BlockDurationMinutes",
        "instanceInterruptionBehavior": "InstanceInterruptionBehavior",
        "maxPrice": "MaxPrice",
        "spotInstanceType": "SpotInstanceType",
    }
)

LAUNCH_TEMPLATE = Row(
    "aws:ec2/launchTemplate:LaunchTemplate",
    "ec2",
    cloudformation="AWS::EC2::LaunchTemplate",
    properties={
        "name": Property("CreateLaunchTemplate.LaunchTemplateName", replaces=True),
        "namePrefix": Property(type="string", replaces=True),
        "description": Property(
            ("CreateLaunchTemplate.VersionDescription", "CreateLaunchTemplateVersion.VersionDescription"),
            read="newest.VersionDescription",
        ),
        "updateDefaultVersion": Property(type="boolean"),
        "imageId": _data("ImageId"),
        "instanceType": _data("InstanceType"),
        "keyName": _data("KeyName"),
        "userData": _data("UserData"),
        "ebsOptimized": _data("EbsOptimized", Property(kind=Kind.TEXT)),
        "disableApiTermination": _data("DisableApiTermination"),
        "instanceInitiatedShutdownBehavior": _data("InstanceInitiatedShutdownBehavior"),
        "vpcSecurityGroupIds": _data("SecurityGroupIds", Property(unordered=True)),
        "iamInstanceProfile": _data("IamInstanceProfile", _block(**_named({"arn": "Arn", "name": "Name"}))),
        "metadataOptions": _data("MetadataOptions", Property(fields=_METADATA)),
        "monitoring": _data("Monitoring", _block(enabled=Property("Enabled"))),
        "creditSpecification": _data("CreditSpecification", _block(cpuCredits=Property("CpuCredits"))),
        "placement": _data(
            "Placement",
            _block(**_named({"availabilityZone": "AvailabilityZone", "groupName": "GroupName", "tenancy": "Tenancy"})),
        ),
        "instanceMarketOptions": _data(
            "InstanceMarketOptions",
            _block(marketType=Property("MarketType"), spotOptions=Property("SpotOptions", fields=_SPOT)),
        ),
        "blockDeviceMappings": _data(
            "BlockDeviceMappings",
            Property(
                many=True,
                fields={
                    **_named({"deviceName": "DeviceName", "noDevice": "NoDevice", "virtualName": "VirtualName"}),
                    "ebs": Property("Ebs", fields=_EBS),
                },
            ),
        ),
        "networkInterfaces": _data("NetworkInterfaces", Property(many=True, fields=_NETWORK_INTERFACE)),
        "tagSpecifications": _data(
            "TagSpecifications",
            Property(
                # moto files the template's own tags here too; AWS does not.
                read="newest.LaunchTemplateData.TagSpecifications[?ResourceType != 'launch-template']",
                many=True,
                fields={"resourceType": Property("ResourceType"), "tags": Property("Tags", kind=Kind.TAGS)},
            ),
        ),
    },
    id="LaunchTemplate.LaunchTemplateId",
    create=(Call("CreateLaunchTemplate", ec2_tags("launch-template")),),
    read=(
        Call("DescribeLaunchTemplates", {"LaunchTemplateIds": "[_.id]"}, select="LaunchTemplates[0]"),
        # moto tells a template's tags as they were when it was made.
        Call("DescribeTags", {"Filters": "[{Name: 'resource-id', Values: [_.id]}]"}, into="tagging"),
        Call(
            "DescribeLaunchTemplateVersions",
            {**_OF_TEMPLATE, "Versions": "['$Latest']"},
            select="LaunchTemplateVersions[0]",
            into="newest",
        ),
    ),
    update=(
        Call("CreateLaunchTemplateVersion", _OF_TEMPLATE),
        Call(
            "ModifyLaunchTemplate",
            {**_OF_TEMPLATE, "DefaultVersion": "text(LaunchTemplateVersion.VersionNumber)"},
            when="_.in.updateDefaultVersion && LaunchTemplateVersion",
        ),
    ),
    delete=(Call("DeleteLaunchTemplate", _OF_TEMPLATE),),
    outputs={
        "arn": ec2_arn("launch-template/{id}"),
        "latestVersion": "LatestVersionNumber",
        "defaultVersion": "DefaultVersionNumber",
    },
    volatile=("latestVersion", "defaultVersion"),
    gone=(
        "InvalidLaunchTemplateId.NotFound",
        "InvalidLaunchTemplateId.VersionNotFound",
        "InvalidLaunchTemplateName.NotFoundException",
    ),
    name="name",
    name_prefix="namePrefix",
    name_limit=128,
    tags=replace(EC2_TAGS, read="tagging.Tags"),
)

ROWS = (LAUNCH_TEMPLATE,)

# Where a row and CloudFormation differ (`emulator.agreement`).
DIFFERENCES = {
    LAUNCH_TEMPLATE.token: {
        "enum tagSpecifications.resourceType": "botocore knows newer resource types than the schema"
    },
}
