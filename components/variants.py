"""The closed words of the platform: which kinds of component there are and which variants a kind may have.

A kind enters here together with its folder; which variants it really offers is the registry's to say.
"""

from enum import StrEnum


class Kind(StrEnum):
    """A row of the platform: one folder in `components/`, one flag in stack config."""

    DATA = "data"
    TRACKING = "tracking"
    TRAINING = "training"
    SERVING = "serving"
    MONITORING = "monitoring"


class Variant(StrEnum):
    """Who runs a component: this stack's own EC2 host, or AWS."""

    OSS = "oss"
    MANAGED = "managed"


class Duty(StrEnum):
    """What people and CI take a role for: to develop models, or to deploy them; nobody does both in one role."""

    DEVELOPER = "developer"
    DEPLOYER = "deployer"


class Tier(StrEnum):
    """A level of data, each nested in the next: dev in staging in prod."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"
