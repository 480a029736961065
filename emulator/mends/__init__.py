"""What moto does otherwise than AWS and the emulator needs as AWS does it, one module per matter.

Each module says what moto 5.2.5 does, what AWS does, and has `install()`. Those that do more than answer (`alarms`,
`association_tags`, `subscriptions`) are put together in `emulator.platform`.
"""

from emulator.mends import identity, launching, logs, parameters, permissions, rule_descriptions, storage, volumes
from emulator.mends.addresses import Loopback
from emulator.mends.budgets import Budgets
from emulator.mends.schedules import Schedules


def install() -> None:
    Loopback().install()
    launching.install()
    identity.install()
    logs.install()
    parameters.install()
    permissions.install()
    rule_descriptions.install()
    storage.install()
    volumes.install()
    Budgets().install()
    Schedules().install()
