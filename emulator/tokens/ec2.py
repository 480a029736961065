"""The row of an EC2 instance.

AWS splits it over many calls: launch, one per attribute, stop and start around some of them.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from emulator.rows import Call, Json, Kind, Property, Row
from emulator.tokens.vpc import EC2_TAGS, ec2_arn, is_changed

_INSTANCE: Final = "Reservations[0].Instances[0]"
_IDS: Final = {"InstanceIds": "[_.id]"}
# AWS changes these only on a stopped instance.
_NEEDS_STOP: Final = is_changed("instanceType", "userData", "ebsOptimized")
_ROOT: Final = "find(BlockDeviceMappings, 'DeviceName', RootDeviceName)"
# IAM is eventually consistent: for some seconds EC2 does not know a new instance profile.
_NOT_YET_KNOWN: Final = (("InvalidParameterValue", "Invalid IAM Instance Profile"),)
# Where the AMI is unknown (AWS itself refuses it later) the device of most Linux images serves.
_ROOT_DEVICE: Final = "_.image.RootDeviceName || '/dev/sda1'"


def _wait(state: str, **conditions: str) -> Call:
    return Call("DescribeInstances", _IDS, until=f"{_INSTANCE}.State.Name == '{state}'", **conditions)  # type: ignore[arg-type]


def _attribute(name: str, into: str, **conditions: str) -> Call:
    params = {"InstanceId": "_.id", "Attribute": f"'{name}'"}
    return Call("DescribeInstanceAttribute", params, into=into, **conditions)  # type: ignore[arg-type]


def _launched(params: dict[str, Json], known: Mapping[str, Json]) -> dict[str, Json]:
    """What AWS wants elsewhere: the public address on an interface, tags by the kind of what they are on."""
    kinds = {"instance": known["tag_map"], "volume": (known["in"].get("rootBlockDevice") or {}).get("tags")}
    tags = [
        {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}
        for kind, pairs in kinds.items()
        if pairs
    ]
    params = {**params, **({"TagSpecifications": tags} if tags else {})}
    for mapping in params.get("BlockDeviceMappings", []):  # as every AMI has it; otherwise the volume is left behind
        mapping["Ebs"] = {"DeleteOnTermination": True, **mapping["Ebs"]}
    if known["in"].get("associatePublicIpAddress") is None:
        return params
    interface = {"DeviceIndex": 0, "AssociatePublicIpAddress": known["in"]["associatePublicIpAddress"]}
    moved = {"SubnetId": "SubnetId", "SecurityGroupIds": "Groups", "PrivateIpAddress": "PrivateIpAddress"}
    interface |= {there: params.pop(here) for here, there in moved.items() if here in params}
    return {**params, "NetworkInterfaces": [interface]}


def _faults(inputs: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    if not inputs.get("ami") and not inputs.get("launchTemplate"):
        yield "ami", "is missing: an instance needs it"
    if inputs.get("userData") and inputs.get("userDataBase64"):
        yield "userDataBase64", "conflicts with userData: give one of them"


def _either(launch: str, modify: str) -> tuple[str, str]:
    return (f"RunInstances.{launch}", f"ModifyInstanceAttribute.{modify}")


_METADATA: Final = Property(
    ("RunInstances.MetadataOptions", "ModifyInstanceMetadataOptions"),
    fields={
        "httpEndpoint": Property("HttpEndpoint"),
        "httpTokens": Property("HttpTokens"),
        "httpPutResponseHopLimit": Property("HttpPutResponseHopLimit"),
        "httpProtocolIpv6": Property("HttpProtocolIpv6"),
        "instanceMetadataTags": Property("InstanceMetadataTags"),
    },
)

# A block of the launch, a volume with calls of its own afterwards.
_ROOT_BLOCK_DEVICE: Final = Property(
    "RunInstances.BlockDeviceMappings[0].Ebs",
    read="root",
    fields={
        "volumeSize": Property("VolumeSize", read="Size"),
        "volumeType": Property("VolumeType"),
        "iops": Property("Iops"),
        "throughput": Property("Throughput"),
        "encrypted": Property("Encrypted", replaces=True),
        "kmsKeyId": Property("KmsKeyId", replaces=True),
        "deleteOnTermination": Property("DeleteOnTermination", read="Attachments[0].DeleteOnTermination"),
        "deviceName": Property(type="string", read="Attachments[0].Device"),
        "volumeId": Property(type="string", read="VolumeId"),
        "tags": Property(kind=Kind.TAGS, read="Tags"),
    },
)

INSTANCE = Row(
    "aws:ec2/instance:Instance",
    "ec2",
    cloudformation="AWS::EC2::Instance",
    properties={
        "ami": Property("RunInstances.ImageId", replaces=True),
        "instanceType": Property(_either("InstanceType", "InstanceType.Value")),
        "subnetId": Property("RunInstances.SubnetId", replaces=True),
        "availabilityZone": Property("RunInstances.Placement.AvailabilityZone", replaces=True),
        "tenancy": Property("RunInstances.Placement.Tenancy", replaces=True),
        "privateIp": Property("RunInstances.PrivateIpAddress", replaces=True),
        # AWS never tells how it was asked: a stopped instance has no public address either way.
        "associatePublicIpAddress": Property(
            "RunInstances.NetworkInterfaces[0].AssociatePublicIpAddress", read=None, replaces=True
        ),
        "vpcSecurityGroupIds": Property(
            _either("SecurityGroupIds", "Groups"),
            read="(NetworkInterfaces[0].Groups || SecurityGroups)[].GroupId",
            unordered=True,
        ),
        "keyName": Property("RunInstances.KeyName", replaces=True),
        "iamInstanceProfile": Property(
            "RunInstances.IamInstanceProfile.Name",
            read="IamInstanceProfile.Arn && split('/', IamInstanceProfile.Arn)[-1]",
        ),
        "ebsOptimized": Property(_either("EbsOptimized", "EbsOptimized.Value")),
        "monitoring": Property("RunInstances.Monitoring.Enabled", read="Monitoring.State == 'enabled'", replaces=True),
        "disableApiTermination": Property(
            _either("DisableApiTermination", "DisableApiTermination.Value"),
            read="protection.DisableApiTermination.Value",
        ),
        "instanceInitiatedShutdownBehavior": Property(
            _either("InstanceInitiatedShutdownBehavior", "InstanceInitiatedShutdownBehavior.Value"),
            read="shutdown.InstanceInitiatedShutdownBehavior.Value",
            enum=("stop", "terminate"),
        ),
        "sourceDestCheck": Property("ModifyInstanceAttribute.SourceDestCheck.Value", read="SourceDestCheck"),
        "userData": Property(
            _either("UserData", "UserData.Value"),
            read="decode64(start.UserData.Value)",
            replaces_if="userDataReplaceOnChange",
        ),
        "userDataReplaceOnChange": Property(type="boolean", default=False),
        "creditSpecification": Property(
            ("RunInstances.CreditSpecification",),
            read="credit.InstanceCreditSpecifications[0]",
            replaces=True,
            fields={"cpuCredits": Property("CpuCredits", cloudformation="CPUCredits")},
        ),
        "metadataOptions": _METADATA,
        "rootBlockDevice": _ROOT_BLOCK_DEVICE,
    },
    before=(
        Call(
            "DescribeImages",
            {"ImageIds": "[_.in.ami]"},
            when="_.in.rootBlockDevice && !(_.id)",
            select="Images[0]",
            into="image",
            ignore=("InvalidAMIID.NotFound", "InvalidAMIID.Malformed"),
        ),
        Call(
            "DescribeIamInstanceProfileAssociations",
            {"Filters": "[{Name: 'instance-id', Values: [_.id]}]"},
            when=is_changed("iamInstanceProfile"),
            select="IamInstanceProfileAssociations[?State == 'associated'] | [0]",
            into="profile",
        ),
    ),
    id="Instances[0].InstanceId",
    create=(
        Call(
            "RunInstances",
            {
                "MinCount": "`1`",
                "MaxCount": "`1`",
                "BlockDeviceMappings[0].DeviceName": f"_.in.rootBlockDevice && ({_ROOT_DEVICE})",
            },
            shape=_launched,
            retry=_NOT_YET_KNOWN,
        ),
        _wait("running", fails=f"contains(['shutting-down', 'terminated'], {_INSTANCE}.State.Name)"),
        Call("ModifyInstanceAttribute", {"InstanceId": "_.id"}, only=("sourceDestCheck",)),
    ),
    read=(
        Call(
            "DescribeInstances",
            _IDS,
            select="Reservations[0].Instances[?State.Name != 'terminated' && State.Name != 'shutting-down'] | [0]",
        ),
        Call("DescribeVolumes", {"VolumeIds": f"[{_ROOT}.Ebs.VolumeId]"}, when=_ROOT, select="Volumes[0]", into="root"),
        Call(
            "DescribeInstanceCreditSpecifications",
            _IDS,
            when="starts_with(InstanceType, 't')",  # AWS has credits on burstable types only
            into="credit",
        ),
        _attribute("userData", "start"),
        _attribute("disableApiTermination", "protection"),
        _attribute("instanceInitiatedShutdownBehavior", "shutdown"),
    ),
    update=(
        Call("StopInstances", _IDS, when=_NEEDS_STOP),
        _wait("stopped", when=_NEEDS_STOP),
        Call("ModifyInstanceAttribute", {"InstanceId": "_.id"}, per_property=True),
        Call("StartInstances", _IDS, when=_NEEDS_STOP),
        _wait("running", when=_NEEDS_STOP),
        Call("ModifyInstanceMetadataOptions", {"InstanceId": "_.id"}),
        Call(
            "ReplaceIamInstanceProfileAssociation",
            {"AssociationId": "_.profile.AssociationId", "IamInstanceProfile.Name": "_.in.iamInstanceProfile"},
            when="_.profile && _.in.iamInstanceProfile",
            retry=_NOT_YET_KNOWN,
        ),
        Call(
            "AssociateIamInstanceProfile",
            {"InstanceId": "_.id", "IamInstanceProfile.Name": "_.in.iamInstanceProfile"},
            when=f"({is_changed('iamInstanceProfile')}) && !(_.profile) && _.in.iamInstanceProfile",
            retry=_NOT_YET_KNOWN,
        ),
        Call(
            "ModifyVolume",
            {
                "VolumeId": "_.state.rootBlockDevice.volumeId",
                "Size": "_.in.rootBlockDevice.volumeSize",
                "VolumeType": "_.in.rootBlockDevice.volumeType",
                "Iops": "_.in.rootBlockDevice.iops",
                "Throughput": "_.in.rootBlockDevice.throughput",
            },
            when="[_.in, _.old][].rootBlockDevice.[volumeSize, volumeType, iops, throughput] | @[0] != @[1]",
        ),
        Call(
            "CreateTags",
            {"Resources": "[_.state.rootBlockDevice.volumeId]", "Tags": "pairs(_.in.rootBlockDevice.tags)"},
            when=f"({is_changed('rootBlockDevice')}) && _.in.rootBlockDevice.tags",
        ),
    ),
    delete=(
        Call("TerminateInstances", _IDS),
        _wait("terminated"),
    ),
    outputs={
        "arn": ec2_arn("instance/{id}"),
        "instanceState": "State.Name",
        "privateDns": "PrivateDnsName",
        "publicIp": "PublicIpAddress",
        "publicDns": "PublicDnsName",
        "primaryNetworkInterfaceId": "NetworkInterfaces[0].NetworkInterfaceId",
        "instanceLifecycle": "InstanceLifecycle",
        "securityGroups": "SecurityGroups[].GroupName",
    },
    volatile=("instanceState", "publicIp", "publicDns"),
    gone=("InvalidInstanceID.NotFound",),
    check=_faults,
    tags=EC2_TAGS,
)

ROWS = (INSTANCE,)

# Where a row and CloudFormation differ (`emulator.agreement`).
_IN_PLACE: Final = "pulumi-aws stops the instance, changes it and starts it again"
DIFFERENCES = {
    INSTANCE.token: {
        "replaces instanceType": _IN_PLACE,
        "replaces ebsOptimized": _IN_PLACE,
        "replaces userData": f"{_IN_PLACE}, unless userDataReplaceOnChange is set",
        "replaces vpcSecurityGroupIds": "groups of a running instance in a VPC can change; the schema is older",
        "replaces monitoring": "stricter than pulumi-aws, which calls MonitorInstances: nothing here changes it",
        "replaces creditSpecification": "stricter than pulumi-aws, which changes it: nothing here does",
        "replaces rootBlockDevice": "pulumi-aws modifies the volume; what cannot be modified replaces by itself",
        "absent rootBlockDevice.throughput": "newer than the schema",
    },
}
