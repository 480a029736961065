"""What the services demand of a statement beside the grammar: a sentence for one that they refuse, else none.

Sources: IAM User Guide, "AWS JSON policy elements" (Sid, Principal, Resource); S3, "Policies and permissions"; SNS,
"Access policy language" (read 2026-11); the sentences are AWS's own where those are known.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from moto.iam.models import iam_backends

from emulator.access import reference
from emulator.access.patterns import is_like
from emulator.access.resource_policies import BUCKET
from emulator.manners.rules import Request

Statement = Mapping[str, Any]
Demand = Callable[[Statement, Request], str]
"""The sentence of a refusal; empty for a statement that is well."""

SID: Final = re.compile(r"[0-9A-Za-z]*")
VENDOR: Final = re.compile(r"[a-z0-9-]+")
SERVICE: Final = re.compile(r"(?:[a-z0-9-]+\.)+amazonaws\.com(?:\.cn)?")
UNASKED: Final = re.compile(
    r"\*|(?:arn:aws:iam::)?\d{12}(?::root)?|A(?:ROA|IDA)[A-Z0-9]+"
    r"|arn:aws:iam::\d{12}:user/(?:[^*?]+/)?[\w+=,.@-]{1,64}"
    r"|arn:aws:sts::\d{12}:federated-user/[\w+=,.@-]{2,32}"
    r"|arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity [A-Z0-9]+",
    re.ASCII,
)
"""Accounts, unique ids, and users: any access key that nobody made is one here (`emulator/mends/identity.py`)."""
ROLE: Final = re.compile(r"arn:aws:iam::(\d{12}):role/[^*?]+")
SESSION: Final = re.compile(r"arn:aws:sts::(\d{12}):assumed-role/([^*?/]+)/[^*?/]+")
TOPIC_ACTIONS: Final = frozenset(
    f"sns:{name}"
    for name in (
        *("addpermission", "deletetopic", "getdataprotectionpolicy", "gettopicattributes", "listsubscriptionsbytopic"),
        *("listtagsforresource", "publish", "putdataprotectionpolicy", "receive", "removepermission"),
        *("settopicattributes", "subscribe"),
    )
)


def _texts(statement: Statement, *names: str) -> Iterator[str]:
    for name in names:
        given = statement.get(name, ())
        yield from [given] if isinstance(given, str) else given


def has(statement: Statement, element: str) -> bool:
    return element in statement or f"Not{element}" in statement


def plain_sid(statement: Statement, _: Request) -> str:
    if SID.fullmatch(statement.get("Sid", "")):
        return ""
    rule = "Check that your input satisfies the regular expression [0-9A-Za-z]*"
    return f"Statement IDs (SID) must be alpha-numeric. {rule}"


def full_vendor(statement: Statement, _: Request) -> str:
    for text in _texts(statement, "Resource", "NotResource"):
        if text != "*" and not VENDOR.fullmatch(text.split(":")[2]):
            return "Resource vendor must be fully qualified and cannot contain regexes."
    return ""


def _principals(statement: Statement) -> Iterator[tuple[str, str]]:
    """(kind, name) of each, in AWS's capitals."""
    for element in ("Principal", "NotPrincipal"):
        given = statement.get(element, {})
        if isinstance(given, str):
            yield "STAR", given
        else:
            yield from ((kind.upper(), name) for kind in given for name in _texts(given, kind))


def _exists(kind: str, name: str, call: Request) -> bool:
    """Who belongs to another account cannot be known here, nor which services there are: AWS publishes no list."""
    if kind == "SERVICE":
        return bool(SERVICE.fullmatch(name))
    if kind != "AWS" or UNASKED.fullmatch(name):
        return True
    session = SESSION.fullmatch(name)
    found = session or ROLE.fullmatch(name)
    if found is None or found[1] != call.account_id:
        return found is not None
    roles: Any = iam_backends[call.account_id]["aws"].roles.values()
    return any(role.name == session[2] if session else role.arn == name for role in roles)


def known_principals(sentence: str) -> Demand:
    """`sentence` has places for the kind and the name."""

    def demand(statement: Statement, call: Request) -> str:
        strangers = (each for each in _principals(statement) if not _exists(*each, call))
        return next((sentence.format(kind, name) for kind, name in strangers), "")

    return demand


def somebody(sentence: str) -> Demand:
    return lambda statement, _: "" if any(_principals(statement)) else sentence


def not_everybody(statement: Statement, _: Request) -> str:
    is_bare = statement.get("Principal") == "*"
    return 'AssumeRolepolicy contained an invalid principal: "STAR":"*".' if is_bare else ""


def of_s3(statement: Statement, _: Request) -> str:
    for action in map(str.lower, _texts(statement, "Action", "NotAction")):
        is_pattern = "*" in action or "?" in action
        if not action.startswith(("s3:", "*")) or not (is_pattern or reference.exists(action)):
            return "Policy has invalid action"
    return ""


def of_the_bucket(statement: Statement, call: Request) -> str:
    bucket = call.parameters["Bucket"]
    for text in _texts(statement, "Resource", "NotResource"):
        if not text.startswith(BUCKET) or not is_like(bucket, text.removeprefix(BUCKET).partition("/")[0]):
            return "Policy has invalid resource"
    return ""


def meets_a_resource(statement: Statement, _: Request) -> str:
    resources = list(_texts(statement, "Resource"))
    for action in map(str.lower, _texts(statement, "Action")):
        is_one = "*" not in action and "?" not in action
        if resources and is_one and not any(_may_meet(reference.resource_types(action), text) for text in resources):
            return "Action does not apply to any resource(s) in statement"
    return ""


def _may_meet(kinds: tuple[str, ...], resource: str) -> bool:
    """Objects have a slash in their ARN, a bucket has none."""
    has_slash = "/" in resource
    return ("bucket" in kinds and not has_slash) or ("object" in kinds and (has_slash or resource.endswith("*")))


def of_a_topic(statement: Statement, _: Request) -> str:
    is_out = any(action.lower() not in TOPIC_ACTIONS for action in _texts(statement, "Action", "NotAction"))
    return "Invalid parameter: Policy statement action out of service scope!" if is_out else ""
