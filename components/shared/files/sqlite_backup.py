"""Back up SQLite databases to S3 while they are written to, and bring back those that a folder lacks.

A backup is SQLite's own online copy, checked before it is sent, and sent only if it is not what was sent last. The
bucket keeps old versions. A folder is backed up only after `restore` has said that it is the right one: a service
that failed to get its data back never overwrites them with nothing.

    ... sqlite_backup backup|restore --folder F --to s3://BUCKET/PREFIX/ --database NAME --database NAME
"""

import argparse
import hashlib
import os
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

MARKER: Final = ".restored"
DIGEST: Final = "sha256"
MISSING: Final = ("NoSuchKey", "404")


class Place(NamedTuple):
    """Where backups are; `prefix` ends with a slash."""

    bucket: str
    prefix: str


def parse_place(uri: str) -> Place:
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket or not prefix.endswith("/"):
        raise SystemExit(f"--to {uri!r} must look like s3://bucket/prefix/")
    return Place(bucket, prefix)


def check(path: Path) -> None:
    """Refuse a database that SQLite itself calls broken."""
    try:
        with closing(sqlite3.connect(path)) as database:
            verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok":
        raise SystemExit(f"{path.name} is broken: {verdict}")


def copy(source: Path, target: Path) -> None:
    """A consistent copy of a database in use."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as backup:
        live.backup(backup)
    check(target)


def _sent_digest(client: Any, place: Place, name: str) -> str:
    try:
        answer = client.head_object(Bucket=place.bucket, Key=place.prefix + name)
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in MISSING:
            return ""
        raise
    return str(answer["Metadata"].get(DIGEST, ""))


def back_up(client: Any, folder: Path, place: Place, names: Sequence[str]) -> list[str]:
    """The names of what was sent."""
    if not (folder / MARKER).exists():
        print(f"{folder}: nothing restored here yet, so nothing is backed up", file=sys.stderr)  # noqa: T201
        return []
    sent = []
    with tempfile.TemporaryDirectory() as aside:
        for name in names:
            if not (folder / name).exists():
                continue
            target = Path(aside) / name
            copy(folder / name, target)
            body = target.read_bytes()
            digest = hashlib.sha256(body).hexdigest()
            if digest != _sent_digest(client, place, name):
                client.put_object(Bucket=place.bucket, Key=place.prefix + name, Body=body, Metadata={DIGEST: digest})
                sent.append(name)
    return sent


def restore(client: Any, folder: Path, place: Place, names: Sequence[str]) -> list[str]:
    """The names of what came back: of each database that is not there; one that is stays as it is."""
    fetched: list[tuple[Path, Path]] = []
    for name in names:
        if (folder / name).exists():
            continue
        aside = folder / f"{name}.new"
        try:
            answer = client.get_object(Bucket=place.bucket, Key=place.prefix + name)
        except client.exceptions.NoSuchKey:
            continue
        aside.write_bytes(answer["Body"].read())
        check(aside)
        fetched.append((aside, folder / name))
    for aside, target in fetched:
        aside.replace(target)
    (folder / MARKER).touch()
    return [target.name for _, target in fetched]


def main(arguments: Sequence[str]) -> None:
    import boto3

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=("backup", "restore"))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--to", type=parse_place, required=True)
    parser.add_argument("--database", action="append", required=True)
    given = parser.parse_args(arguments)
    os.umask(0o077)
    work = back_up if given.verb == "backup" else restore
    moved = work(boto3.client("s3"), given.folder, given.to, given.database)
    print(f"{given.verb}: {', '.join(moved) or 'nothing to do'}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
