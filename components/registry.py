"""THE CHOICE: per kind, which class stands behind which variant.

A variant that is not in a table is refused by the table, with what there is.
"""

from collections.abc import Mapping
from typing import Final, TypeVar

from components.data.contract import Data
from components.data.oss import OssData
from components.monitoring.contract import Monitoring
from components.monitoring.managed import ManagedMonitoring
from components.serving.contract import Serving
from components.serving.oss import OssServing
from components.tracking.contract import Tracking
from components.tracking.managed import ManagedTracking
from components.tracking.oss import OssTracking
from components.training.contract import Training
from components.training.oss import OssTraining
from components.variants import Kind, Variant

C = TypeVar("C")

DATA: Final[Mapping[Variant, type[Data]]] = {Variant.OSS: OssData}
TRACKING: Final[Mapping[Variant, type[Tracking]]] = {Variant.OSS: OssTracking, Variant.MANAGED: ManagedTracking}
TRAINING: Final[Mapping[Variant, type[Training]]] = {Variant.OSS: OssTraining}
SERVING: Final[Mapping[Variant, type[Serving]]] = {Variant.OSS: OssServing}
MONITORING: Final[Mapping[Variant, type[Monitoring]]] = {Variant.MANAGED: ManagedMonitoring}

REGISTRY: Final[Mapping[Kind, Mapping[Variant, type]]] = {
    Kind.DATA: DATA,
    Kind.TRACKING: TRACKING,
    Kind.TRAINING: TRAINING,
    Kind.SERVING: SERVING,
    Kind.MONITORING: MONITORING,
}
"""All tables, for whoever lists what there is: settings, tests, the README."""

STATEFUL: Final = frozenset({Kind.TRACKING})
"""Kinds whose variants keep data of their own: swapping one is moving it."""


def offered(kind: Kind) -> tuple[str, ...]:
    """The words that a kind's flag takes in this version."""
    return tuple(variant.value for variant in REGISTRY[kind])
