"""What does not exist, where moto 5.2.5 answers 500: uploads, budgets, ARNs that are none, pages that nobody told of.

Sources: API references of S3, Budgets, SNS, EC2, IAM and Systems Manager (read 2026-11).
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from moto.budgets.models import budgets_backends
from moto.s3.models import s3_backends

from emulator.engine import shapes
from emulator.manners.rules import Check, Request, Rule
from emulator.seam import AwsError

ARNS: Final = ("ResourceArn", "SubscriptionArn", "TopicArn")
PENDING: Final = "PendingConfirmation"
"""Stands for the ARN of a subscription that is not confirmed."""
_OF_SNS: Final = re.compile(r"arn:aws:sns:[a-z0-9-]+:\d{12}:.+")
PAGES: Final = {
    "ec2:DescribeIamInstanceProfileAssociations": ("NextToken", "InvalidNextToken"),
    "ec2:DescribeLaunchTemplateVersions": ("NextToken", "InvalidNextToken"),
    "iam:ListRoles": ("Marker", "ValidationError"),
    "ssm:DescribeInstanceInformation": ("NextToken", "InvalidNextToken"),
    "ssm:DescribeParameters": ("NextToken", "InvalidNextToken"),
}
"""Operation -> the member that names a page, a number of moto's, and the code for another."""


def _upload(call: Request) -> None:
    bucket: Any = s3_backends[call.account_id]["aws"].get_bucket(call.parameters["Bucket"])
    if call.parameters.get("UploadId") not in bucket.multiparts:
        why = "The upload ID may be invalid, or the upload may have been aborted or completed."
        raise AwsError("NoSuchUpload", f"The specified upload does not exist. {why}")


def _lifecycle(call: Request) -> None:
    if not call.parameters.get("LifecycleConfiguration"):
        why = "was not well-formed or did not validate against our published schema"
        raise AwsError("MalformedXML", f"The XML you provided {why}")


def _budget(call: Request) -> None:
    name = call.parameters["BudgetName"]
    if name not in budgets_backends[call.account_id]["aws"].budgets[call.account_id]:
        raise AwsError("NotFoundException", f"Unable to get budget: {name} - the budget doesn't exist.")


def _arn(member: str) -> Check:
    def check(call: Request) -> None:
        arn = str(call.parameters.get(member) or PENDING)
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


RULES: Final[tuple[Rule, ...]] = (
    ("s3:CompleteMultipartUpload", _upload),
    ("s3:PutBucketLifecycleConfiguration", _lifecycle),
    ("budgets:DescribeNotificationsForBudget", _budget),
    *_sns(),
    *((operation, _page(*named)) for operation, named in PAGES.items()),
)
