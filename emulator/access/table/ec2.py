"""EC2: machines by their tags, and all that a start of one asks for.

Source: EC2 User Guide, "Example policies to control access the Amazon EC2 API": launch templates, tags on creation,
Spot Instances; Service Authorization Reference (read 2026-11).
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from moto.core.exceptions import ServiceException
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends

from emulator.access.checks import Call, Check, Keys, Need, Rule, Table, anywhere, given, requested_tags
from emulator.access.patterns import Values
from emulator.mends.launching import merged, merged_tags, template_version

SERVICE: Final = "ec2.amazonaws.com"
TYPES: Final = {
    "ami": "image", "eni": "network-interface", "i": "instance", "igw": "internet-gateway", "lt": "launch-template",
    "rtb": "route-table", "sg": "security-group", "snap": "snapshot", "subnet": "subnet", "vol": "volume", "vpc": "vpc",
}  # fmt: skip
"""Resource type by the first letters of an id."""
WITHOUT_ACCOUNT: Final = ("image", "snapshot")


def arn(call: Call, kind: str, resource_id: str) -> str:
    account = "" if kind in WITHOUT_ACCOUNT else call.account_id
    return f"arn:aws:ec2:{call.region}:{account}:{kind}/{resource_id}"


def _backend(call: Call) -> Any:
    return ec2_backends[call.account_id][call.region]


def _tags_of(call: Call, resource_id: str) -> dict[str, Values]:
    """The tags of what is there, under both names that policies know them by."""
    tags = dict(_backend(call).tags.get(resource_id) or {})
    return {f"{prefix}:resourcetag/{key.lower()}": value for key, value in tags.items() for prefix in ("aws", "ec2")}


def instance(call: Call, instance_id: str, action: str = "") -> Check:
    keys = {**_tags_of(call, instance_id), "ec2:region": call.region}
    return Check(action, arn(call, "instance", instance_id), keys)


def _on_instances(action: str) -> Rule:
    return lambda call: [instance(call, each, action) for each in call.parameters["InstanceIds"]]


def _tag(action: str) -> Rule:
    """Tags of what exists; those given at creation are asked for there."""

    def rule(call: Call) -> Iterator[Check]:
        tags = {tag["Key"]: tag.get("Value", "") for tag in call.parameters.get("Tags") or ()}
        for resource_id in call.parameters["Resources"]:
            kind = TYPES.get(resource_id.split("-")[0], "*")
            keys = {**_tags_of(call, resource_id), **requested_tags(tags), "ec2:region": call.region}
            yield Check(action, arn(call, kind, resource_id), keys)

    return rule


INSTANCE_KEYS: Final = {"InstanceType": "ec2:instancetype", "EbsOptimized": "ec2:ebsoptimized"}
METADATA_KEYS: Final = {
    "HttpEndpoint": "ec2:metadatahttpendpoint",
    "HttpPutResponseHopLimit": "ec2:metadatahttpputresponsehoplimit",
    "HttpTokens": "ec2:metadatahttptokens",
}


@dataclass(frozen=True)
class _Launch:
    """A RunInstances with its template beneath it. `template_arn` is empty without one."""

    call: Call
    template_id: str
    wanted: Mapping[str, Any]
    tags: Mapping[str, Mapping[str, str]]
    profile: Any

    def needs(self) -> Iterator[Need]:
        if self.template_id:
            yield self._named("launch-template", self.template_id, is_of_template=False)
        yield self._named("image", self.wanted.get("ImageId", "*"), is_of_template=self._is_of_template("ImageId"))
        yield from self._network()
        yield self._made("instance", self._instance_keys())
        yield self._made("network-interface", {})
        yield self._made("volume", {})
        if "spot-instances-request" in self.tags:  # EC2 asks for it only when it is tagged
            yield self._made("spot-instances-request", {})
        yield from self._tagging()
        for role in self.profile.roles if self.profile else ():
            # EC2 starts the machine whether the role trusts it or not; its metadata then say that it does not.
            yield Check("iam:PassRole", role.arn, {"iam:passedtoservice": SERVICE})

    def _network(self) -> Iterator[Check]:
        """Subnets and groups as they are named for the instance or for its interfaces."""
        cards = self.wanted.get("NetworkInterfaces") or ()
        subnets = [self.wanted.get("SubnetId"), *(card.get("SubnetId") for card in cards)]
        groups = [
            *(self.wanted.get("SecurityGroupIds") or ()),
            *(g for card in cards for g in card.get("Groups") or ()),
        ]
        for subnet in filter(None, subnets):
            yield self._named("subnet", subnet, is_of_template=self._is_of_template("SubnetId"))
        for group in groups:
            yield self._named("security-group", group, is_of_template=self._is_of_template("SecurityGroupIds"))
        if self.wanted.get("KeyName"):
            yield self._named("key-pair", self.wanted["KeyName"], is_of_template=self._is_of_template("KeyName"))

    def _is_of_template(self, parameter: str) -> bool:
        return bool(self.template_id) and not self.call.parameters.get(parameter)

    def _named(self, kind: str, resource_id: str, *, is_of_template: bool) -> Check:
        keys = {**_tags_of(self.call, resource_id), **self._template_keys(is_of_template)}
        return Check("ec2:RunInstances", arn(self.call, kind, resource_id), keys)

    def _made(self, kind: str, keys: Keys) -> Check:
        """What comes into being has no id yet."""
        asked = {**requested_tags(self.tags.get(kind, {})), **self._template_keys(bool(self.template_id)), **keys}
        return Check("ec2:RunInstances", arn(self.call, kind, "*"), asked)

    def _template_keys(self, is_of_template: bool) -> dict[str, Values]:
        keys: dict[str, Values] = {"ec2:region": self.call.region}
        if self.template_id:
            keys["ec2:launchtemplate"] = arn(self.call, "launch-template", self.template_id)
            keys["ec2:islaunchtemplateresource"] = str(is_of_template).lower()
        return keys

    def _instance_keys(self) -> Keys:
        keys = given(self.wanted, INSTANCE_KEYS) | given(self.wanted.get("MetadataOptions") or {}, METADATA_KEYS)
        keys["ec2:instancemarkettype"] = (self.wanted.get("InstanceMarketOptions") or {}).get("MarketType", "on-demand")
        if self.profile:
            keys["ec2:instanceprofile"] = self.profile.arn
        return keys

    def _tagging(self) -> Iterator[Check]:
        for kind, tags in self.tags.items():
            keys = {**requested_tags(tags), "ec2:createaction": "RunInstances", "ec2:region": self.call.region}
            yield Check("ec2:CreateTags", arn(self.call, kind, "*"), keys)


def _run(call: Call) -> Iterator[Need]:
    reference = call.parameters.get("LaunchTemplate")
    template_id, data = "", {}
    if reference:
        template_id = reference.get("LaunchTemplateId", "*")
        with suppress(ServiceException):  # a template that is not there is RunInstances' own error
            version = template_version(_backend(call), reference)
            template_id, data = version.template.id, version.data
    wanted = merged(data, call.parameters)
    tags = {
        each["ResourceType"]: {tag["Key"]: tag["Value"] for tag in each["Tags"]}
        for each in merged_tags(list(wanted.get("TagSpecifications") or ()))
    }
    yield from _Launch(call, template_id, wanted, tags, _profile(call, wanted.get("IamInstanceProfile") or {})).needs()


def _profile(call: Call, named: Mapping[str, str]) -> Any:
    """None when no profile is named, or none of that name is there."""
    there = list(iam_backends[call.account_id]["aws"].instance_profiles.values())
    return next((each for each in there if each.arn == named.get("Arn") or each.name == named.get("Name")), None)


DESCRIBING: Final = (
    "DescribeAvailabilityZones", "DescribeImages", "DescribeInstanceStatus", "DescribeInstances",
    "DescribeLaunchTemplates", "DescribeRegions", "DescribeSecurityGroups", "DescribeSnapshots", "DescribeSubnets",
    "DescribeTags", "DescribeVolumes",
)  # fmt: skip
TABLE: Final[Table] = {
    **{operation: anywhere(f"ec2:{operation}") for operation in DESCRIBING},
    **{
        operation: _on_instances(f"ec2:{operation}")
        for operation in ("RebootInstances", "StartInstances", "StopInstances", "TerminateInstances")
    },
    "CreateTags": _tag("ec2:CreateTags"),
    "DeleteTags": _tag("ec2:DeleteTags"),
    "RunInstances": _run,
}
