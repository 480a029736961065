"""The row of an SSM association: a document run on the instances it names."""

from collections.abc import Callable, Mapping
from typing import Final

from emulator.rows import Call, Json, Property, Row
from emulator.tokens.ssm import read_tags, tags_of

_OUTPUT_CHARACTERS: Final = 2500


def _with_lists(params: dict[str, Json], known: Mapping[str, Json]) -> dict[str, Json]:
    """pulumi-aws has one text per parameter, AWS a list."""
    given = known["in"].get("parameters")
    return {**params, "Parameters": {name: [text] for name, text in given.items()}} if given else params


def _with_texts(document: dict[str, Json], _: Mapping[str, Json]) -> dict[str, Json]:
    texts = {name: ",".join(values) for name, values in (document.get("Parameters") or {}).items()}
    return {**document, "Parameters": texts or None}


def _what_went_wrong(ask: Callable[[str, dict[str, Json]], Json], known: Mapping[str, Json]) -> str:
    """The output of the run that failed: execution, its targets, the command on each."""
    of_association = {"AssociationId": known["id"]}
    executions = ask("DescribeAssociationExecutions", of_association).get("AssociationExecutions") or []
    if not executions:
        return "the association failed and AWS tells no execution"
    newest = max(executions, key=lambda execution: str(execution.get("CreatedTime")))
    of_execution = {**of_association, "ExecutionId": newest["ExecutionId"]}
    targets = ask("DescribeAssociationExecutionTargets", of_execution).get("AssociationExecutionTargets") or []
    texts = [_of_target(ask, target) for target in targets if target.get("Status") != "Success"]
    return "; ".join(texts) or f"execution {newest['ExecutionId']} is {newest.get('DetailedStatus')}"


def _of_target(ask: Callable[[str, dict[str, Json]], Json], target: Mapping[str, Json]) -> str:
    where, command = target.get("ResourceId", ""), (target.get("OutputSource") or {}).get("OutputSourceId")
    said = ask("GetCommandInvocation", {"CommandId": command, "InstanceId": where}) if command else {}
    output = said.get("StandardErrorContent") or said.get("StandardOutputContent") or ""
    return f"{target.get('DetailedStatus') or target.get('Status')} on {where}: {output[-_OUTPUT_CHARACTERS:].strip()}"


def _both(member: str) -> tuple[str, str]:
    return (f"CreateAssociation.{member}", f"UpdateAssociation.{member}")


_STATUS: Final = "AssociationDescription.Overview.Status"
# A change of tags or of the time to wait is none of the association itself: updating it would run it again.
_REAL_CHANGE: Final = "_.changed[?@ != 'tags' && @ != 'waitForSuccessTimeoutSeconds']"

ASSOCIATION = Row(
    "aws:ssm/association:Association",
    "ssm",
    cloudformation="AWS::SSM::Association",
    properties={
        "name": Property("CreateAssociation.Name", required=True, replaces=True),
        "associationName": Property(_both("AssociationName")),
        "documentVersion": Property(_both("DocumentVersion")),
        "parameters": Property(type="map", read="Parameters", cloudformation="Parameters"),
        "targets": Property(
            _both("Targets"),
            many=True,
            fields={"key": Property("Key", required=True), "values": Property("Values", required=True)},
        ),
        "scheduleExpression": Property(_both("ScheduleExpression")),
        "applyOnlyAtCronInterval": Property(_both("ApplyOnlyAtCronInterval"), default=False),
        "complianceSeverity": Property(_both("ComplianceSeverity")),
        "syncCompliance": Property(_both("SyncCompliance")),
        "maxConcurrency": Property(_both("MaxConcurrency")),
        "maxErrors": Property(_both("MaxErrors")),
        "automationTargetParameterName": Property(_both("AutomationTargetParameterName")),
        "outputLocation": Property(
            _both("OutputLocation.S3Location"),
            cloudformation="OutputLocation/S3Location",
            fields={
                "s3BucketName": Property("OutputS3BucketName", required=True),
                "s3KeyPrefix": Property("OutputS3KeyPrefix"),
                "s3Region": Property("OutputS3Region"),
            },
        ),
        "waitForSuccessTimeoutSeconds": Property(type="integer", cloudformation="WaitForSuccessTimeoutSeconds"),
    },
    id="AssociationDescription.AssociationId",
    create=(
        Call("CreateAssociation", {"Tags": "_.tag_list"}, shape=_with_lists),
        # pulumi-aws waits for the first run only, as AWS's own CloudFormation does.
        Call(
            "DescribeAssociation",
            {"AssociationId": "_.id"},
            when="_.in.waitForSuccessTimeoutSeconds",
            until=f"{_STATUS} == 'Success'",
            fails=f"{_STATUS} == 'Failed'",
            within="_.in.waitForSuccessTimeoutSeconds",
            explain=_what_went_wrong,
        ),
    ),
    read=(
        Call("DescribeAssociation", {"AssociationId": "_.id"}, select="AssociationDescription"),
        read_tags("Association"),
    ),
    update=(Call("UpdateAssociation", {"AssociationId": "_.id"}, when=_REAL_CHANGE, shape=_with_lists),),
    delete=(Call("DeleteAssociation", {"AssociationId": "_.id"}),),
    outputs={
        "arn": "format('arn:{partition}:ssm:{region}:{account}:association/{id}', _)",
        "associationId": "_.id",
    },
    gone=("AssociationDoesNotExist",),
    tags=tags_of("Association"),
    amend=_with_texts,
)

ROWS = (ASSOCIATION,)

DIFFERENCES = {
    ASSOCIATION.token: {
        "replaces name": "pulumi-aws replaces: an association follows one document",
        "required outputLocation.s3BucketName": "pulumi-aws requires it: a location without a bucket is none",
    },
}
