"""What can be wrong with a stack's config, found all at once and said so that it can be mended at once."""

import difflib
import re
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from stacks.environment import ENVIRONMENTS, Environment
from stacks.settings import Key, Settings, keys

AMI_COMMAND: Final = (
    "$(aws ssm get-parameter --query Parameter.Value --output text --name"
    " /aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id)"
)
OTHER_KEYS: Final = ("stack", "aws:region")
"""What can be at fault without being a key of ours."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`cure` is a command; `value` is not shown where the value is a secret."""

    key: str
    problem: str
    cure: str
    value: str | None = None
    allowed: str = ""


@dataclass(frozen=True, kw_only=True)
class Given:
    """The config of one stack as the engine hands it over: texts by key, without the namespace."""

    stack: str
    values: Mapping[str, str]
    secret_keys: Collection[str] = ()


def set_command(key: str, value: str) -> str:
    return f"pulumi config set mlteam:{key} {value}"


def remove_command(key: str) -> str:
    return f"pulumi config rm mlteam:{key}"


def _unknown(given: Given) -> Iterator[Fault]:
    known = keys()
    for name in sorted(set(given.values) - set(known)):
        lowered = {key.lower(): key for key in known}
        near = difflib.get_close_matches(name.lower(), lowered, n=1)
        nearest = lowered[near[0]] if near else ""
        hidden = name in given.secret_keys or (nearest != "" and known[nearest].secret)
        yield Fault(
            key=name,
            value=None if hidden else given.values[name],
            problem=f"is no key of this version; nearest: {nearest or 'none'}",
            allowed=", ".join(known),
            cure=" && ".join((remove_command(name), *_moved(given, nearest, None if hidden else given.values[name]))),
        )


def _moved(given: Given, nearest: str, value: str | None) -> Iterator[str]:
    """The command that gives the value to the key that was meant, unless it has that value."""
    if nearest and (value is None or given.values.get(nearest) != value):
        yield set_command(nearest, keys()[nearest].example if value is None else shlex.quote(value))


def _secrets(given: Given) -> Iterator[Fault]:
    for name, key in keys().items():
        if name in given.secret_keys and not key.secret:
            yield Fault(
                key=name,
                problem="is given as a secret, but stands in names, tags and outputs, in plain",
                cure=f"{remove_command(name)} && {set_command(name, key.example)}",
                allowed=key.allowed,
            )


def _invalid(given: Given, error: ValidationError) -> Iterator[Fault]:
    known = keys()
    seen: set[str] = set()
    for item in error.errors(include_url=False):
        name = str(item["loc"][0])
        if name in seen or name not in known:
            continue
        seen.add(name)
        key: Key = known[name]
        hidden = key.secret or name in given.secret_keys
        problem = "is not allowed" if hidden else item["msg"].removeprefix("Value error, ")
        yield Fault(
            key=name,
            value=None if hidden else given.values[name],
            problem=problem,
            allowed=key.allowed,
            cure=set_command(name, key.example if hidden else _meant(given.values[name], key)),
        )


def _meant(value: str, key: Key) -> str:
    """The allowed word that is nearest, or the key's example."""
    words = [word for word in re.split(r", | or ", key.allowed) if " " not in word]
    return next(iter(difflib.get_close_matches(value.lower(), words, n=1)), key.example)


Rule = Callable[[Settings, Environment], Fault | None]


def _own_home(settings: Settings, environment: Environment) -> Fault | None:
    others = sorted(set(ENVIRONMENTS) - {environment.name})
    if not settings.data_home or settings.data_home in others:
        return None
    own = settings.data_home == environment.name
    return Fault(
        key="dataHome",
        value=settings.data_home,
        problem="is this stack itself: a stack without dataHome is its own" if own else "is no stack of this project",
        allowed=", ".join(others),
        cure=remove_command("dataHome") if own else set_command("dataHome", others[-1]),
    )


def _changed(settings: Settings, name: str) -> bool:
    return bool(getattr(settings, name) != Settings.model_fields[name].default)


def _fractions_elsewhere(settings: Settings, _environment: Environment) -> Fault | None:
    fractions = {"devSampleFraction": "dev_sample_fraction", "stagingSampleFraction": "staging_sample_fraction"}
    changed = [key for key, name in fractions.items() if _changed(settings, name)]
    if not settings.data_home or not changed:
        return None
    return Fault(
        key=changed[0],
        value=str(getattr(settings, fractions[changed[0]])),
        problem=f"does nothing here: stack {settings.data_home} (mlteam:dataHome) owns the tiers and their sizes",
        cure=" && ".join(remove_command(key) for key in changed),
    )


