"""What machines run: which files, which digest, which tools."""

from pathlib import Path

import pytest

from components.shared import bundle
from components.shared.files import bootstrap

ROOT = Path(__file__).parents[3]


def test_program_and_machine_compute_the_same_digest() -> None:
    contents = {"b/x.py": b"2", "a.py": b"1"}
    assert bundle.listing_digest(contents) == bootstrap.listing_digest(dict(reversed(contents.items())))


def test_the_digest_sees_names_as_well_as_bytes() -> None:
    assert bundle.listing_digest({"a.py": b"1"}) != bundle.listing_digest({"b.py": b"1"})


def test_the_bundle_has_the_workflow_and_the_contracts_and_no_infrastructure() -> None:
    files = bundle.code_files(ROOT)
    assert list(files) == sorted(set(files))
    assert {"components/tracking/contract.py", "components/shared/files/sqlite_backup.py", "workflow/errors.py"} <= set(
        files
    )
    assert not any(name.startswith(("stacks/", "emulator/", "tests/")) or name.endswith("/oss.py") for name in files)


def test_tools_are_taken_with_their_hashes() -> None:
    uv = "uv==0.9 ; python_version >= '3' \\\n    --hash=sha256:11\n    # via x\n"
    compiled = f"aaa==1 \\\n    --hash=sha256:00\n{uv}zzz==1\n"
    assert bundle.requirement_blocks(compiled, ["uv"]) == (
        "uv==0.9 ; python_version >= '3' \\\n    --hash=sha256:11\n    # via x\n"
    )


def test_a_tool_that_is_not_pinned_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="make lock"):
        bundle.requirement_blocks("aaa==1\n", ["uv"])


def test_the_tools_can_all_be_had() -> None:
    compiled = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    blocks = bundle.requirement_blocks(compiled, bundle.TOOLS)
    assert all(f"{name}==" in blocks for name in bundle.TOOLS)
    assert blocks.count("--hash=sha256:") >= 2 * len(bundle.TOOLS)
