"""Policies as AWS gives them back, which is not as they were given.

moto 5.2.5 answers every document as it came, so a program that compares texts would pass here and see a change at each
run on AWS. S3 answers GetBucketPolicy compact, with its elements in an order of its own, lists of one as their element,
booleans of conditions as text; S3, SNS and trust policies name an account by the ARN of its root. IAM keeps the rest as
it was given. Sources: S3 GetBucketPolicy, "AWS JSON policy elements: Principal" (read 2026-11), and what
hashicorp/awspolicyequivalence, by which pulumi-aws compares, takes for equal.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from moto.iam.models import Role
from moto.s3.models import FakeBucket
from moto.sns.models import Topic

ORDER: Final = ("Version", "Id", "Statement")
STATEMENT_ORDER: Final = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
)
ACCOUNT: Final = re.compile(r"\d{12}")
Json = Any


def as_s3_tells(policy: Mapping[str, Json]) -> dict[str, Json]:
    """A bucket policy in S3's words."""
    statements = policy.get("Statement", [])
    listed = [statements] if isinstance(statements, Mapping) else statements
    told = [_ordered(_collapsed(_with_arns(statement)), STATEMENT_ORDER) for statement in listed]
    return _ordered({**policy, "Statement": told}, ORDER)


def with_arns(policy: Mapping[str, Json]) -> dict[str, Json]:
    """The policy with every account among its principals named by ARN."""
    statements = policy.get("Statement", [])
    if isinstance(statements, Mapping):
        return {**policy, "Statement": _with_arns(statements)}
    return {**policy, "Statement": [_with_arns(statement) for statement in statements]}


def _ordered(value: Mapping[str, Json], order: tuple[str, ...]) -> dict[str, Json]:
    return {name: value[name] for name in (*order, *(name for name in value if name not in order)) if name in value}


def _collapsed(value: Json) -> Json:
    """Lists of one as their element; booleans, which stand in conditions only, as text."""
    if isinstance(value, Mapping):
        return {name: _collapsed(item) for name, item in value.items()}
    if isinstance(value, list):
        items = [_collapsed(item) for item in value]
        return items[0] if len(items) == 1 else items
    return str(value).lower() if isinstance(value, bool) else value


def _with_arns(statement: Mapping[str, Json]) -> dict[str, Json]:
    changed = dict(statement)
    for name in ("Principal", "NotPrincipal"):
        principal = statement.get(name)
        if isinstance(principal, Mapping) and "AWS" in principal:
            changed[name] = {**principal, "AWS": _arns(principal["AWS"])}
    return changed


def _arns(principal: Json) -> Json:
    if isinstance(principal, list):
        return [_arns(one) for one in principal]
    return f"arn:aws:iam::{principal}:root" if ACCOUNT.fullmatch(str(principal)) else principal


def _bucket_policy(text: bytes | None) -> bytes | None:
    return None if text is None else json.dumps(as_s3_tells(json.loads(text)), separators=(",", ":")).encode()


def _named_by_arn(text: str | None) -> str | None:
    """The text itself if that changes nothing."""
    if not text:
        return text
    before = json.loads(text)
    after = with_arns(before)
    return text if before == after else json.dumps(after, separators=(",", ":"))


def install() -> None:
    _keep(FakeBucket, "policy", _bucket_policy)
    _keep(Role, "assume_role_policy_document", _named_by_arn)
    _keep(Topic, "policy", _named_by_arn)


def _keep(model: type, name: str, told: Callable[[Any], Any]) -> None:
    """Let an attribute of moto's keep what AWS would tell."""
    known = model.__dict__.get(name)

    def get(self: Any) -> Any:
        return known.fget(self) if isinstance(known, property) and known.fget else self.__dict__[name]

    def put(self: Any, value: Any) -> None:
        if isinstance(known, property) and known.fset:
            known.fset(self, told(value))
        else:
            self.__dict__[name] = told(value)

    setattr(model, name, property(get, put))
