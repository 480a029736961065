"""An alarm of moto's against the values that moto has kept: what its state should be now."""

from collections.abc import Iterable
from datetime import UTC, datetime

from moto.cloudwatch.models import Alarm, MetricDatumBase, Statistics
from moto.core.utils import utcnow

from emulator.cloudwatch import evaluation


def judged(alarm: Alarm, data: Iterable[MetricDatumBase]) -> tuple[str | None, str]:
    """The state that the values say and why; None: as it was."""
    period, periods = int(alarm.period), int(alarm.evaluation_periods)
    starts = evaluation.range_starts(_seconds(utcnow()), period, periods)
    mine = [datum for datum in data if _is_watched(alarm, datum)]
    values = [
        _statistic(alarm, [datum for datum in mine if 0 <= _seconds(datum.timestamp) - start < period])
        for start in starts
    ]
    exceeds, threshold = evaluation.COMPARISONS[alarm.comparison_operator], float(alarm.threshold)
    breaches = [None if value is None else exceeds(value, threshold) for value in values]
    needed = int(alarm.datapoints_to_alarm or periods)
    state = evaluation.state(breaches, periods, needed, alarm.treat_missing_data or "missing")
    shown = ", ".join("missing" if value is None else str(value) for value in values)
    return state, f"Threshold Crossed: [{shown}] (oldest first) against {alarm.comparison_operator} {threshold}"


def _is_watched(alarm: Alarm, datum: MetricDatumBase) -> bool:
    return (
        (datum.namespace, datum.name) == (alarm.namespace, alarm.metric_name)
        and {(one.name, one.value) for one in datum.dimensions} == {(one.name, one.value) for one in alarm.dimensions}
        and alarm.unit in (None, datum.unit)
    )


def _statistic(alarm: Alarm, data: list[MetricDatumBase]) -> float | None:
    if not data:
        return None
    statistics = Statistics([alarm.statistic], data[0].timestamp)
    statistics.metric_data = data
    return float(statistics.get_statistics_for_type(alarm.statistic) or 0)


def _seconds(moment: datetime) -> float:
    """moto's times are UTC and do not say so."""
    return moment.replace(tzinfo=UTC).timestamp()
