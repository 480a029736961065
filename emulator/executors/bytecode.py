"""What Python compiles of an instance's packages is kept in the user's cache, once for all instances.

The first import of MLflow costs 8 s of CPU more than the next, a first start of its server 12 s, and instances come by
the dozen. Below PYTHONPYCACHEPREFIX Python repeats the path of each source: there the root of the instance is a link to
what all share. Python itself compares time and size of the source, which uv keeps where it links files from its cache:
two instances whose sources at one path differ, but not in size or second, would run what one of them compiled first.

Standard library only: the supervisor of a service asks, too.
"""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PREFIX: Final = "PYTHONPYCACHEPREFIX"
SHARED: Final = "EMULATED_BYTECODE"


def home_of(library: str) -> Path:
    """Of a module of the standard library: the folder that holds that and, beside it or within, the machine's pip."""
    return Path(library).parents[1]


_PYTHON: Final = home_of(os.__file__)


def settings(root: Path, caches: Path) -> dict[str, str]:
    """The environment of an instance; `caches` is the user's cache."""
    return {PREFIX: f"{root}/run/emulator/bytecode", SHARED: f"{caches}/mlteam/bytecode"}


def share(environment: Mapping[str, str], root: Path) -> None:
    """Make the links below the prefix of `environment`; a service may have one of its own on the instance."""
    prefix = Path(environment[PREFIX])
    if not (prefix.is_relative_to(root) and prefix.parent.is_dir()):
        return
    for place, name in ((root, "instance"), (_PYTHON, "python")):
        link, target = Path(f"{prefix}{place}"), Path(environment[SHARED], name)
        target.mkdir(parents=True, exist_ok=True)
        link.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            link.symlink_to(target)
