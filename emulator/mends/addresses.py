"""Private addresses of emulated instances lie on loopback, so that what they serve stays on this machine.

A subnet's address keeps its last two numbers: 10.42.1.4 becomes 127.<network>.1.4, and `DescribeInstances` says the
same. <network> is chosen per emulator, so that two of them do not meet. Addresses are unique over all VPCs of the
emulator (on AWS two VPCs may use the same). An address that a caller asks for is translated likewise.
"""

import ipaddress
import socket
from typing import Any, Final

from moto.ec2.models.instances import Instance
from moto.ec2.models.subnets import Subnet

from emulator.seam import AwsError, replace

# Held for as long as the emulator runs; another emulator that finds it taken chooses another network.
CLAIM_PORT: Final = 47113
# 127.0 and its neighbours belong to the machine.
NETWORKS: Final = range(64, 251)


class Loopback:
    """The network of one emulator and who has which address in it."""

    def __init__(self) -> None:
        self._claim, self.network = _claim()
        self._taken: dict[str, Any] = {}

    def translate(self, address: str) -> str:
        return ".".join(["127", str(self.network), *address.split(".")[2:]])

    def allocate(self, subnet: Subnet, instance: Any) -> str:
        for candidate in _hosts(subnet):
            address = self.translate(str(candidate))
            if address not in self._taken:
                self._take(subnet, address, instance)
                return address
        raise AwsError("InsufficientFreeAddressesInSubnet", f"there is no free address in {subnet.id}")

    def request(self, subnet: Subnet, wanted: str, instance: Any) -> None:
        address = wanted if wanted.startswith("127.") else self.translate(wanted)
        if not wanted.startswith("127.") and ipaddress.ip_address(wanted) not in subnet.cidr:
            raise AwsError("InvalidParameterValue", f"address {wanted} does not fall within {subnet.cidr}")
        if address in self._taken:
            raise AwsError("InvalidIPAddress.InUse", f"address {wanted} is in use")
        self._take(subnet, address, instance)

    def _take(self, subnet: Subnet, address: str, instance: Any) -> None:
        self._taken[address] = instance
        subnet._subnet_ips[address] = instance

    def release(self, subnet: Subnet, address: str) -> None:
        self._taken.pop(address, None)
        subnet._subnet_ips.pop(address, None)

    def install(self) -> None:
        original = Instance.prep_nics

        def prep_nics(
            instance: Any, nic_spec: list[dict[str, Any]], private_ip: str | None = None, **rest: Any
        ) -> None:
            wanted = private_ip or next((n["PrivateIpAddress"] for n in nic_spec if n.get("PrivateIpAddress")), None)
            if wanted and not wanted.startswith("127."):
                for nic in nic_spec:
                    nic.pop("PrivateIpAddress", None)
                self._check_subnet(instance, wanted)
                wanted = self.translate(wanted)
            elif not wanted and not instance._subnet_id and not nic_spec:
                wanted = self._in_default_subnet(instance)
            original(instance, nic_spec, private_ip=wanted, **rest)

        replace(Instance, "prep_nics", prep_nics)
        replace(Subnet, "get_available_subnet_ip", lambda subnet, instance: self.allocate(subnet, instance))
        replace(Subnet, "request_ip", lambda subnet, ip, instance: self.request(subnet, ip, instance))
        replace(Subnet, "del_subnet_ip", lambda subnet, ip: self.release(subnet, ip))

    def _in_default_subnet(self, instance: Any) -> str | None:
        """moto takes any address of 10/8 for an instance without a subnet."""
        subnet = instance.ec2_backend.get_default_subnets().get(instance.availability_zone)
        return None if subnet is None else self.allocate(subnet, instance)

    def _check_subnet(self, instance: Any, wanted: str) -> None:
        subnet = instance.ec2_backend.get_subnet(instance._subnet_id) if instance._subnet_id else None
        if subnet is not None and ipaddress.ip_address(wanted) not in subnet.cidr:
            raise AwsError("InvalidParameterValue", f"address {wanted} does not fall within {subnet.cidr}")


def _hosts(subnet: Subnet) -> Any:
    """Addresses of a subnet that AWS gives out: all but the first four and the last."""
    first, last = int(subnet.cidr.network_address) + 4, int(subnet.cidr.broadcast_address)
    return (ipaddress.ip_address(number) for number in range(first, last))


def _claim() -> tuple[socket.socket, int]:
    for network in NETWORKS:
        claim = socket.socket()
        try:
            claim.bind((f"127.{network}.255.254", CLAIM_PORT))
        except OSError:
            claim.close()
            continue
        claim.listen()  # without it another could bind with SO_REUSEADDR
        return claim, network
    raise OSError(f"port {CLAIM_PORT} is taken in all of 127.{NETWORKS.start}.* to 127.{NETWORKS.stop - 1}.*")
