"""A model folder as one file: the same folder always makes the same bytes, and unpacking cannot leave its folder."""

import io
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

from workflow.errors import DriftError

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest date that zip knows: a file's own date would make each download a different archive."""
_MAX_UNPACKED_BYTES: Final = 4 * 1024**3
"""A bound on what an archive may grow to; an instance of the default size has 4 GiB of memory."""


def pack(folder: Path) -> bytes:
    """Every file of the folder, sorted, without dates, owners or compression differences."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_STORED)
    return buffer.getvalue()


def unpack(archive: bytes, folder: Path) -> None:
    """Raises DriftError for an archive that is broken, too large, or reaches outside the folder."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as source:
            entries = source.infolist()
            _check(entries)
            for entry in entries:
                target = folder / entry.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read(entry))
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise DriftError(f"the model archive is broken: {error}") from error


def _check(entries: list[zipfile.ZipInfo]) -> None:
    for entry in entries:
        path = PurePosixPath(entry.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or entry.is_dir():
            raise DriftError(f"the model archive has an entry that mlteam does not write: {entry.filename!r}")
    if sum(entry.file_size for entry in entries) > _MAX_UNPACKED_BYTES:
        raise DriftError(f"the model archive unpacks to more than {_MAX_UNPACKED_BYTES} bytes")
