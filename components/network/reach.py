"""Who reaches whom: the whole table, as data. What is not here is closed.

Everybody else (people, a laptop, CI) comes in by SSM port forwarding, which needs no ingress at all.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Reach:
    """`caller` is a security group of the network; `service` a service of the host, by name."""

    caller: str
    service: str
    why: str


REACH: Final = (Reach("training", "mlflow", "training machines log runs and models"),)


def callers_of(service: str) -> tuple[Reach, ...]:
    return tuple(reach for reach in REACH if reach.service == service)
