"""Physical names: pure, deterministic, within what AWS allows.

Every name starts with `mlteam-<stack>`, so that an orphan is found by name as well as by tag, and bucket names carry
the account id, so that nobody else can claim them first. Lengths: the AWS API reference of each service, 2026-10.
"""

import re
from dataclasses import dataclass
from typing import Final

MAX_BUCKET: Final = 63
MAX_ROLE: Final = 64
MAX_SCHEDULE: Final = 64
MAX_SCHEDULE_GROUP: Final = 64
MAX_POLICY: Final = 128
MAX_DOCUMENT: Final = 128
MAX_TEMPLATE: Final = 128
MAX_TOPIC: Final = 256
MAX_BUDGET: Final = 100
MAX_ALARM: Final = 255
MAX_LOG_GROUP: Final = 512
MAX_PARAMETER: Final = 1011
ACCOUNT_DIGITS: Final = 12

_PLAIN: Final = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")


class NameTooLongError(ValueError):
    """A name is longer than AWS takes, or has characters that it does not."""


def _checked(name: str, limit: int, what: str) -> str:
    if len(name) > limit:
        raise NameTooLongError(
            f"{what} {name!r} has {len(name)} characters; AWS takes {limit}; use a shorter stack name"
        )
    return name


@dataclass(frozen=True)
class Naming:
    """Names of one stack; `prefix` is the P of every rule about them."""

    project: str
    stack: str

    def __post_init__(self) -> None:
        if not _PLAIN.fullmatch(self.prefix):
            raise NameTooLongError(f"{self.prefix!r} must be lower-case letters, digits and hyphens, as in mlteam-dev")
        if "-" in self.stack:  # what is called mlteam-dev-eu-alerts would be stack dev's as well
            raise NameTooLongError(f"stack name {self.stack!r} must have no hyphen: its names would be another stack's")
        _checked(self.bucket("0" * ACCOUNT_DIGITS, "artifacts"), MAX_BUCKET, "bucket name")

    @property
    def prefix(self) -> str:
        return f"{self.project}-{self.stack}"

    @property
    def role_path(self) -> str:
        """IAM path of every role, so that one rule covers the roles of one stack and no other."""
        return f"/{self.prefix}/"

    def bucket(self, account_id: str, purpose: str) -> str:
        return _checked(f"{self.prefix}-{account_id}-{purpose}", MAX_BUCKET, "bucket name")

    def role(self, purpose: str) -> str:
        return _checked(f"{self.prefix}-{purpose}", MAX_ROLE, "role name")

    def policy(self, purpose: str) -> str:
        return _checked(f"{self.prefix}-{purpose}", MAX_POLICY, "policy name")

    def schedule(self, purpose: str) -> str:
        return _checked(f"{self.prefix}-{purpose}", MAX_SCHEDULE, "schedule name")

    def schedule_group(self) -> str:
        return _checked(self.prefix, MAX_SCHEDULE_GROUP, "schedule group name")

    def document(self, purpose: str) -> str:
        return _checked(f"{self.prefix}-{purpose}", MAX_DOCUMENT, "document name")

    def launch_template(self, purpose: str) -> str:
        return _checked(f"{self.prefix}-{purpose}", MAX_TEMPLATE, "launch template name")

    def topic(self, purpose: str) -> str:
        return _checked(f"{self.prefix}-{purpose}", MAX_TOPIC, "topic name")

    def alarm(self, purpose: str) -> str:
        return _checked(f"{self.prefix}-{purpose}", MAX_ALARM, "alarm name")

    def budget(self) -> str:
        return _checked(f"{self.prefix}-monthly", MAX_BUDGET, "budget name")

    def parameter(self, *parts: str) -> str:
        return _checked("/".join(("", self.prefix, *parts)), MAX_PARAMETER, "parameter name")
