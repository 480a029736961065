"""Metric alarms as CloudWatch has them: refused if they make no sense, judged when a value arrives, heard by SNS.

moto 5.2.5 takes nearly any alarm, begins it as OK, never evaluates it and never carries out an action. Here an alarm
on one metric with a plain statistic is judged whenever PutMetricData (or the emulated SNS) brings a value of its
metric; time alone judges nothing, and percentiles and expressions are kept without being judged. An SNS action is
carried out if the topic's own policy lets CloudWatch publish; other actions are not.
"""

import logging
from contextlib import AbstractContextManager
from typing import Any, Final

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import Alarm, cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.utils import utcnow

from emulator import validation
from emulator.cloudwatch import evaluation, rules
from emulator.cloudwatch.actions import carry_out
from emulator.cloudwatch.judging import judged
from emulator.seam import Answer, Call, Record, answer

log = logging.getLogger(__name__)

SNS: Final = "AWS/SNS"


class Alarms:
    """What happened to each alarm; its state is in moto's own record."""

    def __init__(self, lock: AbstractContextManager[Any]) -> None:
        self._lock = lock
        self._history: list[Record] = []

    def install(self) -> None:
        operations: dict[str, Answer] = {
            "PutMetricAlarm": self.put,
            "SetAlarmState": self.set_state,
            "PutMetricData": self.take,
            "DeleteAlarms": _delete,
            "DescribeAlarmHistory": self.tell,
        }
        for operation, function in operations.items():
            answer(CloudWatchResponse, operation, function)

    def put(self, call: Call) -> None:
        _check(call)
        name, backend = call.parameters["AlarmName"], cloudwatch_backends[call.account_id][call.region]
        before = backend.alarms.get(name)
        if before is not None:
            call.parameters.pop("Tags", None)  # AWS: ignored in an update
        call.proceed()
        alarm = backend.alarms[name]
        alarm.state_value = before.state_value if before else evaluation.NO_DATA
        if before:
            alarm.state_reason, alarm.state_updated_timestamp = before.state_reason, before.state_updated_timestamp
        self._note(alarm, "ConfigurationUpdate", f'Alarm "{name}" {"updated" if before else "created"}')

    def set_state(self, call: Call) -> None:
        alarm = cloudwatch_backends[call.account_id][call.region].alarms.get(call.parameters["AlarmName"])
        old = alarm.state_value if alarm else ""
        call.proceed()
        if alarm:
            self._changed(call.account_id, alarm, old)

    def take(self, call: Call) -> None:
        call.proceed()
        named = {
            (call.parameters["Namespace"], datum["MetricName"]) for datum in call.parameters.get("MetricData") or ()
        }
        self._judge(call.account_id, call.region, named)

    def count_delivery(self, topic_arn: str, delivered: bool) -> None:
        """What SNS tells CloudWatch of each notification."""
        region, account_id, topic_name = topic_arn.split(":")[3:]
        name = "NumberOfNotificationsDelivered" if delivered else "NumberOfNotificationsFailed"
        dimensions = [{"Name": "TopicName", "Value": topic_name}]
        with self._lock:
            cloudwatch_backends[account_id][region].put_metric_data(
                SNS, [{"MetricName": name, "Value": 1, "Unit": "Count", "Dimensions": dimensions}]
            )
            self._judge(account_id, region, {(SNS, name)})

    def tell(self, call: Call) -> Record:
        """Newest first."""
        wanted = {"AlarmName", "HistoryItemType"} & set(call.parameters)
        found = [item for item in self._history if all(item[name] == call.parameters[name] for name in wanted)]
        return {"AlarmHistoryItems": found[::-1]}

    def _judge(self, account_id: str, region: str, metrics: set[tuple[str, str]]) -> None:
        backend = cloudwatch_backends[account_id][region]
        for alarm in list(backend.alarms.values()):
            if (alarm.namespace, alarm.metric_name) in metrics and alarm.statistic:
                state, reason = judged(alarm, backend.metric_data)
                if state not in (None, alarm.state_value):
                    old = alarm.state_value
                    alarm.update_state(reason, "{}", state)
                    self._changed(account_id, alarm, old)

    def _changed(self, account_id: str, alarm: Alarm, old: str) -> None:
        if alarm.state_value == old:
            return
        self._note(alarm, "StateUpdate", f"Alarm updated from {old} to {alarm.state_value}")
        actions = {evaluation.OK: alarm.ok_actions, evaluation.ALARM: alarm.alarm_actions}
        for action in actions.get(alarm.state_value, alarm.insufficient_data_actions) if alarm.actions_enabled else ():
            failure = carry_out(action, alarm, old, account_id)
            failed = f"Failed to execute action {action}. Received error: {failure}"
            self._note(alarm, "Action", failed if failure else f"Successfully executed action {action}")

    def _note(self, alarm: Alarm, kind: str, summary: str) -> None:
        log.info("%s: %s", alarm.name, summary)
        item = {"AlarmName": alarm.name, "AlarmType": "MetricAlarm", "Timestamp": utcnow()}
        self._history.append({**item, "HistoryItemType": kind, "HistorySummary": summary, "HistoryData": "{}"})


def _check(call: Call) -> None:
    wrong = validation.faults(call.service, call.operation, call.parameters)
    if not call.parameters.get("Metrics"):
        wrong += [f"{member} {reason}" for member, reason in rules.faults(call.parameters, call.region)]
    if wrong:
        raise ValidationError(f"{len(wrong)} validation error(s) detected: {'; '.join(wrong)}")


def _delete(call: Call) -> None:
    """moto leaves the tags of what it deletes."""
    backend = cloudwatch_backends[call.account_id][call.region]
    for name in call.parameters["AlarmNames"]:
        if name in backend.alarms:
            backend.tagger.delete_all_tags_for_resource(backend.alarms[name].alarm_arn)
    call.proceed()
