"""Attaching, detaching and changing the mapping of volumes as EC2 does it.

moto 5.2.5 attaches a volume that another instance holds, and fails on a DetachVolume that names only the volume, or one
that no instance holds. ModifyInstanceAttribute with the name `blockDeviceMapping` loses the instance its mapping.
"""

from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.responses import EC2Response

from emulator.seam import AwsError, Call, answer


def _attachment(call: Call) -> Any:
    """The volume's attachment, None without one; moto's own error for a volume that is not there."""
    return ec2_backends[call.account_id][call.region].get_volume(call.parameters["VolumeId"]).attachment


def _attach(call: Call) -> None:
    held = _attachment(call)
    if held:
        message = f"{call.parameters['VolumeId']} is already attached to an instance: {held.instance.id}"
        raise AwsError("VolumeInUse", message)
    call.proceed()


def _detach(call: Call) -> None:
    held = _attachment(call)
    if not held:
        raise AwsError("IncorrectState", f"Volume '{call.parameters['VolumeId']}' is in the 'available' state.")
    call.parameters.setdefault("InstanceId", held.instance.id)
    call.parameters.setdefault("Device", held.device)
    call.proceed()


def _change_instance(call: Call) -> None:
    if call.parameters.get("Attribute") == "blockDeviceMapping":
        del call.parameters["Attribute"]  # the mappings have a member of their own
    call.proceed()


def install() -> None:
    answer(EC2Response, "AttachVolume", _attach)
    answer(EC2Response, "DetachVolume", _detach)
    answer(EC2Response, "ModifyInstanceAttribute", _change_instance)
