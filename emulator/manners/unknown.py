"""What does not exist, where moto 5.2.5 answers 500: uploads, budgets, a profile's role, security groups by name,
versions, filters, ARNs that are none, pages that nobody told of.

Sources: API references of S3, Budgets, SNS, EC2, IAM and Systems Manager (read 2026-11).
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from moto.budgets.models import budgets_backends
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupBackend, SecurityGroupRule
from moto.ec2.responses.instances import InstanceResponse
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends

from emulator.engine import shapes
from emulator.manners.lifecycles import MALFORMED
from emulator.manners.rules import Check, Request, Rule
from emulator.seam import AwsError, replace

ARNS: Final = ("ResourceArn", "SubscriptionArn", "TopicArn")
PENDING: Final = "PendingConfirmation"
"""Stands for the ARN of a subscription that is not confirmed."""
_OF_SNS: Final = re.compile(r"arn:aws:sns:[a-z0-9-]+:\d{12}:.+")
PAGES: Final = {
    "ec2:DescribeIamInstanceProfileAssociations": ("NextToken", "InvalidNextToken"),
    "ec2:DescribeLaunchTemplateVersions": ("NextToken", "InvalidNextToken"),
    "iam:ListAttachedRolePolicies": ("Marker", "ValidationError"),
    "iam:ListRoles": ("Marker", "ValidationError"),
    "ssm:DescribeInstanceInformation": ("NextToken", "InvalidNextToken"),
    "ssm:DescribeParameters": ("NextToken", "InvalidNextToken"),
    "ssm:ListCommandInvocations": ("NextToken", "InvalidNextToken"),
    "ssm:ListCommands": ("NextToken", "InvalidNextToken"),
}
"""Operation -> the member that names a page, a number of moto's, and the code for another."""
FEWEST_INSTANCES: Final = 5
"""Of a page of DescribeInstances."""
VERSIONS: Final = ("$Default", "$Latest")


def _upload(call: Request) -> None:
    bucket: Any = s3_backends[call.account_id]["aws"].get_bucket(call.parameters["Bucket"])
    if call.parameters.get("UploadId") not in bucket.multiparts:
        why = "The upload ID may be invalid, or the upload may have been aborted or completed."
        raise AwsError("NoSuchUpload", f"The specified upload does not exist. {why}")


def _object(call: Request) -> None:
    store: Any = s3_backends[call.account_id]["aws"]
    if store.get_object(call.parameters["Bucket"], call.parameters["Key"], call.parameters.get("VersionId")) is None:
        raise AwsError("NoSuchKey", "The specified key does not exist.")


def _continuation(call: Request) -> None:
    token: Any = call.parameters.get("ContinuationToken")
    if token and token not in s3_backends[call.account_id]["aws"]._pagination_tokens:
        raise AwsError("InvalidArgument", "The continuation token provided is incorrect")


def _lifecycle(call: Request) -> None:
    if not call.parameters.get("LifecycleConfiguration"):
        raise AwsError(*MALFORMED)


def _budget(call: Request) -> None:
    name = call.parameters["BudgetName"]
    if name not in budgets_backends[call.account_id]["aws"].budgets[call.account_id]:
        raise AwsError("NotFoundException", f"Unable to get budget: {name} - the budget doesn't exist.")


def _arn(member: str) -> Check:
    def check(call: Request) -> None:
        arn = str(call.parameters.get(member, PENDING))
        if arn == PENDING or _OF_SNS.fullmatch(arn):
            return
        parts = arn.count(":") + 1
        why = f"An ARN must have at least 6 elements, not {parts}" if parts < 6 else f"Invalid ARN {arn}"
        raise AwsError("InvalidParameter", f"Invalid parameter: {member} Reason: {why}")

    return check


def _sns() -> Iterator[Rule]:
    """Of every operation that is about something by its ARN."""
    model = shapes.service_model("sns")
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        yield from ((f"sns:{name}", _arn(member)) for member in ARNS if shape and member in shape.members)


