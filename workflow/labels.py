"""`landing/labels.csv`: one line per image with header key,label,group; keys are relative to the landing prefix.

CSV quoting rules, so a key may hold commas, quotes, spaces, any script and newlines. An empty group means the image is
its own group; copies that were made from an image must carry the group of their original.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from workflow.errors import UsageError

LABEL_FILE: Final = "labels.csv"
HEADER: Final = ("key", "label", "group")


class Labeled(NamedTuple):
    line: int
    key: str
    label: str
    group: str


def read_labels(path: Path, *, source: str) -> Iterator[Labeled]:
    """UsageError names the line that is at fault; `source` is what people know the file as."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            header = tuple(next(reader, ()))
            if header != HEADER:
                raise _fault(source, f"header {','.join(header)!r}; allowed: {','.join(HEADER)}")
            for row in reader:
                if row:
                    yield _labeled(reader.line_num, row, source)
        except csv.Error as error:
            raise _fault(source, f"line {reader.line_num}: {error}") from error
        except UnicodeDecodeError as error:
            raise _fault(source, f"after line {reader.line_num}: not UTF-8 ({error.reason})") from error


def _labeled(line: int, row: list[str], source: str) -> Labeled:
    if len(row) != len(HEADER):
        raise _fault(source, f"line {line}: {len(row)} fields, allowed: {len(HEADER)} (quote a key with a comma)")
    key, label, group = row
    if not key or not label.strip():
        raise _fault(source, f"line {line}: key {key!r}, label {label!r}; neither may be empty")
    return Labeled(line, key, label, group)


def _fault(source: str, what: str) -> UsageError:
    return UsageError(f"{source}: {what}", cure=f"mend the file and upload it again: aws s3 cp labels.csv {source}")
