"""The provider's own configuration: what it accepts, what it refuses, and which account it may touch."""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from emulator.engine import shapes
from emulator.engine.values import UNKNOWN
from emulator.rows import Json

_TYPES: Final[Mapping[str, str]] = {
    "region": "string",
    "accessKey": "string",
    "secretKey": "string",
    "token": "string",
    "allowedAccountIds": "list",
    "forbiddenAccountIds": "list",
    "defaultTags": "map",
    "skipCredentialsValidation": "boolean",
    "skipMetadataApiCheck": "boolean",
    "skipRegionValidation": "boolean",
    "skipRequestingAccountId": "boolean",
    "s3UsePathStyle": "boolean",
    "maxRetries": "integer",
}
# They choose whom to talk to, or as whom; the emulator talks to itself only, so they would be silently wrong.
_NOT_EMULATED: Final = frozenset(
    {
        "assumeRoleWithWebIdentity",
        "assumeRoles",
        "customCaBundle",
        "ec2MetadataServiceEndpoint",
        "ec2MetadataServiceEndpointMode",
        "endpoints",
        "httpProxy",
        "httpsProxy",
        "ignoreTags",
        "insecure",
        "noProxy",
        "profile",
        "retryMode",
        "s3UsEast1RegionalEndpoint",
        "sharedConfigFiles",
        "sharedCredentialsFiles",
        "stsRegion",
        "tagPolicyCompliance",
        "tokenBucketRateLimiterCapacity",
        "useDualstackEndpoint",
        "useFipsEndpoint",
        "userAgents",
    }
)
_OF_THE_ENGINE: Final = frozenset({"version", "pluginDownloadURL", "parameterization", "__internal", "__defaults"})


@dataclass(frozen=True)
class Configuration:
    """What holds for every resource of one provider."""

    region: str
    account: str
    default_tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def partition(self) -> str:
        return "aws"


def parsed(properties: Mapping[str, Json]) -> dict[str, Json]:
    """Configuration as values: the engine sends whatever is not text as JSON text."""
    return {key: _parsed(value, _TYPES.get(key, "string")) for key, value in properties.items()}


def _parsed(value: Json, kind: str) -> Json:
    if kind == "string" or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def faults(properties: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """(key, reason) for everything wrong in a parsed configuration."""
    for key, value in properties.items():
        if key in _OF_THE_ENGINE or value is UNKNOWN:
            continue
        if key in _NOT_EMULATED:
            yield key, f"aws:{key} is not emulated: the emulated AWS reaches only itself; remove it from this stack"
        elif key not in _TYPES:
            near = difflib.get_close_matches(key, _TYPES, 1)
            hint = f"; did you mean aws:{near[0]}" if near else ""
            yield key, f"aws:{key} is unknown{hint}; allowed: {', '.join(_TYPES)}"
        elif reason := shapes.wrong_type(value, _TYPES[key]):
            yield key, f"aws:{key} is {value!r}: {reason}"
    region = properties.get("region")
    if not region:
        yield "region", "aws:region is missing: run `pulumi config set aws:region us-east-1`"
    elif isinstance(region, str) and region not in _regions():
        yield "region", f"aws:region is {region!r}; allowed: {', '.join(_regions())}"
    yield from _tag_faults(properties.get("defaultTags"))


def _tag_faults(default_tags: Json) -> Iterator[tuple[str, str]]:
    if isinstance(default_tags, dict):
        for key in default_tags:
            if key != "tags":
                yield "defaultTags", f"aws:defaultTags has unknown key {key!r}; allowed: tags"


def _regions() -> list[str]:
    return list(shapes.session().get_available_regions("ec2"))


def account_fault(properties: Mapping[str, Json], account: str) -> str | None:
    """Why the provider may not touch the account whose credentials it has, or None."""
    allowed = properties.get("allowedAccountIds") or []
    forbidden = properties.get("forbiddenAccountIds") or []
    if allowed and account not in allowed:
        return f"AWS account {account} is not in aws:allowedAccountIds ({', '.join(map(str, allowed))})"
    if account in forbidden:
        return f"AWS account {account} is in aws:forbiddenAccountIds"
    return None


def configuration(properties: Mapping[str, Json], account: str) -> Configuration:
    tags = (properties.get("defaultTags") or {}).get("tags") or {}
    return Configuration(region=str(properties["region"]), account=account, default_tags=tags)
