"""The row of a Data Lifecycle Manager policy: scheduled snapshots of volumes."""

from typing import Final

from emulator.rows import Call, Kind, Property, Row, Tags


def _both(member: str) -> tuple[str, str]:
    return (f"CreateLifecyclePolicy.{member}", f"UpdateLifecyclePolicy.{member}")


_SPAN: Final = {
    "count": Property("Count"),
    "interval": Property("Interval"),
    "intervalUnit": Property("IntervalUnit"),
}
_SCHEDULE: Final = {
    "name": Property("Name", required=True),
    "copyTags": Property("CopyTags"),
    "createRule": Property(
        "CreateRule",
        required=True,
        fields={
            "cronExpression": Property("CronExpression"),
            "interval": Property("Interval"),
            "intervalUnit": Property("IntervalUnit"),
            "location": Property("Location"),
            "times": Property("Times[0]"),  # pulumi-aws has one time, AWS a list of at most one
        },
    ),
    "retainRule": Property("RetainRule", required=True, fields=_SPAN),
    "deprecateRule": Property("DeprecateRule", fields=_SPAN),
    "tagsToAdd": Property("TagsToAdd", kind=Kind.TAGS),
    "variableTags": Property("VariableTags", kind=Kind.TAGS),
}
_DETAILS: Final = {
    "policyType": Property("PolicyType"),
    "resourceTypes": Property("ResourceTypes"),
    "resourceLocations": Property("ResourceLocations[0]"),
    "targetTags": Property("TargetTags", kind=Kind.TAGS),
    "schedules": Property("Schedules", many=True, fields=_SCHEDULE),
    "parameters": Property(
        "Parameters",
        fields={
            "excludeBootVolume": Property("ExcludeBootVolume"),
            "excludeDataVolumeTags": Property("ExcludeDataVolumeTags", kind=Kind.TAGS),
            "noReboot": Property("NoReboot"),
        },
    ),
}
_ARN: Final = "format('arn:{partition}:dlm:{region}:{account}:policy/{id}', _)"

LIFECYCLE_POLICY = Row(
    "aws:dlm/lifecyclePolicy:LifecyclePolicy",
    "dlm",
    cloudformation="AWS::DLM::LifecyclePolicy",
    properties={
        "description": Property(_both("Description"), required=True),
        "executionRoleArn": Property(_both("ExecutionRoleArn"), kind=Kind.ARN, required=True),
        "policyDetails": Property(_both("PolicyDetails"), required=True, fields=_DETAILS),
        "state": Property(_both("State"), default="ENABLED"),
    },
    id="PolicyId",
    create=(Call("CreateLifecyclePolicy", {"Tags": "_.tag_map"}),),
    read=(Call("GetLifecyclePolicy", {"PolicyId": "_.id"}, select="Policy"),),
    update=(Call("UpdateLifecyclePolicy", {"PolicyId": "_.id"}),),
    delete=(Call("DeleteLifecyclePolicy", {"PolicyId": "_.id"}),),
    outputs={"arn": "PolicyArn"},
    gone=("ResourceNotFoundException",),
    tags=Tags(
        set=Call("TagResource", {"ResourceArn": _ARN, "Tags": "tags(_.tags_set)"}),
        unset=Call("UntagResource", {"ResourceArn": _ARN, "TagKeys": "_.tags_gone"}),
    ),
)

ROWS = (LIFECYCLE_POLICY,)

_OF_PULUMI: Final = "pulumi-aws requires it; without it the API takes a default policy only, which is not emulated"
DIFFERENCES = {
    LIFECYCLE_POLICY.token: {
        "required description": _OF_PULUMI,
        "required executionRoleArn": _OF_PULUMI,
        "required policyDetails": _OF_PULUMI,
        "required policyDetails.schedules.name": _OF_PULUMI,
        "required policyDetails.schedules.createRule": _OF_PULUMI,
        "required policyDetails.schedules.retainRule": _OF_PULUMI,
    },
}
