"""Which engine is used, and how a built one is named. Building it is what every fresh `make demo` shows."""

from pathlib import Path

import pytest

from tools import engine
from tools.engine import choose, is_complete, is_supported, version_numbers


def _put(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("v3.250.0\n", (3, 250, 0)),
        ("3.251.0-dev.12", (3, 251, 0)),
        ("go version go1.26.6 linux/amd64", (1, 26, 6)),
        ("go 1.25.11", (1, 25, 11)),
        ("go 1.25", (1, 25, 0)),
        ("unknown", ()),
        ("", ()),
    ],
)
def test_versions_are_read_from_what_tools_print(text: str, numbers: tuple[int, ...]) -> None:
    assert version_numbers(text) == numbers


@pytest.mark.parametrize("version", ["v3.250.0", "v3.250.1", "v3.1000.0"])
def test_an_engine_of_a_supported_version_is_supported(version: str) -> None:
    assert is_supported(version)


@pytest.mark.parametrize("version", ["v3.249.9", "v3.99.0", "v2.300.0", "v4.0.0", "v4.250.0", "", "nonsense"])
def test_an_engine_outside_the_range_is_not_supported(version: str) -> None:
    assert not is_supported(version)


def test_an_engine_with_its_language_host_beside_it_is_used(tmp_path: Path) -> None:
    folder = _put(tmp_path / "bin", "pulumi", "pulumi-language-python")
    assert choose(folder / "pulumi", "v3.260.0").directory == folder


def test_a_linked_engine_is_used_where_its_language_host_really_is(tmp_path: Path) -> None:
    real = _put(tmp_path / "cellar", "pulumi", "pulumi-language-python")
    link = _put(tmp_path / "bin") / "pulumi"
    link.symlink_to(real / "pulumi")
    assert choose(link, "v3.260.0").directory == real


def test_an_engine_without_language_host_is_refused_with_the_reason(tmp_path: Path) -> None:
    folder = _put(tmp_path / "bin", "pulumi")
    found = choose(folder / "pulumi", "v3.260.0")
    assert found.directory is None
    assert "no pulumi-language-python beside it" in found.reason


def test_an_engine_that_is_too_old_is_refused_naming_version_and_range(tmp_path: Path) -> None:
    folder = _put(tmp_path / "bin", "pulumi", "pulumi-language-python")
    found = choose(folder / "pulumi", "v3.100.0\n")
    assert found.directory is None
    assert "v3.100.0" in found.reason
    assert ">=3.250,<4" in found.reason


def test_no_engine_on_path_is_a_reason_too() -> None:
    assert choose(None, "") == (None, "no pulumi on PATH")


def test_an_engine_without_executable_host_is_not_complete(tmp_path: Path) -> None:
    folder = _put(tmp_path / "bin", "pulumi", "pulumi-language-python")
    assert is_complete(folder)
    (folder / "pulumi-language-python").chmod(0o644)
    assert not is_complete(folder)


def test_the_version_that_is_built_is_a_version_that_is_supported_and_pinned() -> None:
    assert is_supported(engine.CLI_VERSION)
    cli, host = (folder.joinpath("go.mod").read_text() for folder in engine.MODULES.values())
    assert f"github.com/pulumi/pulumi/pkg/v3 v{engine.CLI_VERSION}" in cli
    assert f"github.com/pulumi/pulumi/sdk/v3 v{engine.CLI_VERSION}" in cli
    assert f"github.com/pulumi/pulumi/sdk/v3 v{engine.HOST_VERSION}" in host


def test_a_change_of_pins_names_another_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("go.mod", "go.sum"):
        (tmp_path / name).write_text("one")
    monkeypatch.setattr(engine, "MODULES", {"pulumi": tmp_path})
    before = engine.key()
    assert before.startswith(f"engine-{engine.CLI_VERSION}-")
    (tmp_path / "go.sum").write_text("two")
    assert engine.key() != before
