"""RunInstances as AWS does it: the launch template's data counts.

moto 5.2.5 takes only image, type, key and groups from a template, and fails with a fault of its own on one that is not
there.
"""

from collections.abc import Mapping
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.responses import EC2Response

from emulator.seam import AwsError, Call, Record, answer

# In a template but not in RunInstances' parameters, or merged in another way.
NOT_COPIED = frozenset({"TagSpecifications", "InstanceRequirements", "RamDiskId"})


def merged(template: Mapping[str, Any], request: Mapping[str, Any]) -> Record:
    """The request with the template's data beneath it; the request's tags go over the template's."""
    below = {name: value for name, value in template.items() if name not in NOT_COPIED and value not in (None, "", [])}
    if "UserData" in below:
        below["UserData"] = str(below["UserData"])  # moto keeps an object of its own
    if "RamDiskId" in template:
        below["RamdiskId"] = template["RamDiskId"]
    if "NetworkInterfaces" in request or "NetworkInterfaces" in below:
        below.pop("SubnetId", None)
    tags = merged_tags([*template.get("TagSpecifications", ()), *request.get("TagSpecifications", ())])
    together = {**below, **request}
    return {**together, "TagSpecifications": tags} if tags else together


def merged_tags(specifications: list[Mapping[str, Any]]) -> list[Record]:
    """One specification per resource type; of two tags with one key the later counts."""
    kinds: dict[str, dict[str, str]] = {}
    for specification in specifications:
        tags = kinds.setdefault(specification["ResourceType"], {})
        tags.update({tag["Key"]: tag.get("Value", "") for tag in specification.get("Tags", ())})
    return [
        {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        for kind, tags in kinds.items()
        if kind in ("instance", "volume", "network-interface", "spot-instances-request")
    ]


def template_version(backend: Any, reference: Mapping[str, Any]) -> Any:
    """The version of a launch template that a request names by id or name."""
    try:
        return backend._get_template_from_args(reference)
    except IndexError:
        kind = "Id" if "LaunchTemplateId" in reference else "Name"
        named = reference.get(f"LaunchTemplate{kind}")
        raise AwsError(
            f"InvalidLaunchTemplate{kind}.NotFoundException", f"The specified launch template, {named}, does not exist."
        ) from None


def _run(call: Call) -> None:
    reference = call.parameters.get("LaunchTemplate")
    if reference:
        data = template_version(ec2_backends[call.account_id][call.region], reference).data
        call.parameters.update(merged(data, call.parameters))
    if not call.parameters.get("ImageId"):
        raise AwsError("MissingParameter", "The request must contain the parameter ImageId")
    call.proceed()


def install() -> None:
    answer(EC2Response, "RunInstances", _run)
