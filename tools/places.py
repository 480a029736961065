"""Where set-up keeps things: the checkout holds only `.venv`; what is big and shared lies in the user's cache."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
VENV: Final = ROOT / ".venv"
# Facts of this checkout that the rest reads; in .venv, so that they go when it goes.
ENGINE_PATH_FILE: Final = VENV / "engine-path"
STAMP_FILE: Final = VENV / "mlteam-setup.json"


def cache_directory(environment: Mapping[str, str]) -> Path:
    """The user's cache folder for this program; a relative XDG_CACHE_HOME is void by its specification."""
    configured = environment.get("XDG_CACHE_HOME", "")
    base = Path(configured) if configured.startswith("/") else Path(environment.get("HOME") or Path.home()) / ".cache"
    return base / "mlteam"


def clean_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for our own Python tools: without what would point them at someone else's packages."""
    foreign = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "PIP_TARGET", "PIP_PREFIX"}
    kept = {name: value for name, value in environment.items() if name not in foreign}
    return {**kept, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