def _fractions_order(settings: Settings, _environment: Environment) -> Fault | None:
    if settings.dev_sample_fraction < settings.staging_sample_fraction:
        return None
    return Fault(
        key="stagingSampleFraction",
        value=str(settings.staging_sample_fraction),
        problem=f"is not above devSampleFraction ({settings.dev_sample_fraction}): dev is a part of staging",
        allowed="a number above devSampleFraction, at most 1",
        cure=set_command("stagingSampleFraction", "0.10"),
    )


def _budget_unheard(settings: Settings, _environment: Environment) -> Fault | None:
    heard = settings.alert_emails or settings.alert_phones or settings.ops_webhook_url
    if heard or not _changed(settings, "monthly_budget_usd"):
        return None
    return Fault(
        key="monthlyBudgetUsd",
        value=str(settings.monthly_budget_usd),
        problem="has nobody to tell: none of alertEmails, alertPhones, opsWebhookUrl is set",
        cure=set_command("alertEmails", "you@your-company.com"),
    )


def _never_sleeps(settings: Settings, environment: Environment) -> Fault | None:
    if settings.working_hours is None or environment.sleeps:
        return None
    sleepers = ", ".join(name for name, other in ENVIRONMENTS.items() if other.sleeps)
    return Fault(
        key="workingHours",
        problem=f"does nothing here: the host of stack {environment.name} never stops; only that of {sleepers} does",
        cure=remove_command("workingHours"),
    )


def _zone_alone(settings: Settings, _environment: Environment) -> Fault | None:
    if settings.working_hours is not None or not _changed(settings, "time_zone"):
        return None
    return Fault(
        key="timeZone",
        value=settings.time_zone,
        problem="does nothing without workingHours",
        cure=set_command("workingHours", '"mon-fri 08:00-18:00"'),
    )


def _retiring_what_is_chosen(settings: Settings, _environment: Environment) -> Fault | None:
    for kind, variant in settings.retiring:
        if getattr(settings, kind.value) is variant:
            return Fault(
                key="retiring",
                value=f"{kind.value}={variant.value}",
                problem=f"is what mlteam:{kind.value} chooses: a side cannot go and stay",
                cure=remove_command("retiring"),
            )
    return None


def _image_missing(settings: Settings, _environment: Environment) -> Fault | None:
    if settings.ami_id:
        return None
    return Fault(
        key="amiId",
        problem="is not given: a host's image is pinned, because a moving one would replace the host",
        allowed=keys()["amiId"].allowed,
        cure=set_command("amiId", AMI_COMMAND),
    )


RULES: Final[tuple[Rule, ...]] = (
    _own_home,
    _fractions_elsewhere,
    _fractions_order,
    _budget_unheard,
    _never_sleeps,
    _zone_alone,
    _retiring_what_is_chosen,
    _image_missing,
)
"""What two keys, or a key and its stack, say against each other."""


def check(given: Given) -> tuple[Settings, list[Fault]]:
    """The settings, and everything wrong with them; they are to be used only if that is nothing."""
    values = {key: value for key, value in given.values.items() if value.strip()}
    faults = [*_unknown(given), *_secrets(given)]
    known = {key: value for key, value in values.items() if key in keys()}
    try:
        settings = Settings.model_validate(known)
    except ValidationError as error:
        invalid = list(_invalid(given, error))
        faults += invalid
        bad = {fault.key for fault in invalid}
        settings = Settings.model_validate({key: value for key, value in known.items() if key not in bad})
    environment = ENVIRONMENTS.get(given.stack)
    if environment is None:
        faults.append(_no_stack(given.stack))
        return settings, faults
    broken = {fault.key for fault in faults}
    pairs = [fault for rule in RULES if (fault := rule(settings, environment)) is not None]
    return settings, [*faults, *(fault for fault in pairs if fault.key not in broken)]


def _no_stack(stack: str) -> Fault:
    return Fault(
        key="stack",
        value=stack,
        problem="has no row in stacks/environment.py, so nobody has said what it guarantees",
        allowed=", ".join(ENVIRONMENTS),
        cure=f"pulumi stack select --create {next(iter(ENVIRONMENTS))}",
    )


def render(faults: Collection[Fault], stack: str) -> str:
    """All faults of one file, numbered."""
    many = f"{len(faults)} faults" if len(faults) > 1 else "a fault"
    lines = [f"Pulumi.{stack}.yaml has {many}:"]
    for number, fault in enumerate(faults, 1):
        name = fault.key if fault.key in OTHER_KEYS else f"mlteam:{fault.key}"
        given = "" if fault.value is None else f" = {fault.value!r}"
        lines.append(f"  {number}. {name}{given}: {fault.problem}")
        if fault.allowed:
            lines.append(f"     allowed: {fault.allowed}")
        lines.append(f"     cure: {fault.cure}")
    return "\n".join(lines)
