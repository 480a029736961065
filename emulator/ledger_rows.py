"""The kinds that the ledger keeps, one row each; how to add one: copy the nearest and name AWS's operations.

Members, types and enumerations come from botocore's model; only what AWS does not say in it stands here. Quotas:
"Amazon Data Lifecycle Manager" and "Systems Manager endpoints and quotas" (read 2026-11).
"""

import uuid
from typing import Final

from emulator.executors import associations, mlflow_apps
from emulator.ledger import Kind, hexadecimal
from emulator.seam import Record


def _policy_matches(record: Record, asked: Record) -> bool:
    wanted = asked.get("PolicyIds")
    kind = record.get("PolicyDetails", {}).get("PolicyType", "EBS_SNAPSHOT_MANAGEMENT")
    return (
        (not wanted or record["PolicyId"] in wanted)
        and asked.get("State") in (None, record["State"])
        and (not asked.get("ResourceTypes") or kind == "EBS_SNAPSHOT_MANAGEMENT")
    )


LIFECYCLE_POLICY: Final = Kind(
    service="dlm",
    key="PolicyId",
    new_key=lambda: f"policy-{hexadecimal(17)}",
    arn="PolicyArn",
    arn_format="arn:aws:dlm:{region}:{account}:policy/{id}",
    create=("CreateLifecyclePolicy", ""),
    get=("GetLifecyclePolicy", "Policy"),
    update=("UpdateLifecyclePolicy", ""),
    delete="DeleteLifecyclePolicy",
    list=("GetLifecyclePolicies", "Policies"),
    tagging=("TagResource", "UntagResource", "ListTagsForResource"),
    invalid="InvalidRequestException",
    timestamps=("DateCreated", "DateModified"),
    defaults={"StatusMessage": "ENABLED", "Tags": {}},
    quota=(100, "LimitExceededException"),
    matches=_policy_matches,
)

ASSOCIATION: Final = Kind(
    service="ssm",
    key="AssociationId",
    new_key=lambda: str(uuid.uuid4()),
    create=("CreateAssociation", "AssociationDescription"),
    get=("DescribeAssociation", "AssociationDescription"),
    update=("UpdateAssociation", "AssociationDescription"),
    delete="DeleteAssociation",
    list=("ListAssociations", "Associations"),
    missing="AssociationDoesNotExist",
    exists="AssociationAlreadyExists",
    timestamps=("Date", "LastUpdateAssociationDate"),
    quota=(2000, "AssociationLimitExceeded"),
    replaces=True,
    keeps=("Name", "AssociationVersion"),
    complete=associations.complete,
    find=associations.is_named,
    matches=associations.matches,
)

MLFLOW_APP: Final = Kind(
    service="sagemaker",
    key="Arn",
    new_key=lambda: f"app-{hexadecimal(12).upper()}",
    arn="Arn",
    arn_format="arn:aws:sagemaker:{region}:{account}:mlflow-app/{id}",
    create=("CreateMlflowApp", ""),
    get=("DescribeMlflowApp", ""),
    update=("UpdateMlflowApp", ""),
    delete="DeleteMlflowApp",
    list=("ListMlflowApps", "Summaries"),
    tagging=("AddTags", "DeleteTags", "ListTags"),
    missing="ResourceNotFound",
    timestamps=("CreationTime", "LastModifiedTime"),
    defaults={"ModelRegistrationMode": "AutoModelRegistrationDisabled", "Tags": []},
    complete=mlflow_apps.complete,
    unique=("Name",),
    leave=mlflow_apps.leave,
    matches=mlflow_apps.matches,
    arrange=mlflow_apps.arrange,
)

KINDS: Final = (LIFECYCLE_POLICY, ASSOCIATION, MLFLOW_APP)
