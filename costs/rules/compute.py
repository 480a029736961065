"""Instances and volumes: what runs by the hour and what is kept by the GB."""

from collections.abc import Iterator

from costs.case import Case
from costs.prices import Price
from costs.properties import Fields
from costs.records import Line
from costs.usage import HOURS_PER_MONTH

ROOT_GB = 8
"""What Ubuntu's AMIs ask for where the program says nothing; they also ask for gp3."""
INCLUDED_IOPS = 3_000
INCLUDED_MBPS = 125
DETAILED_METRICS = 7
GPU_FAMILIES = ("g", "p")
BURSTING = "no surplus CPU credits are used"


def spot_price(case: Case, instance_type: str) -> tuple[Price, list[str]]:
    """The spot row of a type, or the planning ratio of its on-demand row, marked."""
    if f"ec2.{instance_type}.spot" in case.stack.prices:
        return case.price(f"ec2.{instance_type}.spot"), []
    factor = case.price("ec2.spot.factor")
    assumed = f"spot price of {instance_type} is {factor.usd:.2f} of on demand"
    return case.price(f"ec2.{instance_type}").times(factor), [assumed]


def _volume_type(case: Case, volume: Fields, absent: str) -> tuple[str, list[str]]:
    if volume.unknown("volume_type") or volume.unknown("type"):
        return "gp3", ["volume type is gp3"]
    kind = volume.text("volume_type") or volume.text("type")
    assumed = [] if kind else [f"volume type is {absent}"]
    if (kind or absent) != "gp3":
        given = kind or f"absent, which means {absent}"
        raise case.refuse(f"volume type is {given}; only gp3 has price rows", "use gp3, or add a row and a rule")
    return "gp3", assumed


def _size_gb(volume: Fields, absent: float, what: str) -> tuple[float, list[str]]:
    size = volume.number("volume_size")
    size = volume.number("size") if size is None else size
    return (size, []) if size is not None else (absent, [f"{what} is {absent:g} GB"])


def volume_lines(case: Case, volume: Fields, what: str, *, absent_type: str, month: float = 1.0) -> Iterator[Line]:
    """One volume for `month` of a month, with what it has beyond gp3's included performance."""
    kind, assumed = _volume_type(case, volume, absent_type)
    size, unsized = _size_gb(volume, ROOT_GB, what)
    yield case.line(f"ebs.{kind}", f"{what}, {size:g} GB {kind}", size * month, [*assumed, *unsized])
    iops, mbps = volume.number("iops") or 0, volume.number("throughput") or 0
    if iops > INCLUDED_IOPS:
        yield case.line("ebs.gp3.iops_over_3000", f"{what}, IOPS over 3,000", (iops - INCLUDED_IOPS) * month)
    if mbps > INCLUDED_MBPS:
        yield case.line("ebs.gp3.mbps_over_125", f"{what}, MB/s over 125", (mbps - INCLUDED_MBPS) * month)


def _instance_price(case: Case) -> tuple[Price, str, list[str]]:
    instance_type = case.fields.text("instance_type")
    if instance_type is None:
        raise case.refuse("instance_type is not known", "give the type as a plain string")
    if case.fields.text("tenancy") not in (None, "default"):
        raise case.refuse(f"tenancy is {case.fields.text('tenancy')}", "use default tenancy, or add a row and a rule")
    assumed = [BURSTING] if instance_type.startswith("t") else []
    if case.fields.child("instance_market_options").text("market_type") == "spot":
        price, marked = spot_price(case, instance_type)
        return price, f"{instance_type} spot", [*assumed, *marked]
    return case.price(f"ec2.{instance_type}"), instance_type, assumed


