"""The row of a CloudWatch alarm on one metric."""

from collections.abc import Iterator, Mapping
from typing import Final

from emulator.cloudwatch import rules
from emulator.rows import Call, Json, Property, Row, Tags


def _alarm(member: str, **more: Json) -> Property:
    return Property(f"PutMetricAlarm.{member}", **more)


def _actions(member: str) -> Property:
    return _alarm(member, unordered=True)


_PROPERTIES: Final = {
    "name": _alarm("AlarmName", replaces=True),
    "alarmDescription": _alarm("AlarmDescription"),
    "actionsEnabled": _alarm("ActionsEnabled", default=True),
    "alarmActions": _actions("AlarmActions"),
    "okActions": _actions("OKActions"),
    "insufficientDataActions": _actions("InsufficientDataActions"),
    "namespace": _alarm("Namespace"),
    "metricName": _alarm("MetricName"),
    "statistic": _alarm("Statistic"),
    "extendedStatistic": _alarm("ExtendedStatistic"),
    "unit": _alarm("Unit"),
    "period": _alarm("Period"),
    "evaluationPeriods": _alarm("EvaluationPeriods", required=True),
    "datapointsToAlarm": _alarm("DatapointsToAlarm"),
    "comparisonOperator": _alarm("ComparisonOperator", required=True),
    "threshold": _alarm("Threshold"),
    "treatMissingData": _alarm("TreatMissingData", enum=rules.MISSING, default="missing"),
    # A map in pulumi-aws, a list of Name and Value at AWS.
    "dimensions": Property(
        type="map", read="tags(Dimensions[].{Key: Name, Value: Value})", cloudformation="Dimensions"
    ),
}
_OF_MEMBER: Final = {
    path.removeprefix("PutMetricAlarm."): name for name, prop in _PROPERTIES.items() for path in prop.paths
}
_DIMENSIONS: Final = {"Dimensions": "pairs(_.in.dimensions || `{}`)[].{Name: Key, Value: Value}"}


def _refused(inputs: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """What PutMetricAlarm answers with ValidationError; the region is its own to check."""
    asked = {member: inputs.get(name) for member, name in _OF_MEMBER.items()}
    yield from ((_OF_MEMBER[member], wrong) for member, wrong in rules.faults(asked))


_ARN: Final = "format('arn:{partition}:cloudwatch:{region}:{account}:alarm:{id}', _)"

METRIC_ALARM = Row(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "cloudwatch",
    cloudformation="AWS::CloudWatch::Alarm",
    properties=_PROPERTIES,
    id="_.in.name",
    create=(Call("PutMetricAlarm", {**_DIMENSIONS, "Tags": "_.tag_list"}),),
    read=(
        Call("DescribeAlarms", {"AlarmNames": "[_.id]"}, select="MetricAlarms[0]"),
        Call("ListTagsForResource", {"ResourceARN": "AlarmArn"}, into="tagging"),
    ),
    update=(Call("PutMetricAlarm", _DIMENSIONS, when="_.changed[?@ != 'tags']"),),
    delete=(Call("DeleteAlarms", {"AlarmNames": "[_.id]"}),),
    outputs={"arn": "AlarmArn"},
    gone=("ResourceNotFound", "ResourceNotFoundException"),
    name="name",
    name_limit=255,
    tags=Tags(
        read="tagging.Tags",
        set=Call("TagResource", {"ResourceARN": _ARN, "Tags": "_.tags_set"}),
        unset=Call("UntagResource", {"ResourceARN": _ARN, "TagKeys": "_.tags_gone"}),
    ),
    check=_refused,
)

ROWS = (METRIC_ALARM,)

_OF_PULUMI: Final = "pulumi-aws requires it; only alarms on a PromQL query, which are not emulated, go without"
DIFFERENCES = {
    METRIC_ALARM.token: {"required evaluationPeriods": _OF_PULUMI, "required comparisonOperator": _OF_PULUMI}
}
