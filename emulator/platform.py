"""The parts of the emulated AWS put together: gateway, ledger, mends, executors."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from moto.core.responses import BaseResponse

from emulator import manners, mends, seam
from emulator.access.hook import Access
from emulator.access.trail import Trail
from emulator.executors.ec2 import Ec2Executor
from emulator.executors.instances import install_programs
from emulator.executors.sagemaker import MlflowAppExecutor
from emulator.executors.ssm import SsmExecutor
from emulator.faults.injector import Injector
from emulator.gateway import Gateway
from emulator.ledger import Ledger, response_class
from emulator.ledger_rows import ASSOCIATION, KINDS, MLFLOW_APP
from emulator.manners.idempotency import Idempotency
from emulator.manners.rules import Rules
from emulator.mends.alarms import Alarms
from emulator.mends.association_tags import AssociationTags
from emulator.mends.subscriptions import Subscriptions
from emulator.server import ACCOUNT_ID
from emulator.sns.delivery import Delivery
from emulator.sns.mailbox import Mailbox
from emulator.state import State

# Services of the ledger that moto knows too: its response class takes the operations.
SHARED = {
    "sagemaker": ("moto.sagemaker.responses", "SageMakerResponse"),
    "ssm": ("moto.ssm.responses", "SimpleSystemManagerResponse"),
}


@dataclass(frozen=True)
class Platform:
    """What the server needs to serve and to end."""

    gateway: Gateway
    ec2: Ec2Executor


def assemble(state: State, aws_endpoint_url: str) -> Platform:
    install_programs(state.programs)
    seam.refuse_the_unknown()
    mends.install()
    manners.install()
    own, classes = _response_classes()
    ledger = Ledger(KINDS)
    ledger.install(classes)
    gateway = Gateway(own)
    faults = Injector(state.fault_plan, state.fault_record)
    access = Access(ACCOUNT_ID, Trail(state.folder), gateway.requests)
    rules = Rules(manners.RULES, ACCOUNT_ID, gateway.requests)
    gateway.hooks += [faults.hook, access, Idempotency().hook, rules.hook]
    ec2 = Ec2Executor(state, lambda: aws_endpoint_url, gateway.requests, access.service_may)
    ec2.install()
    SsmExecutor(ec2, ledger, ASSOCIATION).install()
    AssociationTags(ledger, ASSOCIATION).install()
    alarms = Alarms(gateway.requests)
    alarms.install()
    delivery = Delivery(Mailbox(state.mailbox), alarms.count_delivery)
    Subscriptions(delivery, aws_endpoint_url).install()
    delivery.start()
    apps = MlflowAppExecutor(state, aws_endpoint_url, ledger, MLFLOW_APP, gateway.requests)
    apps.install()
    gateway.hooks.append(apps.answer_call)
    return Platform(gateway, ec2)


def _response_classes() -> tuple[dict[str, type[BaseResponse]], dict[str, type[BaseResponse]]]:
    """The services that only the ledger has, and the response class of every service of the ledger."""
    services = {kind.service for kind in KINDS}
    own = {service: response_class(service) for service in services - set(SHARED)}
    shared: dict[str, Any] = {
        service: getattr(import_module(module), name) for service, (module, name) in SHARED.items()
    }
    return own, {**own, **shared}
