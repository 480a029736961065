"""Adding and removing a statement of a topic's policy, whatever else stands in it.

moto 5.2.5 looks for the label among the statements' Sids and fails at a statement that has none, and at one that stands
alone; SNS takes both (API reference, AddPermission, read 2026-11).
"""

from typing import Any

from moto.sns.models import sns_backends
from moto.sns.responses import SNSResponse

from emulator.seam import Call, answer


def _permission(call: Call) -> None:
    """moto's own error for a topic that is not there."""
    policy: Any = sns_backends[call.account_id][call.region].get_topic(call.parameters["TopicArn"])._policy_json
    listed = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    policy["Statement"] = [{"Sid": "", **each} for each in listed]
    try:
        call.proceed()
    finally:
        for each in policy["Statement"]:
            if not each["Sid"]:
                del each["Sid"]


def install() -> None:
    answer(SNSResponse, "AddPermission", _permission)
    answer(SNSResponse, "RemovePermission", _permission)
