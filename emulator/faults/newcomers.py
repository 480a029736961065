"""Roles and instance profiles that the other services do not know yet, and what these say of them.

Codes and texts are those that AWS answers and that terraform-provider-aws, on which pulumi-aws stands, waits out
(internal/service/{ec2,scheduler,sagemaker}, read 2026-11). Who reaches a profile by a launch template is not seen.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from emulator.faults.plan import NewRole
from emulator.wire import Asked

MADE: Final = {"iam:CreateRole": "RoleName", "iam:CreateInstanceProfile": "InstanceProfileName"}
"""Operation -> the parameter that names the newcomer."""

_BY_EC2: Final = {
    "IamInstanceProfile.Name": (
        "InvalidParameterValue",
        "Value ({0}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
    ),
    "IamInstanceProfile.Arn": (
        "InvalidParameterValue",
        "Value ({0}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN",
    ),
}
_BY_SCHEDULER: Final = {
    "Target.RoleArn": (
        "ValidationException",
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
    )
}
_BY_DLM: Final = {"ExecutionRoleArn": ("InternalServerException", "Role {0} cannot be assumed")}
_BY_SAGEMAKER: Final = dict.fromkeys(
    ("RoleArn", "ExecutionRoleArn"),
    (
        "ValidationException",
        "Could not assume role {0}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role.",
    ),
)
USES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "ec2:RunInstances": _BY_EC2,
    "ec2:AssociateIamInstanceProfile": _BY_EC2,
    "ec2:ReplaceIamInstanceProfileAssociation": _BY_EC2,
    "scheduler:CreateSchedule": _BY_SCHEDULER,
    "scheduler:UpdateSchedule": _BY_SCHEDULER,
    "dlm:CreateLifecyclePolicy": _BY_DLM,
    "dlm:UpdateLifecyclePolicy": _BY_DLM,
    "sagemaker:*": _BY_SAGEMAKER,
    "sts:AssumeRole": {"RoleArn": ("AccessDenied", "User is not authorized to perform: sts:AssumeRole on {0}")},
}
"""Operation -> member path that names the role or profile -> code and message."""


@dataclass
class Newcomers:
    """Counts the uses of what was made under one fault of a plan."""

    fault: NewRole
    _uses: dict[str, int] = field(default_factory=dict)
    _made: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def learn(self, asked: Asked) -> None:
        """The call has made something."""
        if asked.name in MADE:
            name = str(asked.parameters[MADE[asked.name]])
            with self._lock:
                self._made[name] = time.monotonic()
                self._uses.pop(name, None)  # one that is made again is as new as the first

    def refusal(self, asked: Asked) -> tuple[str, str] | None:
        """Code and message if the call uses a newcomer too early."""
        for value, (code, message) in _named(asked):
            if self._is_too_early(value.rpartition("/")[2]):
                return code, message.format(value)
        return None

    def _is_too_early(self, name: str) -> bool:
        with self._lock:
            if name not in self._made:
                return False
            self._uses[name] = self._uses.get(name, 0) + 1
            if self.fault.uses is not None:
                return self._uses[name] <= self.fault.uses
            return time.monotonic() - self._made[name] < (self.fault.seconds or 0.0)


def _named(asked: Asked) -> Iterator[tuple[str, tuple[str, str]]]:
    places = USES.get(asked.name) or USES.get(f"{asked.service}:*") or {}
    for path, words in places.items():
        found: Any = asked.parameters
        for step in path.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
        if isinstance(found, str):
            yield found, words
