"""Rows of EBS: volumes and their attachments."""

from typing import Final

from emulator.rows import Call, Property, Row
from emulator.tokens.vpc import EC2_TAGS, ec2_arn, ec2_tags

_VOLUME_IDS: Final = {"VolumeIds": "[_.id]"}


def _both(member: str) -> tuple[str, str]:
    return (f"CreateVolume.{member}", f"ModifyVolume.{member}")


VOLUME = Row(
    "aws:ebs/volume:Volume",
    "ec2",
    cloudformation="AWS::EC2::Volume",
    properties={
        "availabilityZone": Property("CreateVolume.AvailabilityZone", required=True, replaces=True),
        "size": Property(_both("Size")),
        "type": Property(_both("VolumeType")),
        "iops": Property(_both("Iops")),
        "throughput": Property(_both("Throughput")),
        "encrypted": Property("CreateVolume.Encrypted", replaces=True),
        "kmsKeyId": Property("CreateVolume.KmsKeyId", replaces=True),
        "snapshotId": Property("CreateVolume.SnapshotId", replaces=True),
        "multiAttachEnabled": Property(_both("MultiAttachEnabled")),
    },
    id="VolumeId",
    create=(
        Call("CreateVolume", ec2_tags("volume")),
        Call("DescribeVolumes", _VOLUME_IDS, until="Volumes[0].State == 'available'"),
    ),
    read=(Call("DescribeVolumes", _VOLUME_IDS, select="Volumes[0]"),),
    update=(Call("ModifyVolume", {"VolumeId": "_.id"}),),
    delete=(Call("DeleteVolume", {"VolumeId": "_.id"}),),
    outputs={"arn": ec2_arn("volume/{id}"), "createTime": "CreateTime"},
    gone=("InvalidVolume.NotFound",),
    tags=EC2_TAGS,
)

# The id is `<device>:<volume>:<instance>`, the form in which pulumi-aws imports it.
_DEVICE: Final = "split(':', _.id)[0]"
_VOLUME: Final = "split(':', _.id)[1]"
_INSTANCE: Final = "split(':', _.id)[2]"
_OF_VOLUME: Final = {"VolumeIds": f"[{_VOLUME}]"}

VOLUME_ATTACHMENT = Row(
    "aws:ec2/volumeAttachment:VolumeAttachment",
    "ec2",
    cloudformation="AWS::EC2::VolumeAttachment",
    properties={
        "deviceName": Property("AttachVolume.Device", required=True, replaces=True),
        "instanceId": Property("AttachVolume.InstanceId", required=True, replaces=True),
        "volumeId": Property("AttachVolume.VolumeId", required=True, replaces=True),
        "forceDetach": Property(type="boolean"),
        "skipDestroy": Property(type="boolean"),
        "stopInstanceBeforeDetaching": Property(type="boolean"),
    },
    id="join(':', [_.in.deviceName, _.in.volumeId, _.in.instanceId])",
    # pulumi-aws looks first, and takes an attachment that is there already for its own.
    before=(
        Call(
            "DescribeVolumes",
            {"VolumeIds": "[_.in.volumeId]"},
            when="!(_.id)",
            select="Volumes[0].Attachments[].[Device, InstanceId]",
            into="attached",
        ),
    ),
    create=(
        Call("AttachVolume", when="!(contains(_.attached || `[]`, [_.in.deviceName, _.in.instanceId]))"),
        Call("DescribeVolumes", _OF_VOLUME, until="Volumes[0].Attachments[0].State == 'attached'"),
    ),
    read=(Call("DescribeVolumes", _OF_VOLUME, select=f"find(Volumes[0].Attachments, 'InstanceId', {_INSTANCE})"),),
    delete=(
        Call("StopInstances", {"InstanceIds": f"[{_INSTANCE}]"}, when="_.in.stopInstanceBeforeDetaching"),
        Call(
            "DescribeInstances",
            {"InstanceIds": f"[{_INSTANCE}]"},
            when="_.in.stopInstanceBeforeDetaching",
            until="contains(['stopped', 'terminated'], Reservations[0].Instances[0].State.Name)",
        ),
        Call(
            "DetachVolume",
            {"VolumeId": _VOLUME, "InstanceId": _INSTANCE, "Device": _DEVICE, "Force": "_.in.forceDetach"},
            when="!(_.in.skipDestroy)",
        ),
        Call("DescribeVolumes", _OF_VOLUME, when="!(_.in.skipDestroy)", until="Volumes[0].State == 'available'"),
    ),
    gone=("InvalidVolume.NotFound", "InvalidInstanceID.NotFound", "IncorrectState", "InvalidAttachment.NotFound"),
    delete_before_replace=True,
)

ROWS = (VOLUME, VOLUME_ATTACHMENT)

# Where a row and CloudFormation differ (`emulator.agreement`).
_OTHER_DISK: Final = "another disk in any case; CloudFormation refuses the update instead of replacing"
DIFFERENCES = {
    VOLUME.token: {
        "required availabilityZone": "pulumi-aws requires it; the API may take the zone's id for it",
        "replaces availabilityZone": _OTHER_DISK,
        "replaces encrypted": _OTHER_DISK,
        "replaces kmsKeyId": _OTHER_DISK,
        "replaces snapshotId": _OTHER_DISK,
    },
    VOLUME_ATTACHMENT.token: {"required deviceName": "the API requires it, the schema forgot to"},
}
