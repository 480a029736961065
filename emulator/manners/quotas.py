"""Service quotas: what an account may have of a kind, and AWS's error for one more.

moto 5.2.5 has almost none. Limits are AWS's defaults, with two exceptions in `RAISED`. Sources (read 2026-11): quota
pages of Amazon VPC, EC2, IAM ("IAM and AWS STS quotas"), S3, SNS, Systems Manager, EventBridge Scheduler and Budgets;
codes: each API's error list. A kind of the ledger has its quota in `emulator/ledger_rows.py`.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from moto.budgets.models import budgets_backends
from moto.ec2.models import ec2_backends
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.scheduler.models import scheduler_backends
from moto.sns.models import sns_backends
from moto.ssm.models import ssm_backends

from emulator.manners.rules import Request, Rule
from emulator.seam import AwsError

Count = Callable[[Request], int]

RAISED: Final = {"on-demand vCPUs": 64, "spot vCPUs": 64}
"""AWS gives a new account 5 of each and raises them with use or on request; a team that trains has asked."""


@dataclass(frozen=True)
class Quota:
    """`used` counts what is there, `adds` what the call would add."""

    name: str
    limit: int
    code: str
    operation: str
    used: Count
    adds: Count = lambda _: 1

    @property
    def in_force(self) -> int:
        return RAISED.get(self.name, self.limit)

    def check(self, call: Request) -> None:
        adds = self.adds(call)
        if adds and self.used(call) + adds > self.in_force:
            raise AwsError(self.code, f"the quota of {self.in_force} {self.name} has been reached")


def _ec2(call: Request) -> Any:
    return ec2_backends[call.account_id][call.region]


def _iam(call: Request) -> Any:
    return iam_backends[call.account_id]["aws"]


def _of_vpc(things: Iterable[Any], call: Request) -> int:
    return sum(thing.vpc_id == call.parameters["VpcId"] for thing in things)


def _subnets(call: Request) -> int:
    return _of_vpc((each for zone in _ec2(call).subnets.values() for each in zone.values()), call)


_STANDARD: Final = re.compile(r"(a|c|d|h|i|m|r|t|z)\d")
"""The families that share one quota of vCPUs; the others (G, P, Inf, Trn, X, ...) have their own, not kept here."""


def _vcpus(instance_type: str) -> int:
    known = INSTANCE_TYPES.get(instance_type, {})
    return int(known.get("VCpuInfo", {}).get("DefaultVCpus", 0)) if _STANDARD.match(instance_type) else 0


def _is_spot(parameters: Any) -> bool:
    return bool((parameters.get("InstanceMarketOptions") or {}).get("MarketType") == "spot")


def _running_vcpus(*, spot: bool) -> Count:
    def count(call: Request) -> int:
        living = [each for each in _ec2(call).all_instances() if each.state in ("pending", "running")]
        return sum(_vcpus(each.instance_type) for each in living if (each.lifecycle == "spot") == spot)

    return count


def _asked_vcpus(*, spot: bool) -> Count:
    def count(call: Request) -> int:
        if _is_spot(call.parameters) != spot:
            return 0
        return int(call.parameters.get("MinCount", 1)) * _vcpus(str(call.parameters.get("InstanceType", "m1.small")))

    return count


def _parameters(call: Request) -> int:
    return len(ssm_backends[call.account_id][call.region]._parameters)


def _is_new_parameter(call: Request) -> int:
    return int(call.parameters["Name"] not in ssm_backends[call.account_id][call.region]._parameters)


def _documents(call: Request) -> int:
    return len(ssm_backends[call.account_id][call.region]._documents)


def _schedules(call: Request) -> int:
    groups = scheduler_backends[call.account_id][call.region].schedule_groups.values()
    return sum(len(group.schedules) for group in groups)


def _topics(call: Request) -> Any:
    return sns_backends[call.account_id][call.region].topics


def _is_new_topic(call: Request) -> int:
    return int(all(topic.name != call.parameters["Name"] for topic in _topics(call).values()))


def _attached(call: Request) -> int:
    return len(_iam(call).get_role(call.parameters["RoleName"]).managed_policies)


def _buckets(call: Request) -> Any:
    return s3_backends[call.account_id]["aws"].buckets


def _is_new_bucket(call: Request) -> int:
    return int(call.parameters["Bucket"] not in _buckets(call))


def _gateway_endpoints(call: Request) -> int:
    endpoints = _ec2(call).vpc_end_points.values()
    return sum((each.vpc_endpoint_type or "Gateway") == "Gateway" and each.state != "deleted" for each in endpoints)


def _is_gateway(call: Request) -> int:
    return int(call.parameters.get("VpcEndpointType", "Gateway") == "Gateway")


QUOTAS: Final = (
    Quota("VPCs per Region", 5, "VpcLimitExceeded", "ec2:CreateVpc", lambda call: len(_ec2(call).vpcs)),
    Quota("subnets per VPC", 200, "SubnetLimitExceeded", "ec2:CreateSubnet", _subnets),
    Quota(
        *("internet gateways per Region", 5, "InternetGatewayLimitExceeded", "ec2:CreateInternetGateway"),
        lambda call: len(_ec2(call).internet_gateways),
    ),
    Quota(
        *("gateway VPC endpoints per Region", 20, "VpcEndpointLimitExceeded", "ec2:CreateVpcEndpoint"),
        _gateway_endpoints,
        _is_gateway,
    ),
    Quota(
        *("route tables per VPC", 200, "RouteTableLimitExceeded", "ec2:CreateRouteTable"),
        lambda call: _of_vpc(_ec2(call).route_tables.values(), call),
    ),
    Quota(
        *("routes per route table", 500, "RouteLimitExceeded", "ec2:CreateRoute"),
        lambda call: len(_ec2(call).get_route_table(call.parameters["RouteTableId"]).routes),
    ),
    Quota(
        *("security groups per Region", 2500, "SecurityGroupLimitExceeded", "ec2:CreateSecurityGroup"),
        lambda call: sum(len(groups) for groups in _ec2(call).groups.values()),
    ),
    Quota(
        *("on-demand vCPUs", 5, "VcpuLimitExceeded", "ec2:RunInstances"),
        _running_vcpus(spot=False),
        _asked_vcpus(spot=False),
    ),
    Quota(
        *("spot vCPUs", 5, "MaxSpotInstanceCountExceeded", "ec2:RunInstances"),
        _running_vcpus(spot=True),
        _asked_vcpus(spot=True),
    ),
    Quota("roles", 1000, "LimitExceeded", "iam:CreateRole", lambda call: len(_iam(call).roles)),
    Quota(
        *("customer managed policies", 1500, "LimitExceeded", "iam:CreatePolicy"),
        lambda call: sum(":aws:policy/" not in arn for arn in _iam(call).managed_policies),
    ),
    Quota(
        *("instance profiles", 1000, "LimitExceeded", "iam:CreateInstanceProfile"),
        lambda call: len(_iam(call).instance_profiles),
    ),
    Quota("managed policies per role", 10, "LimitExceeded", "iam:AttachRolePolicy", _attached),
    Quota("buckets", 10_000, "TooManyBuckets", "s3:CreateBucket", lambda call: len(_buckets(call)), _is_new_bucket),
    Quota("topics", 100_000, "TopicLimitExceeded", "sns:CreateTopic", lambda call: len(_topics(call)), _is_new_topic),
    Quota(
        *("standard parameters", 10_000, "ParameterLimitExceeded", "ssm:PutParameter"), _parameters, _is_new_parameter
    ),
    Quota("documents", 500, "DocumentLimitExceeded", "ssm:CreateDocument", _documents),
    Quota("schedules", 1_000_000, "ServiceQuotaExceededException", "scheduler:CreateSchedule", _schedules),
    Quota(
        *("schedule groups", 500, "ServiceQuotaExceededException", "scheduler:CreateScheduleGroup"),
        lambda call: len(scheduler_backends[call.account_id][call.region].schedule_groups),
    ),
    Quota(
        *("budgets", 20_000, "CreationLimitExceededException", "budgets:CreateBudget"),
        lambda call: len(budgets_backends[call.account_id]["aws"].budgets[call.account_id]),
    ),
)
"""moto counts the rules of a security group itself."""
RULES: Final[tuple[Rule, ...]] = tuple((quota.operation, quota.check) for quota in QUOTAS)
