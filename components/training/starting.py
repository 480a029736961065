"""What a developer needs to start and end training machines: this template, these types, on spot, with this role."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from components.shared.statements import Conditions, Statement

EC2: Final = "ec2.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class Machines:
    """What may be started. `role_arn` is the machines' own role; `stack` is the tag that they bear."""

    region: str
    account_id: str
    stack: str
    template_id: str
    ami_id: str
    subnet_ids: tuple[str, ...]
    security_group_id: str
    instance_types: tuple[str, ...]
    role_arn: str

    def statements(self) -> Iterator[Statement]:
        """Five, because EC2 asks for each thing that a start uses, makes, tags and hands on."""
        template = self._arn("launch-template", self.template_id)
        from_template: Conditions = {"ArnEquals": {"ec2:LaunchTemplate": template}}
        chosen: Conditions = {
            "StringEquals": {"ec2:InstanceType": self.instance_types, "ec2:InstanceMarketType": "spot"}
        }
        yield Statement(
            sid="StartFromTemplate",
            actions=("ec2:RunInstances",),
            resources=(template, *self._used(), self._arn("volume", "*"), self._arn("network-interface", "*")),
            conditions=from_template,
        )
        yield Statement(
            sid="StartOnSpot",
            actions=("ec2:RunInstances",),
            resources=(self._arn("instance", "*"),),
            conditions={**from_template, **chosen},
        )
        yield Statement(
            sid="TagNewMachines",
            actions=("ec2:CreateTags",),
            resources=(self._arn("instance", "*"), self._arn("volume", "*")),
            conditions={"StringEquals": {"ec2:CreateAction": "RunInstances"}},
        )
        yield Statement(
            sid="PassMachinesTheirRole",
            actions=("iam:PassRole",),
            resources=(self.role_arn,),
            conditions={"StringEquals": {"iam:PassedToService": EC2}},
        )
        yield Statement(
            sid="EndMachines",
            actions=("ec2:TerminateInstances",),
            resources=(self._arn("instance", "*"),),
            conditions={
                "StringEquals": {
                    "aws:ResourceTag/mlteam:stack": self.stack,
                    "aws:ResourceTag/mlteam:component": "training",
                }
            },
        )

    def _used(self) -> Iterator[str]:
        yield f"arn:aws:ec2:{self.region}::image/{self.ami_id}"
        yield self._arn("security-group", self.security_group_id)
        yield from (self._arn("subnet", subnet_id) for subnet_id in self.subnet_ids)

    def _arn(self, kind: str, resource_id: str) -> str:
        return f"arn:aws:ec2:{self.region}:{self.account_id}:{kind}/{resource_id}"
