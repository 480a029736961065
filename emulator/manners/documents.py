"""How large an IAM policy document may be. moto 5.2.5 takes any.

IAM counts characters without white space: 6,144 in a managed policy, 2,048 in a trust policy, 10,240 in all inline
policies of a role together; a session's has 2,048 with it. Source: "IAM and AWS STS quotas" (read 2026-11). A bucket
policy has at most 20 KB (S3, "Bucket policies"), and a topic's 30 KB (SNS quotas).
"""

from typing import Any, Final
from urllib.parse import unquote

from moto.iam.models import iam_backends

from emulator.manners.rules import Check, Request, Rule
from emulator.seam import AwsError

MANAGED_CHARACTERS: Final = 6144
TRUST_CHARACTERS: Final = 2048
INLINE_CHARACTERS: Final = 10_240
SESSION_CHARACTERS: Final = 2048
BUCKET_BYTES: Final = 20 * 1024


def characters(document: str) -> int:
    """As IAM counts them."""
    return len("".join(document.split()))


def _at_most(member: str, limit: int, kind: str) -> Check:
    def check(call: Request) -> None:
        if characters(str(call.parameters.get(member, ""))) > limit:
            raise AwsError("LimitExceeded", f"Cannot exceed quota for {kind}: {limit}")

    return check


def _put_role_policy(call: Request) -> None:
    name, own = call.parameters["RoleName"], call.parameters["PolicyName"]
    role: Any = iam_backends[call.account_id]["aws"].get_role(name)
    others = (unquote(str(text)) for policy, text in role.policies.items() if policy != own)
    total = sum(map(characters, others)) + characters(str(call.parameters["PolicyDocument"]))
    if total > INLINE_CHARACTERS:
        raise AwsError("LimitExceeded", f"Maximum policy size of {INLINE_CHARACTERS} bytes exceeded for role {name}")


def _put_bucket_policy(call: Request) -> None:
    size = len(str(call.parameters["Policy"]).encode())
    if size > BUCKET_BYTES:
        raise AwsError("PolicyTooLarge", f"Your policy exceeds the maximum allowed document size of {BUCKET_BYTES}")


def _session_policy(call: Request) -> None:
    if len(str(call.parameters.get("Policy") or "")) > SESSION_CHARACTERS:
        constraint = f"Member must have length less than or equal to {SESSION_CHARACTERS}"
        raise AwsError("ValidationError", f"Value at 'policy' failed to satisfy constraint: {constraint}")


RULES: Final[tuple[Rule, ...]] = (
    ("sts:AssumeRole", _session_policy),
    ("iam:CreatePolicy", _at_most("PolicyDocument", MANAGED_CHARACTERS, "PolicySize")),
    ("iam:CreatePolicyVersion", _at_most("PolicyDocument", MANAGED_CHARACTERS, "PolicySize")),
    ("iam:CreateRole", _at_most("AssumeRolePolicyDocument", TRUST_CHARACTERS, "ACLSizePerRole")),
    ("iam:UpdateAssumeRolePolicy", _at_most("PolicyDocument", TRUST_CHARACTERS, "ACLSizePerRole")),
    ("iam:PutRolePolicy", _put_role_policy),
    ("s3:PutBucketPolicy", _put_bucket_policy),
)
