"""What AWS makes in the background is not there at once, and using it too early is refused.

moto 5.2.5 has everything ready before it answers. Here it is in its first state for `SECONDS`, long enough that one
poll sees it and whoever does not wait is refused; AWS takes seconds to minutes. Refused is what the EC2 and Systems
Manager references say is refused (IncorrectState, InvalidDocument; read 2026-11): of a pending VPC or subnet they do
not say it. Instances take the time that their processes take (`emulator/executors`). What goes is gone at once.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_block_store import Volume, VolumeAttachment
from moto.ec2.models.internet_gateways import InternetGateway
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC, VPCEndPoint
from moto.ec2.responses import EC2Response
from moto.ssm.models import Document, ssm_backends

from emulator.manners.rules import Request, Rule
from emulator.seam import AwsError, Call, answer, replace

SECONDS: Final = 0.1
_MADE: Final = "_made_at"
_ATTACHED: Final = "_attached_at"


@dataclass(frozen=True)
class Passing:
    """A class of moto's, the attribute that tells its state, and what that says at first."""

    model: type
    attribute: str
    at_first: Callable[[Any], str]
    is_exempt: Callable[[Any], bool] = lambda _: False
    """What AWS itself made long ago."""


def _in_use_at_once(volume: Volume) -> bool:
    """A root volume is made with its instance, which is not there before it."""
    return bool(volume.attachment)


PASSING: Final = (
    Passing(VPC, "state", lambda _: "pending", lambda vpc: bool(vpc.is_default)),
    Passing(Subnet, "state", lambda _: "pending", lambda subnet: str(subnet.default_for_az).lower() == "true"),
    Passing(VPCEndPoint, "state", lambda _: "pending"),
    Passing(Volume, "status", lambda _: "creating", _in_use_at_once),
    Passing(VolumeAttachment, "status", lambda _: "attaching"),
    Passing(Document, "status", lambda document: "Creating" if document.document_version == "1" else "Updating"),
)


def is_new(thing: Any, since: str = _MADE) -> bool:
    return time.monotonic() - getattr(thing, since, 0.0) < SECONDS


def install() -> None:
    for passing in PASSING:
        _date(passing.model)
        _tell(passing)
    replace(InternetGateway, "attachments", property(_attachments))  # type: ignore[arg-type]
    answer(EC2Response, "AttachInternetGateway", _attach_gateway)


def _date(model: type) -> None:
    original: Callable[..., None] = model.__init__  # type: ignore[misc]

    def make(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.__dict__[_MADE] = time.monotonic()

    replace(model, "__init__", make)


def _tell(passing: Passing) -> None:
    """In place of the attribute a property that knows the first state, and else says what moto says."""
    name = passing.attribute
    computed = passing.model.__dict__.get(name)

    def tell(self: Any) -> Any:
        if is_new(self) and not passing.is_exempt(self):
            return passing.at_first(self)
        return computed.fget(self) if isinstance(computed, property) and computed.fget else self.__dict__[name]

    def put(self: Any, value: Any) -> None:
        self.__dict__[name] = value

    setattr(passing.model, name, property(tell, put))


def _attachments(gateway: InternetGateway) -> list[dict[str, str]]:
    if not gateway.vpc:
        return []
    state = "attaching" if is_new(gateway, _ATTACHED) else "available"
    return [{"State": state, "VpcId": gateway.vpc.id}]


def _attach_gateway(call: Call) -> None:
    call.proceed()
    gateways = ec2_backends[call.account_id][call.region].internet_gateways
    setattr(gateways[call.parameters["InternetGatewayId"]], _ATTACHED, time.monotonic())


def _use_volume(call: Request) -> None:
    volume = ec2_backends[call.account_id][call.region].volumes.get(call.parameters["VolumeId"])
    if volume is not None and volume.status == "creating":
        raise AwsError("IncorrectState", f"Volume '{volume.id}' is not 'available'.")


def _attach_to_instance(call: Request) -> None:
    instances = {each.id: each for each in ec2_backends[call.account_id][call.region].all_instances()}
    instance = instances.get(call.parameters["InstanceId"])
    if instance is not None and instance.state not in ("running", "stopped"):
        raise AwsError("IncorrectState", f"Instance '{instance.id}' is not 'running'.")


def _use_document(call: Request) -> None:
    name = call.parameters.get("DocumentName") or call.parameters.get("Name") or ""
    known = ssm_backends[call.account_id][call.region]._documents.get(name)
    if known is not None and known.get_default_version().status != "Active":
        raise AwsError("InvalidDocument", f"Document {name} is not in Active state")


RULES: Final[tuple[Rule, ...]] = (
    ("ec2:AttachVolume", _use_volume),
    ("ec2:AttachVolume", _attach_to_instance),
    ("ec2:DeleteVolume", _use_volume),
    ("ec2:ModifyVolume", _use_volume),
    ("ec2:CreateSnapshot", _use_volume),
    ("ssm:CreateAssociation", _use_document),
    ("ssm:SendCommand", _use_document),
)
