"""`mlteam status`: what is wanted, what is served, who holds the lock, what happened last. Changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import click

from components.variants import Kind
from workflow.backends.serving_oss import ModelServer
from workflow.clock import read_dated
from workflow.context import Context
from workflow.deployment import read_deployment
from workflow.errors import MlteamError
from workflow.ledger import last_entries
from workflow.lock import is_held, lock_address, parse_lease
from workflow.verdicts import SHOWN

_HISTORY: Final = 5


@dataclass(frozen=True, kw_only=True)
class StatusResult:
    """`problem` is empty when the wanted deployment is served; `history` has the newest first."""

    stack: str
    variants: Mapping[str, str]
    serving_url: str
    tracking_uri: str
    deployment: Mapping[str, Any]
    arms: Mapping[str, Any]
    problem: str
    lock: str
    history: tuple[str, ...]

    def text(self) -> str:
        variants = ", ".join(f"{kind} {variant}" for kind, variant in self.variants.items())
        lines = [f"stack       {self.stack} ({variants})", f"mlflow      {self.tracking_uri}"]
        lines.append(f"serving     {self.serving_url}, generation {self.deployment['generation']}")
        for place in ("champion", "challenger", "previous"):
            lines.append(f"{place:<11} {self._model(place)}")
        lines.append(f"health      {self.problem or 'serves what is wanted'}")
        lines.append(f"lock        {self.lock or 'free'}")
        return "\n".join([*lines, *(f"history     {line}" for line in self.history)])

    def _model(self, place: str) -> str:
        model = self.deployment[place]
        if model is None:
            return "none"
        weight = f", {self.deployment['challenger_weight']:.0%} of units" if place == "challenger" else ""
        loaded = "loaded" if self.arms.get(place, {}).get("digest") == model["digest"] else "NOT loaded"
        return f"{model['name']} {model['digest'][:SHOWN]} ({loaded}{weight})"


def run(context: Context) -> StatusResult:
    platform = context.platform
    client = context.aws.client("s3")
    deployment = read_deployment(client, platform.serving.deployment_uri).deployment
    arms, problem = _health(context, deployment.generation)
    return StatusResult(
        stack=platform.stack,
        variants={kind.value: getattr(platform, kind.value).variant for kind in Kind},
        serving_url=platform.serving.url,
        tracking_uri=platform.tracking.tracking_uri,
        deployment=deployment.model_dump(),
        arms=arms,
        problem=problem,
        lock=_holder(context),
        history=tuple(
            f"{entry.deployment.generation} {entry.verb} by {entry.author} {entry.reason}".rstrip()
            for entry in last_entries(client, platform.storage.artifact_bucket, platform.stack, _HISTORY)
        ),
    )


def _health(context: Context, generation: int) -> tuple[Mapping[str, Any], str]:
    """A server that does not answer is a finding here, not a failure."""
    try:
        status = ModelServer(context.platform.serving.url).status()
    except MlteamError as error:
        return {}, str(error)
    problems = [f"{fault['place']} {fault['digest'][:SHOWN]}: {fault['message']}" for fault in status["errors"]]
    if status["store_error"]:
        problems.append(f"the server cannot read the deployment: {status['store_error']}")
    if status["generation"] != generation:
        problems.append(f"the server serves generation {status['generation']}, wanted is {generation}")
    return status["arms"], "; ".join(problems)


def _holder(context: Context) -> str:
    platform = context.platform
    address = lock_address(platform.storage.artifact_bucket, platform.stack)
    stored = read_dated(context.aws.client("s3"), address)
    if stored is None:
        return ""
    lease = parse_lease(stored.body, address)
    return f"{lease.owner}, to {lease.purpose}" if is_held(lease, stored) else ""


@click.command(help=__doc__)
@click.pass_obj
def command(context: Context, /) -> StatusResult:
    return run(context)
