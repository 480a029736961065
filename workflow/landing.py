"""Read the landing prefix into the sampler's index: its objects by LIST, its labels from labels.csv.

Promises to refuse what would make a wrong sample (nothing there, no label file, too much that does not match) and to
name what it leaves out.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from workflow import s3
from workflow.errors import UsageError
from workflow.labels import LABEL_FILE, read_labels
from workflow.sample_index import SampleIndex, Trouble

WHY: Final = {
    "empty": "objects of zero bytes",
    "unlabeled": "objects without a line in labels.csv",
    "missing": "lines of labels.csv without an object",
    "ambiguous": "objects with the same bytes and different labels",
    "duplicate": "objects with the same bytes as another one",
}


def fill(client: Any, index: SampleIndex, landing: s3.Address, scratch: Path) -> None:
    if not _add_objects(client, index, landing):
        raise UsageError(f"{landing} holds no images", cure=f"aws s3 cp --recursive FOLDER {landing}")
    _add_labels(client, index, landing / LABEL_FILE, scratch)


def check(index: SampleIndex, trouble: Mapping[str, Trouble], landing: s3.Address, max_unmatched: float) -> None:
    """UsageError when more than this fraction has no label or no object, or when nothing is left."""
    for kind, table in (("unlabeled", "objects"), ("missing", "labels")):
        each, total = trouble.get(kind), index.count(table)
        if each and each.count > max_unmatched * total:
            raise UsageError(
                f"{each.count} of {total} {WHY[kind]} (allowed: {max_unmatched:.2%}), for example {each.shown()}",
                cure=f"upload what is missing, mend {landing / LABEL_FILE}, or raise --max-unmatched-fraction",
            )
    if not index.count("images"):
        raise UsageError(f"{landing} holds no image that can be used", cure=f"mend {landing / LABEL_FILE}")


def _add_objects(client: Any, index: SampleIndex, landing: s3.Address) -> int:
    for page in s3.pages(client, landing):
        named = ((each["Key"].removeprefix(landing.key), each) for each in page)
        index.add_objects(
            (key, each["Size"], each["ETag"].strip('"'))
            for key, each in named
            if key != LABEL_FILE and not (each["Size"] == 0 and (not key or key.endswith("/")))  # folder markers
        )
    return index.count("objects")


def _add_labels(client: Any, index: SampleIndex, address: s3.Address, scratch: Path) -> None:
    if not s3.exists(client, address):
        raise UsageError(
            f"there is no label file {address}",
            cure=f"write labels.csv with the header key,label,group, then: aws s3 cp labels.csv {address}",
        )
    path = scratch / LABEL_FILE
    client.download_file(address.bucket, address.key, str(path))
    for line, key, label, group in read_labels(path, source=str(address)):
        if not index.add_label(key, label, group):
            raise UsageError(
                f"{address}, line {line}: {key!r} is there before with another label or group",
                cure="keep one line per key and upload the file again",
            )
