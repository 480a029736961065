"""Unpacking of an archive of a model or project (`models.pack_files` makes it) that cannot leave its folder.

An archive comes from a bucket, and is checked before a byte of it is written.
"""

import io
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from workflow.errors import DriftError

_MAX_UNPACKED_BYTES: Final = 4 * 1024**3
"""A bound on what an archive may grow to; an instance of the default size has 4 GiB of memory."""


def unpack(archive: bytes | Path, folder: Path) -> None:
    """Raises DriftError for an archive that is broken, too large, or reaches outside the folder."""
    what = "the model archive" if isinstance(archive, bytes) else f"the archive {archive.name}"
    try:
        with zipfile.ZipFile(io.BytesIO(archive) if isinstance(archive, bytes) else archive) as source:
            entries = source.infolist()
            _check(entries, what)
            for entry in entries:
                target = folder / entry.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read(entry))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise DriftError(f"{what} is broken: {error}") from error


def _check(entries: list[zipfile.ZipInfo], what: str) -> None:
    for entry in entries:
        path = PurePosixPath(entry.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or entry.is_dir():
            raise DriftError(f"{what} has an entry that mlteam does not write: {entry.filename!r}")
    if sum(entry.file_size for entry in entries) > _MAX_UNPACKED_BYTES:
        raise DriftError(f"{what} unpacks to more than {_MAX_UNPACKED_BYTES} bytes")
