"""The tree of instance metadata, from moto's view of the instance (paths: EC2 user guide, read 2026-11)."""

import base64
import json
from collections.abc import Callable
from typing import Any

from moto.iam.models import iam_backends

from emulator.imds import Metadata

RoleCredentials = Callable[[Any, str], str]


def describe(machine: Any, role_credentials: RoleCredentials) -> Metadata:
    options = machine.metadata_options
    tree = {f"meta-data/{path}": text for path, text in _meta_data(machine, role_credentials).items()}
    tree["dynamic/instance-identity/document"] = _identity(machine)
    if machine.user_data:
        tree["user-data"] = base64.b64decode(str(machine.user_data)).decode(errors="replace")
    return Metadata(
        is_enabled=options.http_endpoint == "enabled",
        is_token_required=options.http_tokens == "required",
        tree=tree,
    )


def _meta_data(machine: Any, role_credentials: RoleCredentials) -> dict[str, str]:
    known = {
        "ami-id": machine.image_id,
        "ami-launch-index": str(machine.ami_launch_index),
        "hostname": machine.private_dns_name,
        "instance-id": machine.id,
        "instance-life-cycle": machine.lifecycle or "on-demand",
        "instance-type": machine.instance_type,
        "local-hostname": machine.private_dns_name,
        "local-ipv4": machine.private_ip,
        "placement/availability-zone": machine.availability_zone,
        "placement/region": machine.region_name,
        "public-ipv4": machine.public_ip,
        "security-groups": "\n".join(group.name for group in machine.security_groups),
        "services/domain": "amazonaws.com",
        "services/partition": "aws",
        **_role(machine, role_credentials),
        **_tags(machine),
    }
    return {path: text for path, text in known.items() if text}


def _tags(machine: Any) -> dict[str, str]:
    if machine.metadata_options.instance_metadata_tags != "enabled":
        return {}
    return {f"tags/instance/{tag['key']}": tag["value"] or " " for tag in machine.get_tags()}


def _role(machine: Any, role_credentials: RoleCredentials) -> dict[str, str]:
    profile_arn = (machine.iam_instance_profile or {}).get("Arn", "")
    if not profile_arn:
        return {}
    backend = iam_backends[machine.owner_id][machine.ec2_backend.partition]
    profile = next((p for p in backend.instance_profiles.values() if p.arn == profile_arn), None)
    if profile is None or not profile.roles:
        return {}
    role = profile.roles[0]
    info = {"Code": "Success", "InstanceProfileArn": profile_arn, "InstanceProfileId": profile.id}
    return {
        "iam/info": json.dumps(info),
        f"iam/security-credentials/{role.name}": role_credentials(machine, role.arn),
    }


def _identity(machine: Any) -> str:
    document = {
        "accountId": machine.owner_id,
        "architecture": machine.architecture,
        "availabilityZone": machine.availability_zone,
        "imageId": machine.image_id,
        "instanceId": machine.id,
        "instanceType": machine.instance_type,
        "privateIp": machine.private_ip,
        "region": machine.region_name,
        "version": "2017-09-30",
    }
    return json.dumps(document, indent=2)
