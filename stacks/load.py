"""Read the selected stack's config: the only place that asks Pulumi for any of it."""

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi.runtime import config

from stacks.environment import ENVIRONMENTS, Environment
from stacks.faults import Fault, Given, check, render
from stacks.settings import Settings

NAMESPACE: Final = "mlteam:"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Which stack this is, and where."""

    project: str
    stack: str
    region: str
    environment: Environment


def _all_config() -> tuple[dict[str, str], set[str]]:
    """Every key of the stack with its value, and which are secret.

    `pulumi.Config` answers only for keys that it is asked for, so a mistyped one would pass in silence: this reads the
    runtime's own tables. `tests/stacks` fails when they move.
    """
    values = {**config.get_config_env(), **config.CONFIG.get()}
    secret = {key for key in values if config.is_config_secret(key)} | set(config.get_config_secret_keys_env())
    return {key: str(value) for key, value in values.items()}, secret


def load() -> tuple[Target, Settings]:
    """Settings of the selected stack, or one `RunError` with all of its faults."""
    values, secret = _all_config()
    stack = pulumi.get_stack()
    given = Given(
        stack=stack,
        values={key.removeprefix(NAMESPACE): value for key, value in values.items() if key.startswith(NAMESPACE)},
        secret_keys={key.removeprefix(NAMESPACE) for key in secret},
    )
    settings, faults = check(given)
    region = values.get("aws:region", "")
    if not region:
        faults.append(_no_region())
    if faults:
        raise pulumi.RunError(render(faults, stack))
    environment = ENVIRONMENTS[stack]
    return Target(project=pulumi.get_project(), stack=stack, region=region, environment=environment), settings


def _no_region() -> Fault:
    return Fault(key="aws:region", problem="is not given", cure="pulumi config set aws:region us-east-1")
