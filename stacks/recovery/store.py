"""The engine's backend as named bytes: a folder or an S3 bucket, at the address that `pulumi whoami` gives.

A folder's objects have their attributes in a file beside them (`NAME.attrs`), written in place: an engine that is
killed in that moment leaves it torn, and then no command reads the state any more, although the state itself, written
by replace, is whole. S3 has no such moment. Other backends (Pulumi Cloud and the like) keep locks of their own.
Source: gocloud.dev/blob/fileblob of engine 3.250, tried 2026-11.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from workflow.aws import Aws
from workflow.errors import UsageError

ATTRIBUTES: Final = ".attrs"
PRIVATE: Final = 0o600


class Store(Protocol):
    """Names are relative to the backend's address, `url`."""

    @property
    def url(self) -> str: ...

    def names(self, prefix: str) -> list[str]: ...

    def read(self, name: str) -> bytes | None: ...

    def write(self, name: str, body: bytes) -> None: ...

    def remove(self, name: str) -> None: ...

    def torn(self, pattern: re.Pattern[str]) -> list[str]:
        """Attributes that are torn, of names that fit: no engine can read those until the attributes are removed, and
        without them an object has none."""
        ...


@dataclass(frozen=True, kw_only=True)
class FileStore:
    """file:// of this machine."""

    url: str
    folder: Path

    def names(self, prefix: str) -> list[str]:
        return [name for name in self._files(prefix) if not name.endswith(ATTRIBUTES)]

    def read(self, name: str) -> bytes | None:
        path = self.folder / name
        return path.read_bytes() if path.is_file() else None

    def write(self, name: str, body: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f"{path.name}.partial"  # not beside it: what lies among the locks is one
        partial.touch(mode=PRIVATE)
        partial.write_bytes(body)
        partial.replace(path)

    def remove(self, name: str) -> None:
        for each in (name, name + ATTRIBUTES):
            (self.folder / each).unlink(missing_ok=True)

    def torn(self, pattern: re.Pattern[str]) -> list[str]:
        found = (name for name in self._files(".pulumi/") if name.endswith(ATTRIBUTES))
        return [name for name in found if pattern.search(name) and self._is_torn(name)]

    def _is_torn(self, name: str) -> bool:
        try:
            json.loads((self.folder / name).read_text())
        except ValueError:
            return True
        return False

    def _files(self, prefix: str) -> list[str]:
        below = (self.folder / prefix).rglob("*")
        return sorted(str(path.relative_to(self.folder)) for path in below if path.is_file())


@dataclass(frozen=True, kw_only=True)
class S3Store:
    """s3://; `prefix` is empty or ends with a slash."""

    url: str
    client: Any
    bucket: str
    prefix: str

    def names(self, prefix: str) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix + prefix)
        return [each["Key"].removeprefix(self.prefix) for page in pages for each in page.get("Contents", ())]

    def read(self, name: str) -> bytes | None:
        try:
            return bytes(self.client.get_object(Bucket=self.bucket, Key=self.prefix + name)["Body"].read())
        except self.client.exceptions.NoSuchKey:
            return None

    def write(self, name: str, body: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=self.prefix + name, Body=body)

    def remove(self, name: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=self.prefix + name)

    def torn(self, pattern: re.Pattern[str]) -> list[str]:  # noqa: ARG002  # an object of S3 comes whole
        return []


def open_store(url: str, start: Path, aws: Aws) -> Store:
    """UsageError for a backend whose locks cannot be seen; a relative folder is one of `start`."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    if parts.scheme == "file":
        folder = Path(unquote(parts.netloc + parts.path) or ".").expanduser()
        return FileStore(url=url.partition("?")[0], folder=start / folder)
    if parts.scheme == "s3":
        settings = dict(_settings(asked))
        prefix = parts.path.strip("/")
        return S3Store(
            url=url.partition("?")[0],
            client=(Aws(**settings) if settings else aws).client("s3"),
            bucket=parts.netloc,
            prefix=f"{prefix}/" if prefix else "",
        )
    raise UsageError(
        f"the engine's state is at {url}; recovery knows file:// and s3:// only",
        cure="pulumi cancel, then pulumi refresh --clear-pending-creates; what is left at AWS has the stack's tags",
    )


def _settings(asked: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What the address says of an S3 elsewhere, in boto3's words."""
    if "region" in asked:
        yield "region_name", asked["region"]
    if "endpoint" in asked:
        scheme = "http" if "true" in (asked.get("disableSSL"), asked.get("disable_https")) else "https"
        endpoint = asked["endpoint"]
        yield "endpoint_url", endpoint if "://" in endpoint else f"{scheme}://{endpoint}"
