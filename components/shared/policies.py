"""Pure IAM documents: who may do what, as lists of statements made from plain names.

Least privilege after security.md section 5: named actions, named resources; `*` only where the action has no resource
type. Each role has the stack's permissions boundary on top.
"""

from collections.abc import Sequence
from typing import Final

from components.shared.statements import Statement, document

SSM_CHANNELS: Final = tuple(
    f"ssmmessages:{action}"
    for action in ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")
)
SSM_MESSAGES: Final = tuple(
    f"ec2messages:{action}"
    for action in ("AcknowledgeMessage", "DeleteMessage", "FailMessage", "GetEndpoint", "GetMessages", "SendReply")
)
SSM_ASSOCIATIONS: Final = tuple(
    f"ssm:{action}"
    for action in (
        "DescribeAssociation",
        "DescribeDocument",
        "GetDocument",
        "ListInstanceAssociations",
        "PutComplianceItems",
        "UpdateAssociationStatus",
        "UpdateInstanceAssociationStatus",
        "UpdateInstanceInformation",
    )
)
SSM_LISTS: Final = ("ssm:ListAssociations", "ssm:PutInventory")
"""Of the agent's actions those without a resource type: on a named resource they would allow nothing."""
OBJECT_WRITE: Final = ("s3:PutObject", "s3:AbortMultipartUpload")
"""A large object goes up in parts, which need to be given up when it fails."""


def trust_service(service: str, source_account: str = "") -> str:
    """Who may take the role: one AWS service, on behalf of this account only where the service says on whose behalf.

    EC2 is not known to supply aws:SourceAccount (security.md, IAM table), so its trust goes without.
    """
    conditions = {"StringEquals": {"aws:SourceAccount": source_account}} if source_account else {}
    statement = Statement(
        sid="Service", actions=("sts:AssumeRole",), principals={"Service": (service,)}, conditions=conditions
    )
    return document([statement])


def trust_account(account_id: str) -> str:
    """People and CI of this account, as far as their own policies let them."""
    principals = {"AWS": (f"arn:aws:iam::{account_id}:root",)}
    return document([Statement(sid="Account", actions=("sts:AssumeRole",), principals=principals)])


def trust_people(account_id: str) -> str:
    """IAM users of this account, each under their own name only: a session's name is the caller's to choose, and the
    approval believes it. (AWS's own pattern: IAM User Guide, "Name individual IAM users' role sessions".)
    """
    return document(
        [
            Statement(
                sid="People",
                actions=("sts:AssumeRole",),
                principals={"AWS": (f"arn:aws:iam::{account_id}:root",)},
                conditions={"StringEquals": {"sts:RoleSessionName": "${aws:username}"}},
            )
        ]
    )


IDENTITIES: Final = ("iam:*", "organizations:*", "account:*")


def boundary(region: str, account_id: str, role_path: str) -> str:
    """What no role of the stack may ever do, whatever a later policy says."""
    own_roles = f"arn:aws:iam::{account_id}:role{role_path}*"
    return document(
        [
            Statement(sid="Rest", not_actions=True, actions=IDENTITIES, resources=("*",)),
            # Who starts a machine hands it its role: that, and only of this stack, is all of IAM that is left.
            Statement(sid="PassOwnRoles", actions=("iam:PassRole",), resources=(own_roles,)),
            Statement(
                sid="NeverTouchKeys",
                effect="Deny",
                actions=("kms:ScheduleKeyDeletion", "kms:PutKeyPolicy"),
                resources=("*",),
            ),
            Statement(
                sid="NeverLoseData",
                effect="Deny",
                actions=(
                    "s3:DeleteBucket",
                    "s3:DeleteBucketPolicy",
                    "s3:PutBucketPolicy",
                    "s3:PutBucketVersioning",
                    "s3:PutLifecycleConfiguration",
                    "s3:DeleteObjectVersion",
                    "ec2:DeleteVolume",
                ),
                resources=("*",),
            ),
            Statement(
                sid="OnlyThisRegion",
                effect="Deny",
                not_actions=True,
                actions=("s3:*", "sts:*", "iam:*"),
                resources=("*",),
                conditions={"StringNotEquals": {"aws:RequestedRegion": region}},
            ),
        ]
    )


def ssm_managed(region: str, account_id: str) -> tuple[Statement, ...]:
    """What the SSM agent needs for sessions and associations: AmazonSSMManagedInstanceCore without its parameters."""
    ours = (f"arn:aws:ec2:{region}:{account_id}:instance/*", f"arn:aws:ssm:{region}:{account_id}:*")
    return (
        Statement(sid="SsmAgent", actions=SSM_ASSOCIATIONS, resources=ours),
        Statement(sid="SsmChannels", actions=(*SSM_CHANNELS, *SSM_MESSAGES, *SSM_LISTS), resources=("*",)),
    )


def read_code(bucket: str) -> tuple[Statement, ...]:
    """Code bundle and requirements: what a machine of ours fetches before it can do anything."""
    objects = tuple(f"arn:aws:s3:::{bucket}/workflow/{folder}/*" for folder in ("code", "requirements"))
    return (Statement(sid="ReadCode", actions=("s3:GetObject",), resources=objects),)


def list_prefixes(sid: str, bucket: str, *prefixes: str) -> Statement:
    """Listing, below some prefixes only (given with their closing slash)."""
    allowed = tuple(f"{prefix}*" for prefix in prefixes)
    return Statement(
        sid=sid,
        actions=("s3:ListBucket",),
        resources=(f"arn:aws:s3:::{bucket}",),
        conditions={"StringLike": {"s3:prefix": allowed}},
    )


def own_prefix(sid: str, bucket: str, prefix: str, *more: str) -> tuple[Statement, ...]:
    """Read, write and list one prefix (given with its closing slash); `more` are further actions on its objects."""
    return (own_objects(sid, bucket, prefix, *more), list_prefixes(f"{sid}List", bucket, prefix))


def own_objects(sid: str, bucket: str, prefix: str, *more: str) -> Statement:
    """The same without listing: for who knows what is there."""
    actions = ("s3:GetObject", *OBJECT_WRITE, *more)
    return Statement(sid=sid, actions=actions, resources=(f"arn:aws:s3:::{bucket}/{prefix}*",))


def read_tiers(buckets: Sequence[str]) -> tuple[Statement, ...]:
    """Read tiers of data whole, and be told when an image is gone."""
    return (
        Statement(
            sid="ReadTiers",
            actions=("s3:GetObject",),
            resources=tuple(f"arn:aws:s3:::{bucket}/*" for bucket in buckets),
        ),
        Statement(
            sid="ListTiers",
            actions=("s3:ListBucket",),
            resources=tuple(f"arn:aws:s3:::{bucket}" for bucket in buckets),
        ),
    )


def own_secrets(sid: str, region: str, account_id: str, names: tuple[str, ...]) -> Statement:
    """Make on the host and read back: SecureStrings named here, under the account's own SSM key."""
    return Statement(
        sid=sid,
        actions=("ssm:GetParameter", "ssm:PutParameter"),
        resources=tuple(f"arn:aws:ssm:{region}:{account_id}:parameter{name}" for name in names),
    )


def read_parameters(sid: str, region: str, account_id: str, names: tuple[str, ...]) -> Statement:
    return Statement(
        sid=sid,
        actions=("ssm:GetParameter",),
        resources=tuple(f"arn:aws:ssm:{region}:{account_id}:parameter{name}" for name in names),
    )
