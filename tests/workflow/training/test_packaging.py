"""A project's archive: its content alone decides its digest."""

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from workflow.archives import unpack
from workflow.errors import DriftError, UsageError
from workflow.models import model_digest
from workflow.training import packaging
from workflow.training.packaging import git_commit, pack_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name in (
        "train.py",
        "src/net.py",
        ".git/HEAD",
        "src/__pycache__/net.pyc",
        "mlruns/0/meta",
        "data/big.bin",
        "a.log",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (folder / ".gitignore").write_text("# big\n/data/\n*.log\n")
    return folder


def names(archive: Path) -> list[str]:
    return zipfile.ZipFile(archive).namelist()


def test_only_what_belongs_to_the_project_is_packed(project: Path, tmp_path: Path) -> None:
    pack_project(project, tmp_path / "p.zip")
    assert names(tmp_path / "p.zip") == [".gitignore", "src/net.py", "train.py"]


def test_the_same_files_make_the_same_bytes_whenever_they_are_packed(project: Path, tmp_path: Path) -> None:
    first = pack_project(project, tmp_path / "1.zip")
    os.utime(project / "train.py", (0, 0))
    second = pack_project(project, tmp_path / "2.zip")
    assert first == second
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


@pytest.mark.parametrize("change", ["content", "name"])
def test_another_content_or_name_makes_another_digest(project: Path, tmp_path: Path, change: str) -> None:
    before = pack_project(project, tmp_path / "p.zip")
    if change == "content":
        (project / "train.py").write_text("other")
    else:
        (project / "train.py").rename(project / "learn.py")
    assert pack_project(project, tmp_path / "p.zip") != before


def test_what_is_unpacked_has_the_digest_of_what_was_packed(project: Path, tmp_path: Path) -> None:
    digest = pack_project(project, tmp_path / "p.zip")
    unpack(tmp_path / "p.zip", tmp_path / "out")
    assert model_digest(tmp_path / "out") == digest


def test_an_archive_that_leaves_its_folder_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../evil.py", "x")
    with pytest.raises(DriftError, match=r"evil\.zip has an entry .*'\.\./evil\.py'"):
        unpack(tmp_path / "evil.zip", tmp_path / "out")
    assert not (tmp_path / "evil.py").exists()


def test_a_link_is_refused(project: Path, tmp_path: Path) -> None:
    (project / "secret").symlink_to("/etc/hostname")
    with pytest.raises(UsageError, match="symbolic link: secret"):
        pack_project(project, tmp_path / "p.zip")


def test_a_project_too_big_names_its_largest_file(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaging, "MAX_BYTES", 1 << 20)
    (project / "weights.bin").write_bytes(bytes(2 << 20))
    with pytest.raises(UsageError, match=r"2 MiB, allowed: 1; its largest file is weights\.bin"):
        pack_project(project, tmp_path / "p.zip")


@pytest.mark.slow
def test_the_commit_is_named_and_changes_are_said(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        identity = ("-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", str(tmp_path), *identity, *words], check=True, capture_output=True)

    assert git_commit(tmp_path) == ""
    git("init")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-m", "first")
    clean = git_commit(tmp_path)
    assert len(clean) == 40
    (tmp_path / "a").write_text("2")
    assert git_commit(tmp_path) == f"{clean}-dirty"
