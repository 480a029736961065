"""Policies that their service would not take: each kind has demands of its own beside IAM's grammar.

moto 5.2.5 looks at the documents of IAM only, at a trust policy only when it is changed, and at no principal; what it
took was then refused to everybody who came under it. It wants version 2012-10-17 of all, AWS only of managed policies;
it takes no number for a condition's value, and no `sts:SetContext` in a trust policy, where AWS's own guides have it.
Sources: IAM User Guide, "Grammar of the IAM JSON policy language" and "Principal"; S3, "Error responses" and "Policies
and permissions"; SNS, "Access policy language"; EC2, "Error codes"; S3, "Access Grants locations" (read 2026-11); the
sentences are AWS's own where those are known.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from moto.core.exceptions import ServiceException
from moto.iam.policy_validation import (
    BaseIAMPolicyValidator,
    IAMPolicyDocumentValidator,
    IAMTrustPolicyDocumentValidator,
)

from emulator.access.policies import PolicyError, parse
from emulator.manners import demands
from emulator.manners.demands import Demand, Statement
from emulator.manners.rules import Check, Request, Rule
from emulator.seam import AwsError, replace


@dataclass(frozen=True)
class Kind:
    """`needs` and `forbids` tell of an element (Principal for NotPrincipal too) what the service says without, or with
    it; `syntax` what it says of a document that it cannot read; `judge` is moto's, where it has one.
    """

    code: str
    syntax: str
    needs: Mapping[str, str] = field(default_factory=dict)
    forbids: Mapping[str, str] = field(default_factory=dict)
    demands: tuple[Demand, ...] = ()
    judge: type[BaseIAMPolicyValidator] | None = None

    def check(self, text: str, call: Request) -> None:
        """AwsError says the first thing that is wrong."""
        for statement in _statements(text):
            wrong = [self.needs[name] for name in self.needs if not demands.has(statement, name)]
            wrong += [self.forbids[name] for name in self.forbids if demands.has(statement, name)]
            self._refuse(wrong)
        self._read(text)
        for statement in _statements(text):
            self._refuse(filter(None, (demand(statement, call) for demand in self.demands)))

    def _refuse(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            raise AwsError(self.code, sentence)

    def _read(self, text: str) -> None:
        try:
            if self.judge:
                self.judge(text).validate()
            parse("given", text)
        except ServiceException as error:
            raise AwsError(self.code, str(error.message)) from error
        except PolicyError as error:
            raise AwsError(self.code, f"{self.syntax} ({error})") from error
        except Exception as error:  # moto's judge trips over a type that it did not think of
            raise AwsError(self.code, self.syntax) from error


def _statements(text: str) -> list[Statement]:
    """As far as they can be read."""
    try:
        document = json.loads(text)
    except ValueError:
        return []
    listed = document.get("Statement") if isinstance(document, dict) else None
    return [each for each in (listed if isinstance(listed, list) else [listed]) if isinstance(each, dict)]


_NOBODY: Final = (
    "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: "
    "The passed in policy has a statement with no principals!"
)
_NO_TOPIC_POLICY: Final = "Invalid parameter: Policy Error: null"
_NO_SUCH_PRINCIPAL: Final = "Invalid parameter: Policy Error: PrincipalNotFound"
IDENTITY: Final = Kind(
    code="MalformedPolicyDocument",
    syntax="Syntax errors in policy.",
    forbids={"Principal": "Policy document should not specify a principal."},
    demands=(demands.plain_sid, demands.full_vendor),
    judge=IAMPolicyDocumentValidator,
)
TRUST: Final = Kind(
    code=IDENTITY.code,
    syntax=IDENTITY.syntax,
    needs={"Principal": "Missing required field Principal"},
    forbids={"Resource": "Has prohibited field Resource"},
    demands=(
        demands.not_everybody,
        demands.somebody(_NOBODY),
        demands.plain_sid,
        demands.known_principals('Invalid principal in policy: "{}":"{}"'),
    ),
    judge=IAMTrustPolicyDocumentValidator,
)
OF_BUCKET: Final = Kind(
    code="MalformedPolicy",
    syntax="Invalid policy syntax.",
    needs={name: f"Missing required field {name}" for name in ("Principal", "Action", "Resource")},
    demands=(
        *(demands.somebody("Invalid principal in policy"), demands.known_principals("Invalid principal in policy")),
        *(demands.of_s3, demands.of_the_bucket, demands.meets_a_resource),
    ),
)
OF_TOPIC: Final = Kind(
    code="InvalidParameter",
    syntax=_NO_TOPIC_POLICY,
    needs=dict.fromkeys(("Principal", "Resource"), _NO_TOPIC_POLICY),
    demands=(demands.of_a_topic, demands.somebody(_NO_TOPIC_POLICY), demands.known_principals(_NO_SUCH_PRINCIPAL)),
)
OF_ENDPOINT: Final = Kind(code="InvalidPolicyDocument", syntax="The specified policy document is not valid.")


def _member(kind: Kind, name: str) -> Check:
    def check(call: Request) -> None:
        text = call.parameters.get(name)
        if text is not None:
            kind.check(str(text), call)

    return check


def _json_object(call: Request) -> None:
    try:
        is_object = isinstance(json.loads(str(call.parameters["Policy"])), dict)
    except ValueError:
        is_object = False
    if not is_object:
        raise AwsError(OF_BUCKET.code, "Policies must be valid JSON and the first byte must be '{'")


def _current(call: Request) -> None:
    if json.loads(str(call.parameters["PolicyDocument"])).get("Version") != "2012-10-17":
        raise AwsError(IDENTITY.code, "Policy document must be version 2012-10-17 or greater.")


def _topic_attribute(call: Request) -> None:
    if call.parameters["AttributeName"] == "Policy":
        OF_TOPIC.check(str(call.parameters.get("AttributeValue", "")), call)


def _new_topic(call: Request) -> None:
    attributes = call.parameters.get("Attributes") or {}
    if "Policy" in attributes:
        OF_TOPIC.check(str(attributes["Policy"]), call)


RULES: Final[tuple[Rule, ...]] = (
    *((f"iam:Put{holder}Policy", _member(IDENTITY, "PolicyDocument")) for holder in ("Group", "Role", "User")),
    *((f"iam:{name}", _member(IDENTITY, "PolicyDocument")) for name in ("CreatePolicy", "CreatePolicyVersion")),
    *((f"iam:{name}", _current) for name in ("CreatePolicy", "CreatePolicyVersion")),
    ("iam:CreateRole", _member(TRUST, "AssumeRolePolicyDocument")),
    ("iam:UpdateAssumeRolePolicy", _member(TRUST, "PolicyDocument")),
    ("sts:AssumeRole", _member(IDENTITY, "Policy")),
    ("s3:PutBucketPolicy", _json_object),
    ("s3:PutBucketPolicy", _member(OF_BUCKET, "Policy")),
    ("sns:SetTopicAttributes", _topic_attribute),
    ("sns:CreateTopic", _new_topic),
    ("ec2:CreateVpcEndpoint", _member(OF_ENDPOINT, "PolicyDocument")),
    ("ec2:ModifyVpcEndpoint", _member(OF_ENDPOINT, "PolicyDocument")),
)


def install() -> None:
    """Let moto take every version that the grammar knows, leave conditions to `parse`, and take one more action."""
    known = IAMTrustPolicyDocumentValidator._validate_trust_policy_action
    replace(BaseIAMPolicyValidator, "_validate_version", lambda _: None)
    replace(BaseIAMPolicyValidator, "_validate_condition_syntax", lambda _: None)
    replace(
        IAMTrustPolicyDocumentValidator,
        "_validate_trust_policy_action",
        lambda action: None if action == "sts:SetContext" else known(action),
    )
