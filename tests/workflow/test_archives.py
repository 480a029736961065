"""A model archive comes from a bucket: nothing of it may land outside its folder."""

import io
import zipfile
from pathlib import Path

import pytest

from workflow import archives
from workflow.archives import unpack
from workflow.errors import DriftError
from workflow.models import model_digest, pack_folder


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name in names:
            target.writestr(name, b"content")
    return buffer.getvalue()


def test_a_packed_model_is_the_same_model_unpacked(tmp_path: Path) -> None:
    source, target = tmp_path / "model", tmp_path / "back"
    (source / "data").mkdir(parents=True)
    (source / "MLmodel").write_text("flavors: {}")
    (source / "data" / "ü b.bin").write_bytes(b"\0\1")
    pack_folder(source, tmp_path / "model.zip")
    unpack((tmp_path / "model.zip").read_bytes(), target)
    assert model_digest(target) == model_digest(source)


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "a\\..\\evil", "folder/"])
def test_an_entry_that_reaches_outside_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(DriftError, match="does not write"):
        unpack(archive("MLmodel", name), tmp_path / "model")
    assert not (tmp_path / "model").exists()


def damaged() -> bytes:
    """An archive whose list of entries is whole and whose packed bytes are not."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("MLmodel", b"content " * 100)
    body = bytearray(buffer.getvalue())
    start = body.index(b"MLmodel") + len("MLmodel")
    body[start : start + 4] = b"\xff" * 4
    return bytes(body)


@pytest.mark.parametrize("body", [b"", b"no zip", archive("MLmodel")[:-30], damaged()])
def test_a_broken_archive_is_drift_not_a_crash(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(DriftError, match="broken"):
        unpack(body, tmp_path)


def test_an_archive_that_grows_without_bound_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_MAX_UNPACKED_BYTES", 10)
    with pytest.raises(DriftError, match="more than 10 bytes"):
        unpack(archive("a", "b"), tmp_path)
