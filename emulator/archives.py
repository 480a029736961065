"""The bytes of Pulumi's assets and archives.

Promises that the same content gives the same bytes on every machine: entries are sorted and carry no time or owner.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from emulator.engine.values import ARCHIVE, Asset

# The earliest time that a zip file can hold.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o644 << 16


def packed(source: Asset) -> bytes:
    """A text or file as it is, an archive as a zip file; ValueError for one from a URL."""
    if source.signature != ARCHIVE:
        return _content(source)
    path = dict(source.members).get("path")
    if path and Path(str(path)).is_file():
        return Path(str(path)).read_bytes()  # an archive already
    return _zipped(dict(_entries(source, "")))


def _content(asset: Asset) -> bytes:
    members = dict(asset.members)
    if members.get("text") is not None:
        return str(members["text"]).encode()
    if not members.get("path"):
        raise ValueError("only text and file assets are emulated, not a remote one")
    path = Path(str(members["path"]))
    if not path.is_file():  # the engine does not tell an attached provider where the program is
        raise ValueError(
            f"asset {path} is no file; give an absolute path, a relative one is not seen from the provider"
        )
    return path.read_bytes()


def _entries(source: Asset, prefix: str) -> Iterator[tuple[str, bytes]]:
    members = dict(source.members)
    if source.signature != ARCHIVE:
        yield prefix.removesuffix("/"), _content(source)
    elif members.get("path"):
        yield from _files(Path(str(members["path"])), prefix)
    elif isinstance(members.get("assets"), dict):
        for name, member in members["assets"].items():
            yield from _entries(member, f"{prefix}{name}/")
    else:
        raise ValueError("only archives of files, folders and assets are emulated, not a remote one")


def _files(folder: Path, prefix: str) -> Iterator[tuple[str, bytes]]:
    if not folder.is_dir():
        raise ValueError(f"archive {folder} is neither a file nor a folder; give an absolute path")
    for path in folder.rglob("*"):
        if path.is_file():
            yield f"{prefix}{path.relative_to(folder).as_posix()}", path.read_bytes()


def _zipped(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(entries.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = _MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return buffer.getvalue()
