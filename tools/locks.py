"""What a compiled requirements file may hold, and what each one must hold. Pure: reads text, touches no network.

A line without a hash would be installed unchecked, and an address would tie everyone to one registry.
"""

import re
import tomllib
from typing import Any, Final, NamedTuple

_PIN: Final = re.compile(r"^(?P<name>[a-z0-9][a-z0-9-]*)==(?P<version>[^\s;]+)( ; (?P<marker>[^\\]+))?$")
_HASH: Final = re.compile(r"^--hash=sha256:[0-9a-f]{64}$")
_NAME: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


class LockFile(NamedTuple):
    """One compiled file: which extras and groups of pyproject.toml it holds, and whose versions it follows."""

    path: str
    with_project: bool = False
    extras: tuple[str, ...] = ()
    group: str = ""
    follows: str = ""


# The widest first: the others follow its versions, so that no two files disagree.
LOCK_FILES: Final = (
    LockFile("requirements-dev.txt", with_project=True, extras=("program", "dev")),
    LockFile("requirements.txt", with_project=True, extras=("program",), follows="requirements-dev.txt"),
    LockFile("requirements-workflow.txt", with_project=True, follows="requirements-dev.txt"),
    LockFile("tools/requirements-uv.txt", group="uv", follows="requirements-dev.txt"),
    LockFile("tools/requirements-go.txt", group="go"),
)


def normalised(requirement: str) -> str:
    """The name of a requirement as compiled files spell it: `mlflow[auth]>=3` gives `mlflow`."""
    match = _NAME.match(requirement.strip())
    if match is None:
        raise ValueError(f"not a requirement: {requirement!r}; expected a name and version bounds, like 'click>=8.1'")
    return re.sub(r"[-_.]+", "-", match.group()).lower()


def declared(pyproject: str, lock_file: LockFile) -> set[str]:
    """Names that pyproject.toml asks for and that this file must therefore pin."""
    document: dict[str, Any] = tomllib.loads(pyproject)
    project = document["project"]
    asked: list[str] = list(project["dependencies"]) if lock_file.with_project else []
    for extra in lock_file.extras:
        asked += project["optional-dependencies"][extra]
    if lock_file.group:
        asked += document["dependency-groups"][lock_file.group]
    return {normalised(requirement) for requirement in asked}


def pins(text: str) -> dict[str, set[str]]:
    """Name -> versions (more than one where markers divide them)."""
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        match = _PIN.match(line.removesuffix("\\").rstrip())
        if match:
            found.setdefault(match["name"], set()).add(match["version"])
    return found


def faults(text: str) -> list[str]:
    """Everything in a compiled file that is neither a pin nor one of its hashes."""
    found: list[str] = []
    hashes_of = ""
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.removesuffix("\\").strip()
        if _HASH.match(content):
            hashes_of = ""
        elif _PIN.match(content):
            if hashes_of:
                found.append(f"{hashes_of} has no hash")
            hashes_of = content
        else:
            found.append(f"line {number} is neither a pin nor a hash: {line!r}")
    if hashes_of:
        found.append(f"{hashes_of} has no hash")
    return found


def disagreements(narrow: str, wide: str) -> list[str]:
    """Pins of the narrow file that the wide one does not have in the same version."""
    known = pins(wide)
    return [
        f"{name} is {'/'.join(sorted(versions))} here and {'/'.join(sorted(known.get(name, {'missing'})))} there"
        for name, versions in pins(narrow).items()
        if not versions <= known.get(name, set())
    ]
