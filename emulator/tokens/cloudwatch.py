"""Rows of CloudWatch: log groups, alarms, dashboards."""

from collections.abc import Iterator, Mapping
from typing import Final

from emulator.rows import Call, Json, Kind, Property, Row, Tags

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html; 0 is "for ever"
_RETENTION_DAYS: Final = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


def _retention_is_offered(inputs: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    days = inputs.get("retentionInDays")
    if days is not None and days not in _RETENTION_DAYS:
        yield "retentionInDays", f"is {days}: allowed: {', '.join(map(str, _RETENTION_DAYS))}"


_LOG_ARN: Final = "format('arn:{partition}:logs:{region}:{account}:log-group:{id}', _)"
_FOR_EVER: Final = "_.in.retentionInDays == `0` || _.in.retentionInDays == `null`"

LOG_GROUP = Row(
    "aws:cloudwatch/logGroup:LogGroup",
    "logs",
    cloudformation="AWS::Logs::LogGroup",
    properties={
        "name": Property("CreateLogGroup.logGroupName", replaces=True),
        "namePrefix": Property(type="string", replaces=True),
        "logGroupClass": Property("CreateLogGroup.logGroupClass", replaces=True),
        "retentionInDays": Property(
            "PutRetentionPolicy.retentionInDays", read="value_or(retentionInDays, `0`)", default=0
        ),
        "skipDestroy": Property(type="boolean", default=False),
    },
    id="_.in.name",
    create=(
        Call("CreateLogGroup", {"tags": "_.tag_map"}),
        Call("PutRetentionPolicy", {"logGroupName": "_.id"}, when=f"!({_FOR_EVER})"),
    ),
    read=(
        Call(
            "DescribeLogGroups",
            {"logGroupNamePrefix": "_.id"},
            select="find(logGroups, 'logGroupName', _.id)",
        ),
        Call("ListTagsForResource", {"resourceArn": _LOG_ARN}, into="tagging"),
    ),
    update=(
        Call(
            "PutRetentionPolicy",
            {"logGroupName": "_.id"},
            when=f"contains(_.changed, 'retentionInDays') && !({_FOR_EVER})",
        ),
        Call(
            "DeleteRetentionPolicy",
            {"logGroupName": "_.id"},
            when=f"contains(_.changed, 'retentionInDays') && ({_FOR_EVER})",
        ),
    ),
    delete=(Call("DeleteLogGroup", {"logGroupName": "_.id"}, when="!(_.in.skipDestroy)"),),
    outputs={"arn": _LOG_ARN},
    gone=("ResourceNotFoundException",),
    name="name",
    name_prefix="namePrefix",
    name_limit=512,
    tags=Tags(
        read="tagging.tags",
        set=Call("TagResource", {"resourceArn": _LOG_ARN, "tags": "tags(_.tags_set)"}),
        unset=Call("UntagResource", {"resourceArn": _LOG_ARN, "tagKeys": "_.tags_gone"}),
    ),
    check=_retention_is_offered,
)


def _alarm_faults(inputs: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """What PutMetricAlarm answers with ValidationError."""
    if not inputs.get("metricName"):
        yield "metricName", "is missing: alarms on metric expressions are not emulated"
    if not inputs.get("statistic") and not inputs.get("extendedStatistic"):
        yield "statistic", "is missing: give it or extendedStatistic"
    if inputs.get("metricName") and not (inputs.get("namespace") and inputs.get("period")):
        yield "namespace", "and period are needed with metricName"
    if inputs.get("datapointsToAlarm", 0) > inputs.get("evaluationPeriods", 0):
        yield "datapointsToAlarm", f"is {inputs['datapointsToAlarm']}: at most evaluationPeriods"


def _alarm(member: str) -> str:
    return f"PutMetricAlarm.{member}"


def _with_dimensions(params: dict[str, Json], known: Mapping[str, Json]) -> dict[str, Json]:
    """pulumi-aws has a map of dimensions, AWS a list."""
    pairs = known["in"].get("dimensions") or {}
    return {**params, "Dimensions": [{"Name": name, "Value": value} for name, value in pairs.items()]}


def _with_dimension_map(document: dict[str, Json], _: Mapping[str, Json]) -> dict[str, Json]:
    pairs = document.get("Dimensions") or []
    return {**document, "dimensions": {pair["Name"]: pair["Value"] for pair in pairs} or None}


_ALARM_ARN: Final = "format('arn:{partition}:cloudwatch:{region}:{account}:alarm:{id}', _)"
_SCALARS: Final = (
    *("evaluationPeriods", "datapointsToAlarm", "metricName", "namespace", "period"),
    *("statistic", "extendedStatistic", "unit", "threshold", "alarmDescription"),
)

METRIC_ALARM = Row(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "cloudwatch",
    cloudformation="AWS::CloudWatch::Alarm",
    properties={
        "name": Property(_alarm("AlarmName"), replaces=True),
        "comparisonOperator": Property(_alarm("ComparisonOperator"), required=True),
        **{name: Property(_alarm(f"{name[0].upper()}{name[1:]}")) for name in _SCALARS},
        "dimensions": Property(type="map", read="dimensions"),
        "treatMissingData": Property(
            _alarm("TreatMissingData"), default="missing", enum=("breaching", "notBreaching", "ignore", "missing")
        ),
        "actionsEnabled": Property(_alarm("ActionsEnabled"), default=True),
        "alarmActions": Property(_alarm("AlarmActions"), kind=Kind.ARN, unordered=True),
        "okActions": Property(_alarm("OKActions"), kind=Kind.ARN, unordered=True),
        "insufficientDataActions": Property(_alarm("InsufficientDataActions"), kind=Kind.ARN, unordered=True),
    },
    id="_.in.name",
    create=(Call("PutMetricAlarm", {"Tags": "_.tag_list"}, shape=_with_dimensions),),
    read=(
        Call("DescribeAlarms", {"AlarmNames": "[_.id]"}, select="MetricAlarms[0]"),
        Call("ListTagsForResource", {"ResourceARN": _ALARM_ARN}, into="tagging"),
    ),
    update=(Call("PutMetricAlarm", when="_.changed[?@ != 'tags']", shape=_with_dimensions),),
    delete=(Call("DeleteAlarms", {"AlarmNames": "[_.id]"}),),
    outputs={"arn": "AlarmArn"},
    gone=("ResourceNotFound", "ResourceNotFoundException"),
    name="name",
    name_limit=255,
    tags=Tags(
        read="tagging.Tags",
        set=Call("TagResource", {"ResourceARN": _ALARM_ARN, "Tags": "_.tags_set"}),
        unset=Call("UntagResource", {"ResourceARN": _ALARM_ARN, "TagKeys": "_.tags_gone"}),
    ),
    check=_alarm_faults,
    amend=_with_dimension_map,
)

DASHBOARD = Row(
    "aws:cloudwatch/dashboard:Dashboard",
    "cloudwatch",
    cloudformation="AWS::CloudWatch::Dashboard",
    properties={
        "dashboardName": Property("PutDashboard.DashboardName", required=True, replaces=True),
        "dashboardBody": Property("PutDashboard.DashboardBody", kind=Kind.JSON, required=True),
    },
    id="_.in.dashboardName",
    create=(Call("PutDashboard"),),
    read=(Call("GetDashboard", {"DashboardName": "_.id"}),),
    update=(Call("PutDashboard"),),
    delete=(Call("DeleteDashboards", {"DashboardNames": "[_.id]"}),),
    outputs={"dashboardArn": "DashboardArn"},
    gone=("ResourceNotFound", "DashboardNotFoundError"),
)

ROWS = (LOG_GROUP, METRIC_ALARM, DASHBOARD)

# Where a row and CloudFormation differ (`emulator.agreement`).
DIFFERENCES = {
    LOG_GROUP.token: {
        "replaces logGroupClass": "a group's class cannot change; the schema forgot to say so",
        "enum logGroupClass": "ESSENTIALS is newer than the schema",
        "enum retentionInDays": "numbers; the row's own check has the same list, and 0 for no end",
    },
    METRIC_ALARM.token: {
        "required comparisonOperator": "pulumi-aws requires it; only alarms without a metric can do without",
    },
    DASHBOARD.token: {"required dashboardName": "pulumi-aws requires it; CloudFormation makes one up"},
}
