"""The user data of training machines: pure text, the same for every job.

Which job a machine runs is a tag that RunInstances puts on it. No secret is in here: anybody on the machine can read
its user data.
"""

from pathlib import Path
from typing import Final

from components.shared.contract import ReleaseOutputs

TEMPLATE: Final = Path(__file__).parent / "files" / "user_data.sh"
BOOTSTRAP: Final = Path(__file__).parent.parent / "shared" / "files" / "bootstrap.py"
MAX_BYTES: Final = 16 * 1024
"""EC2's limit, before base64."""


def user_data(region: str, bucket: str, release: ReleaseOutputs, tools: str, max_seconds: int) -> str:
    values = {
        "REGION": region,
        "BUCKET": bucket,
        "REQUIREMENTS": release.requirements_sha256,
        "CODE": release.code_sha256,
        "MAX_SECONDS": str(max_seconds),
        "BOOTSTRAP": BOOTSTRAP.read_text(encoding="utf-8").rstrip("\n"),
        "TOOLS": tools.rstrip("\n"),
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    if len(text.encode()) > MAX_BYTES:
        raise ValueError(f"the user data of training has {len(text.encode())} bytes; EC2 takes {MAX_BYTES}")
    return text
