"""What AWS says about State Manager associations: which instances one targets, how its status is told. No processes.

Status words as the SDKs and the Terraform provider read them: `Overview.Status` is Pending, Success or Failed.
"""

from collections.abc import Mapping
from typing import Any

from moto.ssm.models import ssm_backends

from emulator.executors import documents
from emulator.seam import AwsError, Call, Record

FILTERS: Mapping[str, str] = {
    "AssociationId": "AssociationId",
    "AssociationName": "AssociationName",
    "InstanceId": "InstanceId",
    "Name": "Name",
}


def content(account_id: str, region: str, name: str, version: str | None) -> Mapping[str, Any]:
    """A document's content; InvalidDocument where there is none."""
    if name == "AWS-RunShellScript":
        return documents.RUN_SHELL_SCRIPT
    wanted = None if version in (None, "", "$DEFAULT") else version
    try:
        backend = ssm_backends[account_id][region]
        document = backend._get_documents(name).find(document_version=wanted)
    except Exception as error:
        raise AwsError(
            "InvalidDocument", f"there is no document {name!r} in version {version or '$DEFAULT'}"
        ) from error
    return document.content_json  # type: ignore[no-any-return]


def complete(call: Call, record: Record) -> Record:
    """What AWS adds to an association; refuses one that could not run."""
    found = content(call.account_id, call.region, record["Name"], record.get("DocumentVersion"))
    documents.check(found)
    documents.resolve(found, record.get("Parameters") or {})
    if not record.get("Targets") and not record.get("InstanceId"):
        raise AwsError("InvalidTarget", "Targets: required, but missing")
    for target in record.get("Targets") or ():
        if target["Key"] != "InstanceIds" and not target["Key"].startswith("tag:"):
            raise AwsError("InvalidTarget", f"key {target['Key']!r} is not emulated; allowed: InstanceIds, tag:KEY")
    targets = record.get("Targets") or [{"Key": "InstanceIds", "Values": [record["InstanceId"]]}]
    return {
        "Targets": targets,
        "AssociationVersion": str(int(record.get("AssociationVersion", 0)) + 1),
        "DocumentVersion": record.get("DocumentVersion") or "$DEFAULT",
        "Overview": overview([]),
    }


def overview(statuses: list[str]) -> Record:
    """The summary over targets; none yet is Pending."""
    counted = {status: statuses.count(status) for status in dict.fromkeys(statuses)}
    if not statuses or "Pending" in counted or "InProgress" in counted:
        word = "Pending"
    else:
        word = "Success" if set(counted) == {"Success"} else "Failed"
    return {"Status": word, "DetailedStatus": word, "AssociationStatusAggregatedCount": counted}


def is_target(record: Record, instance_id: str, tags: Mapping[str, str]) -> bool:
    """All target conditions hold for the instance, as AWS joins them."""
    return all(_holds(target, instance_id, tags) for target in record["Targets"])


def _holds(target: Mapping[str, Any], instance_id: str, tags: Mapping[str, str]) -> bool:
    if target["Key"] == "InstanceIds":
        return instance_id in target["Values"] or target["Values"] == ["*"]
    return tags.get(target["Key"].removeprefix("tag:")) in target["Values"]


def is_named(record: Record, asked: Record) -> bool:
    """DescribeAssociation and DeleteAssociation may name document and instance instead of the id."""
    return bool(asked.get("Name")) and (record["Name"], record.get("InstanceId")) == (
        asked.get("Name"),
        asked.get("InstanceId"),
    )


def matches(record: Record, asked: Record) -> bool:
    return all(
        record.get(FILTERS.get(condition["key"], ""), None) == condition["value"]
        for condition in asked.get("AssociationFilterList") or ()
    )
