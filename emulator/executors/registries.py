"""Where an instance gets its packages: as the user of this machine does, with the same settings and caches.

Standard library only: set-up asks for the same before there is anything else.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

# What a host takes over from the machine that it runs on: where packages come from, and nothing else.
INHERITED: Final = ("PIP_", "UV_", "SSL_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "HTTP_PROXY",
                    "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")  # fmt: skip
PIP_CONFIG: Final = ("-m", "pip", "config", "list")
"""What a Python is told."""
_PIP_SETTING: Final = re.compile(r"^[^.]+\.(?P<key>[a-z-]+)='(?P<value>.*)'$")
# uv reads none of pip's settings; who needs a mirror has told pip already.
_UV_NAMES: Final = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "cert": "SSL_CERT_FILE"}


def settings(caches: Path) -> dict[str, str]:
    """The environment of pip and uv on an instance; `caches` where the user has none."""
    inherited = {name: value for name, value in os.environ.items() if name.startswith(INHERITED)}
    return {
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR") or f"{user_cache(caches)}/uv",
        "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR") or f"{user_cache(caches)}/pip",
        **_user_files(),
        **uv_settings(_pip_config(), os.environ),
        **inherited,
    }


def uv_settings(pip_config: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What `pip config list` says, in uv's words; what the caller set for uv (under its old names too) stands."""
    if environment.keys() & {"UV_INDEX_URL", "UV_EXTRA_INDEX_URL"}:
        return {}
    found: dict[str, str] = {}
    for match in filter(None, map(_PIP_SETTING.match, pip_config.splitlines())):
        name = _UV_NAMES.get(match["key"])
        if name and name not in environment:
            found[name] = match["value"].replace("\\n", " ").strip()
    return found


@cache
def _pip_config() -> str:
    command = [sys.executable, *PIP_CONFIG]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _user_files() -> dict[str, str]:
    """Where the user's own pip and uv settings lie: HOME is another one on the instance."""
    home = Path(os.environ.get("HOME") or "/nonexistent")
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    wanted = (
        ("PIP_CONFIG_FILE", settings / "pip" / "pip.conf"),
        ("PIP_CONFIG_FILE", home / ".pip" / "pip.conf"),
        ("UV_CONFIG_FILE", settings / "uv" / "uv.toml"),
    )
    return {name: str(path) for name, path in reversed(wanted) if path.is_file()}


def user_cache(fallback: Path) -> Path:
    """The user's own cache, so that an instance need not download and compile again what the machine has."""
    home = os.environ.get("XDG_CACHE_HOME") or (f"{os.environ['HOME']}/.cache" if os.environ.get("HOME") else "")
    return Path(home or fallback)