def instance(case: Case) -> Iterator[Line]:
    """Its hours, a public IPv4 while it is on, its own volumes all month, detailed monitoring."""
    hours = case.usage.host_hours
    price, what, assumed = _instance_price(case)
    yield case.line(price, f"{what}, on for {hours:g} h", hours, assumed)
    public = case.fields.flag("associate_public_ip_address")
    if public is not False:
        marked = [] if public else ["the subnet gives a public IPv4"]
        yield case.line("ipv4.public", "public IPv4 while it is on", hours, marked)
    yield from volume_lines(case, case.fields.child("root_block_device"), "root volume", absent_type="gp3")
    for device in case.fields.children("ebs_block_devices"):
        yield from volume_lines(case, device, "further volume", absent_type="gp2")
    if case.fields.flag("monitoring"):
        yield case.line("cw.metric.custom", "detailed monitoring", DETAILED_METRICS)
    if case.usage.internet_egress_gb:
        yield case.line("egress.internet", "traffic to the internet", case.usage.internet_egress_gb * case.share)


def volume(case: Case) -> Iterator[Line]:
    if case.fields.number("size") is None and not case.fields.unknown("size"):
        raise case.refuse("size is absent", "give the size in GiB (a volume from a snapshot too)")
    yield from volume_lines(case, case.fields, "volume", absent_type="gp2")


def _template_types(case: Case) -> list[str]:
    """Those that the template lists, else those that the profile says its starter asks for."""
    requirements = case.fields.child("instance_requirements").texts("allowed_instance_types")
    named = case.fields.text("instance_type")
    types = [*requirements, *([named] if named else [])] or list(case.usage.training_instance_types)
    if not types:
        raise case.refuse(
            "no instance type is listed",
            "give instance_type or allowed_instance_types, or set Usage.training_instance_types",
        )
    return types


def _template_hours(case: Case, instance_type: str) -> tuple[float, str]:
    if case.component == "ci":
        return case.usage.ci_agent_hours, "CI agents"
    if instance_type.startswith(GPU_FAMILIES):
        return case.usage.gpu_training_hours, "GPU training"
    return case.usage.cpu_training_hours, "CPU training"


def launch_template(case: Case) -> Iterator[Line]:
    """What will be started from it: a month's hours at the cheapest spot price of the types that it lists."""
    offers = [(spot_price(case, name), name) for name in _template_types(case)]
    (price, assumed), cheapest = min(offers, key=lambda offer: offer[0][0].usd)
    hours, purpose = _template_hours(case, cheapest)
    if case.fields.child("instance_market_options").text("market_type") != "spot":
        assumed = [*assumed, "whoever starts an instance from the template asks for spot"]
    yield case.line(price, f"{purpose}, {cheapest} spot for {hours:g} h", hours, assumed)
    interfaces = case.fields.children("network_interfaces")
    if any(interface.flag("associate_public_ip_address") is not False for interface in interfaces) or not interfaces:
        yield case.line("ipv4.public", f"{purpose}, public IPv4", hours)
    for mapping in case.fields.children("block_device_mappings"):
        month = hours / HOURS_PER_MONTH
        yield from volume_lines(case, mapping.child("ebs"), f"{purpose}, volume", absent_type="gp2", month=month)


def snapshots(case: Case) -> Iterator[Line]:
    """DLM copies incrementally: one full copy and the changes, as a ratio of the volumes that it covers."""
    stack = case.stack
    sizes = [Fields(item.properties).number("size") or ROOT_GB for item in stack.of_type("aws:ebs/volume:Volume")]
    if "INSTANCE" in case.fields.child("policy_details").texts("resource_types"):
        for host in stack.of_type("aws:ec2/instance:Instance"):
            sizes.append(Fields(host.properties).child("root_block_device").number("volume_size") or ROOT_GB)
    ratio = case.usage.snapshot_gb_per_volume_gb
    assumed = [f"snapshots hold {ratio:g} GB per GB of volume, every volume of the stack is covered"]
    yield case.line("ebs.snapshot", f"snapshots of {sum(sizes):g} GB", sum(sizes) * ratio * case.share, assumed)
