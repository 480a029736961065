"""What RunInstances refuses beyond botocore's model; moto 5.2.5 takes any.

Sources: EC2 API reference, RunInstances and InstanceMetadataOptionsRequest; EC2 User Guide, "Run commands at launch"
(read 2026-11).
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from emulator.manners.rules import Request, Rule
from emulator.seam import AwsError

USER_DATA_BYTES: Final = 16_384
"""Before it is coded."""
HOPS: Final = range(1, 65)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)


def _data(asked: Mapping[str, Any]) -> None:
    try:
        size = len(b64decode(str(asked.get("UserData") or ""), validate=True))
    except ValueError as error:
        raise AwsError("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data") from error
    if size > USER_DATA_BYTES:
        raise _invalid(f"User data is limited to {USER_DATA_BYTES} bytes")
    hops = (asked.get("MetadataOptions") or {}).get("HttpPutResponseHopLimit")
    if hops is not None and int(hops) not in HOPS:
        raise _invalid(f"HttpPutResponseHopLimit is {hops}; allowed: {HOPS.start} to {HOPS.stop - 1}")


def _run(call: Request) -> None:
    low, high = (int(call.parameters.get(name) or 0) for name in ("MinCount", "MaxCount"))
    if not 1 <= low <= high:
        raise _invalid(f"MinCount is {low} and MaxCount {high}; allowed: 1 <= MinCount <= MaxCount")
    _data(call.parameters)


RULES: Final[tuple[Rule, ...]] = (
    ("ec2:RunInstances", _run),
    *(
        (f"ec2:{name}", lambda call: _data(call.parameters.get("LaunchTemplateData") or {}))
        for name in (
            "CreateLaunchTemplate",
            "CreateLaunchTemplateVersion",
        )
    ),
)
