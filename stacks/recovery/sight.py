"""What belongs to a stack at AWS, looked up: by the tags of everything it makes, by name alone where AWS tags
nothing, or only after it made it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.naming import Naming
from workflow.aws import Aws


@dataclass(frozen=True, kw_only=True)
class Sight:
    """One stack of one account; `aws` works in the stack's region."""

    aws: Aws
    naming: Naming
    account_id: str

    def pages(self, service: str, method: str, key: str, **asked: Any) -> Iterator[dict[str, Any]]:
        client = self.aws.client(service)
        if not client.can_paginate(method):
            yield from getattr(client, method)(**asked)[key]
            return
        for page in client.get_paginator(method).paginate(**asked):
            yield from page.get(key, ())

    def tagged(self, method: str, key: str) -> Iterator[dict[str, Any]]:
        """Of EC2, which finds by tag and tags in the call that makes."""
        wanted = {"tag:mlteam:project": self.naming.project, "tag:mlteam:stack": self.naming.stack}
        filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
        return self.pages("ec2", method, key, Filters=filters)

    def has_our(self, tags: Mapping[str, str] | Iterable[Mapping[str, str]]) -> bool:
        """A map with some services, a list of Key and Value with others."""
        told = tags if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags}
        return (told.get("mlteam:project"), told.get("mlteam:stack")) == (self.naming.project, self.naming.stack)

    def is_ours(self, name: str) -> bool:
        """By the rule of components/naming.py, which sees to it that no other stack's names begin alike."""
        prefix = self.naming.prefix
        return name == prefix or name.startswith((f"{prefix}-", f"/{prefix}/"))


Find = Callable[[Sight], Iterator[str]]
Remove = Callable[[Sight, str], None]
Holds = Callable[[Sight, str], str]
"""What one of them holds that must not go, for people; empty if nothing."""


def tagged(method: str, key: str, identity: str) -> Find:
    return lambda sight: (each[identity] for each in sight.tagged(method, key))


def named(service: str, method: str, key: str, name: str, identity: str = "", **asked: Any) -> Find:
    """`identity` is the id where it is not the name."""

    def find(sight: Sight) -> Iterator[str]:
        for each in sight.pages(service, method, key, **asked):
            if sight.is_ours(each.get(name) or ""):
                yield each[identity or name]

    return find


def bearing(find: Find, service: str, answer: str, **asked: str) -> Find:
    """Of what `find` finds by name, that which bears the stack's tags: names of the account's are anybody's to give.
    `asked` is what ListTagsForResource takes, `answer` the member in which it gives them."""

    def find_marked(sight: Sight) -> Iterator[str]:
        client = sight.aws.client(service)
        place = {"region": client.meta.region_name, "account": sight.account_id}
        for key in find(sight):
            known = {**place, "key": key, "name": key.rpartition(":")[2]}
            told = client.list_tags_for_resource(**{name: value.format(**known) for name, value in asked.items()})
            if sight.has_our(told[answer]):
                yield key

    return find_marked


def by_call(service: str, method: str, *members: str, between: str = ":") -> Remove:
    """A call that takes the id, or its parts, and nothing else."""

    def remove(sight: Sight, identity: str) -> None:
        parts = identity.split(between, len(members) - 1)
        getattr(sight.aws.client(service), method)(**dict(zip(members, parts, strict=True)))

    return remove
