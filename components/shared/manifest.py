"""The document that converges a host: pure text from the manifest of its services and the programs in `files/`.

SSM puts its own parameters where it reads two opening braces, so no part of the script may have them.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from components.shared.contract import ReleaseOutputs, ServiceSpec

MANIFEST_VERSION: Final = 1
MAX_DOCUMENT_BYTES: Final = 64 * 1024
"""AWS's limit of an SSM document's content."""
FILES: Final = Path(__file__).parent / "files"
PROGRAMS: Final = ("bootstrap.py", "converge.py", "units.py")
FOLDER: Final = "/opt/mlteam/converge"
PACKAGE: Final = "components/shared/files"
"""The programs keep their place, so that they import each other by the same names as here."""
TIMEOUT_SECONDS: Final = 1_200


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a host is and what it may use."""

    stack: str
    region: str
    artifact_bucket: str
    volume_id: str


def manifest(place: Place, release: ReleaseOutputs, services: Sequence[ServiceSpec[str]]) -> dict[str, object]:
    """What converge.py reads."""
    listed = [asdict(service) for service in sorted(services, key=lambda service: service.name)]
    return {"version": MANIFEST_VERSION, **asdict(place), **asdict(release), "services": listed}


def _file(name: str, text: str) -> list[str]:
    """Shell lines that write one file as it is."""
    end = f"END-OF-{name.upper().replace('.', '-').replace('/', '-')}"
    lines = text.splitlines()
    if "{{" in text or end in lines:
        raise ValueError(f"{name} cannot stand in an SSM document: it has two opening braces or the line {end}")
    return [f"cat > \"$folder/{name}\" <<'{end}'", *lines, end]


def script(contents: Mapping[str, str]) -> list[str]:
    """The shell script, line by line: put the files where only root reads them, run converge."""
    written = [line for name, text in sorted(contents.items()) for line in _file(name, text)]
    return [
        "#!/bin/sh",
        "set -eu",
        "umask 077",
        f'folder="${{INSTANCE_ROOT:-}}{FOLDER}"',
        f'mkdir -p "$folder/{PACKAGE}"',
        *written,
        f'PYTHONPATH="$folder" exec python3 "$folder/{PACKAGE}/converge.py" "$folder/manifest.json"',
    ]


def document_content(manifest_json: Mapping[str, object], tools: str) -> str:
    """The SSM document (schema 2.2) as JSON; its one parameter only says which content is meant."""
    contents = {f"{PACKAGE}/{name}": (FILES / name).read_text(encoding="utf-8") for name in PROGRAMS}
    contents["tools.txt"] = tools
    contents["manifest.json"] = json.dumps(manifest_json, indent=1, sort_keys=True)
    body = {
        "schemaVersion": "2.2",
        "description": "Makes the host run exactly the services of the stack",
        "parameters": {
            "digest": {
                "type": "String",
                "description": "sha256 of the wanted state; a new value is a new run",
                "allowedPattern": "^[0-9a-f]{64}$",
            }
        },
        "mainSteps": [
            {
                "action": "aws:runShellScript",
                "name": "converge",
                "inputs": {"timeoutSeconds": str(TIMEOUT_SECONDS), "runCommand": script(contents)},
            }
        ],
    }
    text = json.dumps(body)
    if len(text.encode()) > MAX_DOCUMENT_BYTES:
        raise ValueError(f"the SSM document has {len(text.encode())} bytes; AWS takes {MAX_DOCUMENT_BYTES}")
    return text


def digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()
