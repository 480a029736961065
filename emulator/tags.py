"""The tags of a resource: a map with some services, a list of Key and Value with others, here and there the same."""

from collections.abc import Iterable, Mapping

Tags = Mapping[str, str] | list[dict[str, str]]


def merged(tags: Tags, news: Tags) -> Tags:
    """`news` over `tags`, in the form of `tags`."""
    return _like({**_by_key(tags), **_by_key(news)}, tags)


def without(tags: Tags, keys: Iterable[str]) -> Tags:
    gone = set(keys)
    return _like({key: value for key, value in _by_key(tags).items() if key not in gone}, tags)


def _by_key(tags: Tags) -> Mapping[str, str]:
    return tags if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags}


def _like(by_key: Mapping[str, str], form: Tags) -> Tags:
    if isinstance(form, Mapping):
        return by_key
    return [{"Key": key, "Value": value} for key, value in by_key.items()]
