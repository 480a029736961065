"""What is going to be done: pure, from the state as the engine exports it and what is there at AWS."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stacks.recovery.belongings import BELONGINGS, PARTS, Belonging

ACCOUNT: Final = re.compile(r"arn:aws[\w-]*:[^:]*:[^:]*:(\d{12}):")

ADOPTED: Final = "`pulumi up` takes it for its own where the program has it"
ADOPT: Final = "to adopt it: pulumi preview --import-file F, leave it alone in F with its id, pulumi import --file F"
DOUBT: Final = "is this the right state? pulumi whoami --verbose tells where it is"

Found = Mapping[str, Sequence[str]]
"""Keys of what is at AWS, by type."""


@dataclass(frozen=True, kw_only=True)
class Pending:
    """An operation that had begun and whose end the state does not know: `creating`, `updating`, `deleting`, ..."""

    operation: str
    token: str
    name: str

    def text(self) -> str:
        return f"{self.operation} {short(self.token)} {self.name}"


@dataclass(frozen=True, kw_only=True)
class Orphan:
    """Something of the stack that is at AWS and not in the state. `left` says why it stays; empty if it goes."""

    token: str
    key: str
    left: str = ""

    def text(self) -> str:
        told = self.left or BELONGINGS[self.token].before
        return f"{short(self.token)} {self.key}" + (f" ({told})" if told else "")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that recovery found, in the order in which it goes; each line is for people. `asleep` are
    machines of the stack that are stopped, `unseen` types of the stack that it did not look for."""

    locks: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    torn: tuple[str, ...] = ()
    pending: tuple[Pending, ...] = ()
    orphans: tuple[Orphan, ...] = ()
    asleep: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def removed(self) -> tuple[Orphan, ...]:
        return tuple(each for each in self.orphans if not each.left)

    @property
    def left(self) -> tuple[Orphan, ...]:
        return tuple(each for each in self.orphans if each.left)

    @property
    def is_empty(self) -> bool:
        return not (self.locks or self.plugins or self.torn or self.pending or self.removed)

    def text(self) -> str:
        parts = (
            ("remove", self.locks),
            ("end, because their engine is gone", self.plugins),
            ("remove, torn when its engine was killed (the rest is looked at after that)", self.torn),
            ("ask AWS how it ended, and forget", [each.text() for each in self.pending]),
            ("delete at AWS, because the state does not know it", [each.text() for each in self.removed]),
            ("leave at AWS", [each.text() for each in self.left]),
            ("not looked for at AWS: look there yourself", self.unseen),
        )
        lines = [f"{what}:\n" + "\n".join(f"  {line}" for line in each) for what, each in parts if each]
        return "\n".join(lines) or "nothing to do"


def short(token: str) -> str:
    return token.rpartition(":")[2]


def pending(deployment: Mapping[str, Any]) -> tuple[Pending, ...]:
    return tuple(_pending(deployment))


def _pending(deployment: Mapping[str, Any]) -> Iterator[Pending]:
    for each in deployment.get("pending_operations") or ():
        resource = each["resource"]
        yield Pending(operation=each["type"], token=resource["type"], name=resource["urn"].rpartition("::")[2])


def known(deployment: Mapping[str, Any]) -> dict[str, set[str]]:
    """The keys of what the state has, by type."""
    keys: dict[str, set[str]] = {token: set() for token in BELONGINGS}
    for each in deployment.get("resources") or ():
        row = BELONGINGS.get(each["type"])
        if row is not None:
            keys[row.token].add(row.key_of(each))
    return keys


def strangers(deployment: Mapping[str, Any]) -> tuple[str, ...]:
    """Types of the state that nobody knows how to look for: a team's own, which it added to the program."""
    tokens = {each["type"] for each in deployment.get("resources") or ()}
    tokens |= {each["resource"]["type"] for each in deployment.get("pending_operations") or ()}
    return tuple(sorted(token for token in tokens if token not in BELONGINGS and not PARTS.match(token)))


def unknown(deployment: Mapping[str, Any], found: Found) -> Iterator[tuple[Belonging, str]]:
    """What was found and the state does not have, in the order in which it can be removed."""
    keys = known(deployment)
    for token, row in BELONGINGS.items():
        for key in sorted(set(found.get(token, ())) - keys[token]):
            yield row, key


def judge(found: Sequence[tuple[Belonging, str, str]]) -> Iterator[Orphan]:
    """What goes and what stays of rows, their keys and what each holds.

    No killed engine leaves data that its state does not know: what it had begun to make was empty. Where there is some,
    the state is another deployment's or an older one: then nothing goes, because all of it may be in use.
    """
    strange = next((f"{short(row.token)} {key}" for row, key, held in found if held and row.remove), "")
    for row, key, held in found:
        yield Orphan(token=row.token, key=key, left=_left(row, key, held, strange))


def _left(row: Belonging, key: str, held: str, strange: str) -> str:
    if row.ended_by and (held or not row.remove):
        doubt = f"; {DOUBT}" if held and row.remove else ""
        return f"it holds {held or 'nothing'}{doubt}; {ADOPT}; to end it: {row.ended_by.format(key)}"
    if not row.remove:
        return ADOPTED
    return f"perhaps another deployment's, because the state does not know {strange}" if strange else ""


def account_of(deployment: Mapping[str, Any]) -> str:
    """The account that the state is about; empty if it does not say."""
    arns = (str((each.get("outputs") or {}).get("arn", "")) for each in deployment.get("resources") or ())
    return next((match[1] for match in map(ACCOUNT.match, arns) if match), "")
