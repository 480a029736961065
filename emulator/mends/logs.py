"""CloudWatch Logs keeps events for certain numbers of days only; moto 5.2.5 takes any, and botocore has no list.

Source: PutRetentionPolicy, API reference (read 2026-11).
"""

from typing import Final

from moto.logs.responses import LogsResponse

from emulator.seam import AwsError, Call, answer

DAYS: Final = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


def _put_retention(call: Call) -> None:
    days = call.parameters.get("retentionInDays")
    if days not in DAYS:
        allowed = ", ".join(map(str, DAYS))
        raise AwsError("InvalidParameterException", f"retentionInDays: {days!r}; allowed: {allowed}")
    call.proceed()


def install() -> None:
    answer(LogsResponse, "PutRetentionPolicy", _put_retention)
