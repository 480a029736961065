"""Policies that lie with the resource, out of moto: of a bucket, of a topic, and the trust policy of a role."""

from functools import lru_cache
from typing import Any, Final

from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends

from emulator.access import policies
from emulator.access.policies import Policy

BUCKET: Final = "arn:aws:s3:::"
TOPIC: Final = "arn:aws:sns:"
TRUST_ACTIONS: Final = frozenset({"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"})


def find(action: str, resource: str, account_id: str) -> Policy | None:
    """What the resource itself says of an action on it; None where it says nothing."""
    if resource.startswith(BUCKET):
        bucket = s3_backends[account_id]["aws"].buckets.get(resource.removeprefix(BUCKET).partition("/")[0])
        return policies.parse("bucket", _text(bucket.policy)) if bucket is not None and bucket.policy else None
    if resource.startswith(TOPIC):
        topic = sns_backends[account_id][resource.split(":")[3]].topics.get(resource)
        return policies.parse("topic", topic.policy) if topic is not None else None
    if is_trust(action):
        found = role(resource, account_id)
        return policies.parse("trust", found.assume_role_policy_document) if found else None
    return None


def is_trust(action: str) -> bool:
    """Whether nobody, not even an administrator, may do it without the resource's own word."""
    return action in TRUST_ACTIONS


def role(arn: str, account_id: str) -> Any:
    """None where there is no such role."""
    return next((each for each in list(iam_backends[account_id]["aws"].roles.values()) if each.arn == arn), None)


@lru_cache(maxsize=256)
def _text(policy: bytes) -> str:
    return policy.decode()
