"""Host: the EC2 machine that all open-source services of a stack share.

Cattle: state's home is the artifact bucket, the data volume is its fast copy. No SSH key, no open port, IMDSv2 only;
people come in by SSM. It has no user data, because nothing is installed at boot: services arrive by SSM association.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.base import Context, PlatformComponent, data_options
from components.shared import policies
from components.shared.contract import NetworkOutputs
from components.shared.roles import create_instance_profile, create_role
from components.shared.snapshots import create_snapshots

ROOT_GIB: Final = 24
"""Ubuntu, and two generations of a 2 GB environment while one replaces the other."""
DATA_DEVICE: Final = "/dev/sdf"


@dataclass(frozen=True, kw_only=True)
class HostArgs:
    """`snapshot_count` daily snapshots of the data volume are kept; 0 means none."""

    context: Context
    network: NetworkOutputs[Output[str]]
    instance_type: str
    ami_id: str
    data_volume_gib: int
    snapshot_count: int


@dataclass(frozen=True, kw_only=True)
class MachineOutputs:
    """`volume_id` is attached when `ready` is known: what needs the disk waits for that."""

    instance_id: Output[str]
    private_ip: Output[str]
    volume_id: Output[str]
    role_name: Output[str]


class Host(PlatformComponent[MachineOutputs]):
    """Creates role, instance, data volume, daily snapshots. Costs the instance's hours, its IPv4, both volumes."""

    def __init__(self, name: str, args: HostArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts)
        self.role = create_role(self, "host", policies.trust_service("ec2.amazonaws.com"))
        instance = self._create_instance(args)
        volume = self._create_volume(args)
        self.attachment = self._attach(instance, volume)
        if args.snapshot_count:
            create_snapshots(self, args.snapshot_count)
        self.publish(
            MachineOutputs(
                instance_id=instance.id,
                private_ip=instance.private_ip,
                volume_id=volume.id,
                role_name=self.role.name,
            )
        )

    def _create_instance(self, args: HostArgs) -> aws.ec2.Instance:
        tags = self.tags(Name=f"{self.context.naming.prefix}-host")
        return aws.ec2.Instance(
            f"{self.component_name}-instance",
            ami=args.ami_id,
            instance_type=args.instance_type,
            subnet_id=args.network.subnet_ids[0],
            vpc_security_group_ids=[args.network.host_security_group_id],
            iam_instance_profile=create_instance_profile(self, "host", self.role).name,
            associate_public_ip_address=True,
            ebs_optimized=True,
            metadata_options=aws.ec2.InstanceMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            root_block_device=aws.ec2.InstanceRootBlockDeviceArgs(
                encrypted=True, volume_type="gp3", volume_size=ROOT_GIB, tags=tags
            ),
            tags=tags,
            # The data volume can be attached to one machine only.
            opts=ResourceOptions(parent=self, delete_before_replace=True),
        )

    def _create_volume(self, args: HostArgs) -> aws.ebs.Volume:
        return aws.ebs.Volume(
            f"{self.component_name}-data",
            availability_zone=args.network.zones[0],
            size=args.data_volume_gib,
            type="gp3",
            encrypted=True,
            tags=self.tags(Name=f"{self.context.naming.prefix}-data"),
            opts=data_options(self, keep=args.context.keep_data),
        )

    def _attach(self, instance: aws.ec2.Instance, volume: aws.ebs.Volume) -> aws.ec2.VolumeAttachment:
        return aws.ec2.VolumeAttachment(
            f"{self.component_name}-attachment",
            device_name=DATA_DEVICE,
            instance_id=instance.id,
            volume_id=volume.id,
            stop_instance_before_detaching=True,
            opts=ResourceOptions(parent=self, delete_before_replace=True),
        )
