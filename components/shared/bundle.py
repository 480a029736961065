"""The code that machines run: which files, and one digest over them. Pure but for reading the listed files.

The digest is over the listing, not over the archive's bytes: the engine packs the archive, and zip bytes differ
between compressors.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

PATTERNS: Final = (
    "components/__init__.py",
    "components/platform.py",
    "components/variants.py",
    "components/*/__init__.py",
    "components/*/contract.py",
    "components/shared/files/*.py",
    "workflow/**/*.py",
)
TOOLS: Final = ("uv", "boto3", "botocore", "jmespath", "s3transfer", "python-dateutil", "six", "urllib3")
"""What a bare machine needs before it can fetch anything from S3: uv, and boto3 with all that it needs."""


def code_files(root: Path) -> tuple[str, ...]:
    """Paths below `root`, sorted, with forward slashes."""
    found = {path.relative_to(root).as_posix() for pattern in PATTERNS for path in root.glob(pattern)}
    return tuple(sorted(found))


def listing_digest(contents: Mapping[str, bytes]) -> str:
    """sha256 over the lines `<sha256 of the bytes>  <path>`, sorted by path; `bootstrap.py` recomputes it."""
    lines = (f"{hashlib.sha256(body).hexdigest()}  {path}\n" for path, body in sorted(contents.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def requirement_blocks(compiled: str, names: Iterable[str]) -> str:
    """The hash-pinned blocks of some packages, out of a compiled requirements file."""
    blocks = {
        re.sub(r"[-_.]+", "-", block.split("==", 1)[0].split("[", 1)[0]).lower(): block.rstrip() + "\n"
        for block in re.split(r"^(?=[A-Za-z0-9])", compiled, flags=re.MULTILINE)
        if "==" in block
    }
    wanted = list(names)
    missing = [name for name in wanted if name not in blocks]
    if missing:
        raise ValueError(f"the compiled requirements do not pin {', '.join(missing)}; run `make lock`")
    return "".join(blocks[name] for name in wanted)
