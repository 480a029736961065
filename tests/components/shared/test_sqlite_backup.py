"""Backup and restore of SQLite databases, against a small S3."""

import io
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from components.shared.files import sqlite_backup
from components.shared.files.sqlite_backup import MARKER, Place, back_up, parse_place, restore

PLACE = Place("bucket", "backup/mlflow/")
NAMES = ("mlflow.db", "basic_auth.db")


class SmallS3:
    """Get, put and head, as boto3's client has them."""

    class exceptions:
        class ClientError(Exception):
            def __init__(self, code: str) -> None:
                super().__init__(code)
                self.response = {"Error": {"Code": code}}

        class NoSuchKey(ClientError):
            pass

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.puts = 0

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, Metadata: dict[str, str]) -> None:
        self.puts += 1
        self.objects[Key] = (Body, Metadata)

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise self.exceptions.NoSuchKey("NoSuchKey")
        return {"Body": io.BytesIO(self.objects[Key][0])}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise self.exceptions.ClientError("404")
        return {"Metadata": self.objects[Key][1]}


def fill(path: Path, rows: int) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table if not exists t (x)")
        database.executemany("insert into t values (?)", [(row,) for row in range(rows)])
        database.commit()


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("select count(*) from t").fetchone()[0])


@pytest.fixture
def s3() -> SmallS3:
    return SmallS3()


@pytest.fixture
def old(tmp_path: Path, s3: SmallS3) -> Path:
    """A folder that a service has used."""
    folder = tmp_path / "old"
    folder.mkdir()
    restore(s3, folder, PLACE, NAMES)
    fill(folder / "mlflow.db", 10)
    fill(folder / "basic_auth.db", 2)
    return folder


def test_what_was_backed_up_comes_back_into_an_empty_folder(tmp_path: Path, s3: SmallS3, old: Path) -> None:
    assert back_up(s3, old, PLACE, NAMES) == list(NAMES)
    new = tmp_path / "new"
    new.mkdir()
    assert restore(s3, new, PLACE, NAMES) == list(NAMES)
    assert (count(new / "mlflow.db"), count(new / "basic_auth.db")) == (10, 2)


def test_a_database_in_use_is_copied_whole(s3: SmallS3, old: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(old / "mlflow.db")) as writer:
        writer.execute("insert into t values (99)")  # not committed: not part of the copy
        back_up(s3, old, PLACE, NAMES)
    new = tmp_path / "new"
    new.mkdir()
    restore(s3, new, PLACE, NAMES)
    assert count(new / "mlflow.db") == 10


def test_what_has_not_changed_is_not_sent_again(s3: SmallS3, old: Path) -> None:
    back_up(s3, old, PLACE, NAMES)
    assert back_up(s3, old, PLACE, NAMES) == []
    fill(old / "mlflow.db", 1)
    assert back_up(s3, old, PLACE, NAMES) == ["mlflow.db"]
    assert s3.puts == 3


def test_a_folder_with_data_is_never_overwritten(s3: SmallS3, old: Path) -> None:
    back_up(s3, old, PLACE, NAMES)
    fill(old / "mlflow.db", 5)
    assert restore(s3, old, PLACE, NAMES) == []
    assert count(old / "mlflow.db") == 15


def test_one_database_that_is_gone_comes_back_before_nothing_is_backed_up_over_it(s3: SmallS3, old: Path) -> None:
    back_up(s3, old, PLACE, NAMES)
    fill(old / "basic_auth.db", 3)
    (old / "mlflow.db").unlink()
    assert restore(s3, old, PLACE, NAMES) == ["mlflow.db"]
    assert (count(old / "mlflow.db"), count(old / "basic_auth.db")) == (10, 5)


def test_a_folder_that_was_never_restored_is_not_backed_up(s3: SmallS3, tmp_path: Path) -> None:
    """Else a service that could not get its data would replace it by nothing."""
    fill(tmp_path / "mlflow.db", 1)
    assert back_up(s3, tmp_path, PLACE, NAMES) == []
    assert s3.puts == 0


def test_a_broken_backup_stops_the_start_and_leaves_no_half(s3: SmallS3, old: Path, tmp_path: Path) -> None:
    back_up(s3, old, PLACE, NAMES)
    s3.objects["backup/mlflow/basic_auth.db"] = (b"no database at all" * 100, {})
    new = tmp_path / "new"
    new.mkdir()
    with pytest.raises(SystemExit, match=r"basic_auth\.db\.new is broken"):
        restore(s3, new, PLACE, NAMES)
    assert not (new / "mlflow.db").exists()
    assert not (new / MARKER).exists()


def test_the_first_start_of_all_has_nothing_to_restore(s3: SmallS3, tmp_path: Path) -> None:
    assert restore(s3, tmp_path, PLACE, NAMES) == []
    assert (tmp_path / MARKER).exists()


@pytest.mark.parametrize("uri", ["bucket/x/", "s3://bucket", "s3://bucket/x", "s3:///x/"])
def test_a_place_that_is_none_is_refused(uri: str) -> None:
    with pytest.raises(SystemExit, match="must look like"):
        parse_place(uri)


def test_a_place_is_bucket_and_prefix() -> None:
    assert sqlite_backup.parse_place("s3://b/backup/x/") == Place("b", "backup/x/")