def _page(member: str, code: str) -> Check:
    def check(call: Request) -> None:
        page = call.parameters.get(member)
        if page is not None and not str(page).isdigit():
            raise AwsError(code, f"The value {page!r} of {member} is not valid.")

    return check


def _instances_page(call: Request) -> None:
    size = call.parameters.get("MaxResults")
    if size is not None and size < FEWEST_INSTANCES:
        expected = f"Expecting a value greater than or equal to {FEWEST_INSTANCES}."
        raise AwsError("InvalidParameterValue", f"Value ( {size} ) for parameter maxResults is invalid. {expected}")


def _versions(call: Request) -> None:
    bounds = (call.parameters[name] for name in ("MinVersion", "MaxVersion") if name in call.parameters)
    for version in (*call.parameters.get("Versions", ()), *bounds):
        if version not in VERSIONS and not version.isdecimal():
            allowed = "either '$Default', '$Latest', or a numeric version are allowed"
            raise AwsError("InvalidParameterValue", f"Invalid launch template version {version!r}: {allowed}.")


def _role_of_profile(call: Request) -> None:
    name, profile = call.parameters["RoleName"], call.parameters["InstanceProfileName"]
    known: Any = iam_backends[call.account_id]["aws"].get_instance_profile(profile)
    if not any(role.name == name for role in known.roles):
        raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found in instance profile {profile}.")


RULES: Final[tuple[Rule, ...]] = (
    *((f"s3:{name}", _upload) for name in ("CompleteMultipartUpload", "UploadPart", "UploadPartCopy")),
    ("s3:DeleteObjectTagging", _object),
    ("s3:ListObjectsV2", _continuation),
    ("s3:PutBucketLifecycleConfiguration", _lifecycle),
    ("budgets:DescribeNotificationsForBudget", _budget),
    ("ec2:DescribeInstances", _instances_page),
    ("ec2:DescribeLaunchTemplateVersions", _versions),
    ("iam:RemoveRoleFromInstanceProfile", _role_of_profile),
    *_sns(),
    *((operation, _page(*named)) for operation, named in PAGES.items()),
)


def install() -> None:
    """Let moto refuse unknown pages of instances and filters of security groups, and delete groups by name."""
    for kind in (SecurityGroup, SecurityGroupRule):
        replace(kind, "matches_filter", _known_filter(kind.matches_filter))
    replace(InstanceResponse, "describe_instances", _page_of_instances(InstanceResponse.describe_instances))
    replace(SecurityGroupBackend, "delete_security_group", _delete_group(SecurityGroupBackend.delete_security_group))


def _delete_group(original: Callable[..., Any]) -> Callable[..., Any]:
    """Only those of the default VPC are known by name; moto looks for it in all, and then deletes there."""

    def delete_security_group(backend: Any, name: str | None = None, group_id: str | None = None) -> Any:
        if name:
            vpc = backend.default_vpc.id
            group = backend.get_security_group_from_name(name, vpc)
            if group is None:
                why = f"The security group '{name}' does not exist in default VPC '{vpc}'"
                raise AwsError("InvalidGroup.NotFound", why)
            group_id = group.id
        return original(backend, group_id=group_id)

    return delete_security_group


def _page_of_instances(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """moto names a page by a reservation, and looks for it among those that the filters leave."""

    def describe_instances(response: Any) -> Any:
        try:
            return original(response)
        except ValueError as error:
            token = response._get_param("NextToken")
            raise AwsError("InvalidNextToken", f"The value {token!r} of NextToken is not valid.") from error

    return describe_instances


def _known_filter(original: Callable[[Any, str, Any], Any]) -> Callable[[Any, str, Any], Any]:
    def matches_filter(thing: Any, name: str, wanted: Any) -> Any:
        try:
            return original(thing, name, wanted)
        except KeyError as error:
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid") from error

    return matches_filter
