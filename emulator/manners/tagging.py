"""Tags that no service takes: reserved keys, keys given twice, too long or too many, wherever a call has tags.

moto 5.2.5 lets nearly all pass. Sources: "Tagging AWS resources" of the general reference; EC2, "Tag restrictions"; S3,
"Bucket tagging"; IAM and SNS API references (read 2026-11). Lengths are checked for those whose model has none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from emulator.manners.rules import Request
from emulator.seam import AwsError

NAMES: Final = frozenset({"Tags", "ResourceTags", "TagSet"})
"""Members that are tags, as a map or a list of Key and Value."""
RESERVED: Final = "aws:"
KEY_CHARACTERS: Final = 128
VALUE_CHARACTERS: Final = 256
TAGS: Final = 50
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Words:
    """Of a service: its code, and what it says; `many` is its code for more than 50."""

    code: str = "ValidationException"
    reserved: str = "aws: prefixed tag key names are not allowed for external use."
    doubled: str = "Duplicate tag keys found."
    key: str = f"Tag keys have 1 to {KEY_CHARACTERS} characters"
    value: str = f"Tag values have at most {VALUE_CHARACTERS} characters"
    many: str = "LimitExceededException"
    ignores_case: bool = False

    def check(self, tags: Pairs) -> None:
        keys = [key.lower() if self.ignores_case else key for key, _ in tags]
        if any(key.lower().startswith(RESERVED) for key in keys):
            raise AwsError(self.code, self.reserved)
        if len(set(keys)) < len(keys):
            raise AwsError(self.code, self.doubled)
        if any(not 1 <= len(key) <= KEY_CHARACTERS for key in keys):
            raise AwsError(self.code, self.key)
        if any(len(value) > VALUE_CHARACTERS for _, value in tags):
            raise AwsError(self.code, self.value)


WORDS: Final[Mapping[str, Words]] = {
    "budgets": Words(code="InvalidParameterException", many="ServiceQuotaExceededException"),
    "cloudwatch": Words(code="InvalidParameterValue"),
    "dlm": Words(code="InvalidRequestException"),
    "ec2": Words(
        code="InvalidParameterValue",
        reserved="Tag keys starting with 'aws:' are reserved for internal use",
        doubled="Duplicate tag keys specified.",
        many="TagLimitExceeded",
    ),
    "iam": Words(
        code="InvalidInput",
        doubled="Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        many="LimitExceeded",
        ignores_case=True,
    ),
    "s3": Words(
        code="InvalidTag",
        reserved="System tags cannot be added/updated by requester",
        doubled="Cannot provide multiple Tags with the same key",
        key="The TagKey you have provided is invalid",
        value="The TagValue you have provided is invalid",
        many="BadRequest",
    ),
    "scheduler": Words(many="ServiceQuotaExceededException"),
    "sns": Words(code="InvalidParameter", many="TagLimitExceeded"),
    "ssm": Words(many="TooManyTagsError"),
    "sts": Words(code="ValidationError"),
}


def tags_in(parameters: Any, name: str = "") -> Iterator[Pairs]:
    """Every set of tags in the parameters of a call, however deep; an object's are the query string of a header."""
    if name == "Tagging" and isinstance(parameters, str):
        yield parse_qsl(parameters, keep_blank_values=True)
    elif name in NAMES and isinstance(parameters, Mapping):
        yield [(str(key), str(value)) for key, value in parameters.items()]
    elif name in NAMES and isinstance(parameters, list):
        yield [(str(tag.get("Key", "")), str(tag.get("Value", ""))) for tag in parameters if isinstance(tag, Mapping)]
    elif isinstance(parameters, Mapping):
        for member, value in parameters.items():
            yield from tags_in(value, member)
    elif isinstance(parameters, list):
        for value in parameters:
            yield from tags_in(value)


def check(call: Request) -> None:
    words = WORDS.get(call.service, Words())
    for tags in tags_in(call.parameters):
        words.check(tags)
        if len(tags) > TAGS and call.operation != "DeleteTags":
            raise AwsError(words.many, f"The maximum number of tags for a resource is {TAGS}, not {len(tags)}")
