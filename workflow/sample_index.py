"""The sampler's memory: a SQLite file, so that ten million images need no more RAM than ten.

Takes labels and objects in any order and answers in the order of their keys; what cannot be used is counted and a few
of it named. Objects with the same bytes (ETag and size) are one image: a copy of a training image under another name
would leak into evaluation.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from workflow.sampling import Bands, home_of, homes_in, position_of, stratified_homes

NAMED: Final = 5
"""How many keys of each kind of trouble are named."""
SCHEMA: Final = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
CREATE TABLE labels (key TEXT PRIMARY KEY, label TEXT, grp TEXT) WITHOUT ROWID;
CREATE TABLE objects (key TEXT PRIMARY KEY, size INTEGER, etag TEXT) WITHOUT ROWID;
CREATE TABLE images (key TEXT PRIMARY KEY, label TEXT, grp TEXT, size INTEGER, etag TEXT) WITHOUT ROWID;
CREATE TABLE groups (grp TEXT PRIMARY KEY, position REAL, stratum TEXT, images INTEGER, home TEXT) WITHOUT ROWID;
"""
EMPTY: Final = "SELECT key FROM objects WHERE size = 0"
UNLABELED: Final = "SELECT key FROM objects WHERE size > 0 AND key NOT IN (SELECT key FROM labels)"
MISSING: Final = "SELECT key FROM labels WHERE key NOT IN (SELECT key FROM objects)"
AMBIGUOUS: Final = """SELECT key FROM images WHERE (etag, size) IN
    (SELECT etag, size FROM images GROUP BY etag, size HAVING count(DISTINCT label) > 1)"""
DUPLICATE: Final = """SELECT key FROM images AS copy WHERE EXISTS
    (SELECT 1 FROM images AS first WHERE first.etag = copy.etag AND first.size = copy.size AND first.key < copy.key)"""


@dataclass(frozen=True)
class Trouble:
    """Keys that are left out: how many, and the first few by name."""

    count: int
    keys: tuple[str, ...]

    def shown(self) -> str:
        return ", ".join(map(repr, self.keys))


@dataclass(frozen=True)
class Row:
    """An image of a manifest, its key relative to the landing prefix."""

    key: str
    label: str
    group: str
    size: int
    etag: str


class SampleIndex:
    """Fill with `add_labels` and `add_objects`, then `settle` once, then ask for `rows`."""

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(SCHEMA)

    def add_label(self, key: str, label: str, group: str) -> bool:
        """False where the key has a different label or group already."""
        row = (label, group or key)
        self._db.execute("INSERT OR IGNORE INTO labels VALUES (?, ?, ?)", (key, *row))
        return bool(self._db.execute("SELECT label, grp FROM labels WHERE key = ?", (key,)).fetchone() == row)

    def add_objects(self, objects: Iterable[tuple[str, int, str]]) -> None:
        """(key, size, etag) each; the same key twice (a LIST that was repeated) is one object."""
        self._db.execute("BEGIN")
        self._db.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?, ?)", objects)
        self._db.execute("COMMIT")

    def count(self, table: str) -> int:
        return int(self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608  our own names

    def settle(self, bands: Bands, *, stratified: bool) -> Mapping[str, Trouble]:
        """Decide where each group belongs; answers what had to be left out, by kind."""
        trouble = {
            "empty": self._trouble(EMPTY),
            "unlabeled": self._trouble(UNLABELED),
            "missing": self._trouble(MISSING),
        }
        self._db.execute(
            "INSERT INTO images SELECT key, label, grp, size, etag FROM objects JOIN labels USING (key) WHERE size > 0"
        )
        self._db.execute("CREATE INDEX by_bytes ON images (etag, size)")
        trouble |= {"ambiguous": self._drop(AMBIGUOUS), "duplicate": self._drop(DUPLICATE)}
        self._db.create_function("position", 1, lambda group: position_of(bands.salt, group), deterministic=True)
        self._db.create_function("home", 1, lambda position: str(home_of(position, bands)), deterministic=True)
        self._db.execute(
            "INSERT INTO groups SELECT grp, position(grp), group_concat(label, char(0)), sum(n), '' FROM "
            "(SELECT grp, label, count(*) AS n FROM images GROUP BY grp, label ORDER BY grp, label) GROUP BY grp"
        )
        self._db.execute("UPDATE groups SET home = home(position)")
        if stratified:
            self._stratify(bands)
        self._db.execute("CREATE INDEX by_home ON groups (home)")
        return {kind: each for kind, each in trouble.items() if each.count}

    def rows(self, manifest: str) -> Iterator[Row]:
        """The images of a tier or a reserved half, by key."""
        homes = homes_in(manifest)
        marks = ", ".join("?" * len(homes))
        found = self._db.execute(
            f"SELECT key, label, grp, size, etag FROM images JOIN groups USING (grp) WHERE home IN ({marks}) "  # noqa: S608
            "ORDER BY key",
            [str(home) for home in homes],
        )
        return (Row(*each) for each in found)

    def close(self) -> None:
        self._db.close()

    def _stratify(self, bands: Bands) -> None:
        """Cut each label's groups by count instead of by position; reserved groups stay reserved."""
        free = "FROM groups WHERE home NOT IN ('evaluation', 'abtest')"
        totals = dict(self._db.execute(f"SELECT stratum, sum(images) {free} GROUP BY stratum"))
        found = self._db.execute(f"SELECT stratum, grp, images {free} ORDER BY stratum, position, grp")
        self._db.execute("CREATE TABLE homes (grp TEXT PRIMARY KEY, home TEXT) WITHOUT ROWID")
        for stratum, groups in groupby(found, key=lambda row: row[0]):
            pairs = stratified_homes(((name, size) for _, name, size in groups), totals[stratum], bands)
            self._db.executemany("INSERT INTO homes VALUES (?, ?)", ((name, str(home)) for name, home in pairs))
        self._db.execute("UPDATE groups SET home = homes.home FROM homes WHERE homes.grp = groups.grp")

    def _trouble(self, query: str) -> Trouble:
        count = self._db.execute(f"SELECT count(*) FROM ({query})").fetchone()[0]  # noqa: S608
        keys = self._db.execute(f"{query} ORDER BY key LIMIT {NAMED}").fetchall()
        return Trouble(count, tuple(key for (key,) in keys))

    def _drop(self, query: str) -> Trouble:
        trouble = self._trouble(query)
        if trouble.count:
            self._db.execute(f"DELETE FROM images WHERE key IN ({query})")  # noqa: S608
        return trouble
