"""Address ranges and ports of EC2: out of bounds they are refused, and a CIDR block loses its host bits.

moto 5.2.5 takes subnets of any size and ports in any order, keeps 10.0.0.5/24 as it came, and fails at a rule without
ports, which only TCP and UDP need. Sources: EC2 API reference, CreateSubnet, CreateRoute, SecurityGroupRule,
AuthorizeSecurityGroupIngress, CreateVolume, "Error codes"; EBS, "Volume types" (read 2026-11).
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any, Final

from moto.core.responses import BaseResponse
from moto.ec2.responses._base_response import EC2BaseResponse

from emulator.manners.rules import Request, Rule
from emulator.seam import AwsError, replace

SUBNET_BITS: Final = range(16, 29)
PORTS: Final = range(65_536)
PROTOCOLS: Final = frozenset({"tcp", "udp", "icmp", "icmpv6", "-1", *map(str, range(256))})
ALL_TYPES: Final = -1
"""Stands for both ports of a rule that has none."""
WITH_PORTS: Final = {"tcp": "TCP", "6": "TCP", "udp": "UDP", "17": "UDP"}
_DESCRIPTION: Final = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
_CIDR: Final = re.compile(r"(Destination|Source)?(Ipv6)?Cidr(Ip|Ipv4|Ipv6|Block)?")
"""Members that are a CIDR block."""


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)


def _subnet(call: Request) -> None:
    cidr = str(call.parameters.get("CidrBlock", ""))
    bits = cidr.rpartition("/")[2]
    if bits.isdigit() and int(bits) not in SUBNET_BITS:
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{cidr}' is invalid.")


def _permissions(call: Request) -> Iterator[Mapping[str, Any]]:
    """Rules of a security group, as they stand in each of the calls that make or change some."""
    if call.parameters.get("IpProtocol"):
        yield call.parameters
    yield from call.parameters.get("IpPermissions") or ()
    yield from (each.get("SecurityGroupRule") or {} for each in call.parameters.get("SecurityGroupRules") or ())


def _rule(call: Request) -> None:
    for permission in _permissions(call):
        _check_ports(str(permission.get("IpProtocol", "-1")).lower(), permission)
        for text in _descriptions(permission):
            if not _DESCRIPTION.fullmatch(text):
                allowed = "strings less than 256 characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
                raise _invalid(f"Invalid rule description. Valid descriptions are {allowed}")


def _check_ports(protocol: str, permission: Mapping[str, Any]) -> None:
    if protocol not in PROTOCOLS:
        raise _invalid(f"Invalid value '{protocol}' for IP protocol. Unknown protocol.")
    if protocol not in WITH_PORTS:
        return
    ports = [permission.get("FromPort"), permission.get("ToPort")]
    if None in ports:
        raise _invalid("Invalid value for portRange. Must specify both from and to ports with TCP/UDP.")
    first, last = map(int, ports)  # type: ignore[arg-type]
    for port in (first, last):
        if port not in PORTS:
            raise _invalid(f"TCP/UDP port ({port}) out of range")
    if first > last:
        raise _invalid(f"Invalid {WITH_PORTS[protocol]} port range ({first}:{last})")


def _descriptions(permission: Mapping[str, Any]) -> Iterator[str]:
    peers = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
    told = (each.get("Description") for peer in peers for each in permission.get(peer) or ())
    yield from (str(text) for text in (*told, permission.get("Description")) if text)


SIZES: Final = {
    "gp2": (1, 16_384),
    "gp3": (1, 65_536),
    "io1": (4, 16_384),
    "io2": (4, 65_536),
    "st1": (125, 16_384),
    "sc1": (125, 16_384),
    "standard": (1, 1024),
}
"""GiB, by type of volume."""
RATES: Final = {"gp3": (3000, 80_000), "io1": (100, 64_000), "io2": (100, 256_000)}
"""I/O operations a second, by the types that can be told them."""


def _volume(call: Request) -> None:
    kind, size, rate = (call.parameters.get(name) for name in ("VolumeType", "Size", "Iops"))
    kind = str(kind or "gp2")
    low, high = SIZES.get(kind, (1, 65_536))
    if size is not None and not low <= int(size) <= high:
        bound = f"too small; minimum is {low}GiB" if int(size) < low else f"too large; maximum is {high}GiB"
        raise _invalid(f"Volume of {size}GiB is {bound}.")
    if rate is None:
        return
    if kind not in RATES:
        raise AwsError("InvalidParameterCombination", f"The parameter iops is not supported for {kind} volumes.")
    low, high = RATES[kind]
    if not low <= int(rate) <= high:
        bound = f"too low; minimum is {low}" if int(rate) < low else f"too high; maximum is {high}"
        raise _invalid(f"Volume iops of {rate} is {bound}.")


def canonical(parameters: Any) -> None:
    """Write every CIDR block in the parameters of a call without its host bits, and what stands for no ports into a
    rule that needs none; all else stays as it is."""
    if isinstance(parameters, list):
        for value in parameters:
            canonical(value)
    elif isinstance(parameters, dict):
        for name, value in parameters.items():
            if isinstance(value, str) and _CIDR.fullmatch(name):
                parameters[name] = _without_host_bits(value)
            else:
                canonical(value)
        if "IpProtocol" in parameters and str(parameters["IpProtocol"]).lower() not in WITH_PORTS:
            parameters |= {"FromPort": ALL_TYPES, "ToPort": ALL_TYPES} | parameters


def fill_tags(parameters: Any) -> None:
    """A tag that is given no value has an empty one (EC2, "Tag restrictions")."""
    for value in parameters.values() if isinstance(parameters, dict) else parameters:
        if isinstance(value, dict) and value.keys() == {"Key"}:
            value["Value"] = ""
        elif isinstance(value, dict | list):
            fill_tags(value)


def _without_host_bits(cidr: str) -> str:
    try:
        return str(ip_network(cidr, strict=False)) if "/" in cidr else cidr
    except ValueError:
        return cidr


RULES: Final[tuple[Rule, ...]] = (
    ("ec2:CreateSubnet", _subnet),
    *((f"ec2:AuthorizeSecurityGroup{direction}", _rule) for direction in ("Ingress", "Egress")),
    ("ec2:ModifySecurityGroupRules", _rule),
    ("ec2:CreateVolume", _volume),
)


def install() -> None:
    original = BaseResponse.parse_parameters

    def parse_parameters(self: EC2BaseResponse, request: Any) -> None:
        original(self, request)
        canonical(self.params)
        if self._get_action() != "DeleteTags":  # to which a tag without a value is that of any
            fill_tags(self.params)

    replace(EC2BaseResponse, "parse_parameters", parse_parameters)
