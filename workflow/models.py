"""What a model is to everybody downstream: a folder of files with one digest, not a name or "latest"."""

import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that zip knows: the same files make the same bytes whenever they are packed."""
BLOCK_BYTES: Final = 1 << 20
DOWNLOAD_MARK: Final = "registered_model_meta"
"""MLflow writes it into each download, with the name it was downloaded by: no part of the model, or one model would
have many digests."""


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def listing_digest(root: Path, files: Iterable[Path]) -> str:
    """sha256 over the lines `relative path NUL sha256 of bytes` of the files, sorted by path, in hex."""
    digest = hashlib.sha256()
    for name, path in sorted((path.relative_to(root).as_posix(), path) for path in files):
        digest.update(f"{name}\0{file_digest(path)}\n".encode())
    return digest.hexdigest()


def model_digest(folder: Path) -> str:
    """The digest of everything in a model's folder."""
    return listing_digest(folder, files_of(folder))


def files_of(folder: Path) -> list[Path]:
    """Every file below the folder, in an order that no file system decides; without MLflow's download mark."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != DOWNLOAD_MARK)
    return sorted(files, key=lambda path: path.as_posix())


def pack_files(root: Path, files: list[Path], archive: Path) -> None:
    """A zip whose bytes depend on names, contents and the executable bit only."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if path.stat().st_mode & 0o100 else 0o644) << 16
            target.writestr(entry, path.read_bytes())


def pack_folder(folder: Path, archive: Path) -> None:
    pack_files(folder, files_of(folder), archive)
