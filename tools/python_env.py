"""The checkout's `.venv`: uv (brought in by pip) installs exactly the hash-pinned requirements-dev.txt into it.

The project itself joins by a .pth file and a two-line script: nothing is built, nothing is left in the tree.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from emulator.executors.registries import PIP_CONFIG, uv_settings
from tools.places import ROOT, VENV, clean_environment
from tools.running import run_step, say

REQUIREMENTS: Final = ROOT / "requirements-dev.txt"
UV_REQUIREMENTS: Final = ROOT / "tools" / "requirements-uv.txt"


def tool_venv(name: str, requirements: Path, cache: Path) -> Path:
    """A small virtualenv in the cache for one tool, named by the digest of its pins; made once."""
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    python = f"py{sys.version_info.major}.{sys.version_info.minor}"
    final = cache / f"{name}-{digest}-{python}"
    if final.is_dir():
        return final
    partial = cache / f"{final.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    env, log = clean_environment(), cache / "logs" / f"{name}.log"
    run_step(
        f"making a virtualenv for {name}", [sys.executable, "-m", "venv", str(partial)], log=log, env=env, cwd=cache
    )
    install = [str(partial / "bin" / "python"), "-m", "pip", "install", "--require-hashes", "-r", str(requirements)]
    run_step(f"fetching {name}", install, log=log, env=env, cwd=cache)
    partial.rename(final)  # only what is native in it is called, so its place may change
    return final


def launcher(python: Path, target: str) -> str:
    """A script that runs `module:function`: shell first, because a #! line takes neither spaces nor 128 characters."""
    module, function = target.split(":")
    return (
        f"#!/bin/sh\n'''exec' {shlex.quote(str(python))} \"$0\" \"$@\"\n' '''\n"
        f"import sys\n\nfrom {module} import {function}\n\nsys.exit({function}())\n"
    )


def link_project(venv: Path, root: Path) -> None:
    """Put the checkout on the virtualenv's path and `mlteam` into its bin."""
    for folder in venv.glob("lib/python3.*/site-packages"):
        (folder / "mlteam.pth").write_text(f"{root}\n")
    script = venv / "bin" / "mlteam"
    script.write_text(launcher(venv / "bin" / "python", "workflow.cli:main"))
    script.chmod(0o755)


def usable(venv: Path) -> bool:
    """Whether a virtualenv's interpreter starts, is new enough and knows itself by this place."""
    probe = "import sys; print(sys.prefix if sys.version_info >= (3, 11) else '')"
    try:
        line = [str(venv / "bin" / "python"), "-I", "-c", probe]  # not -S: before 3.13 site sets the prefix
        done = subprocess.run(line, capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.stdout.strip() == str(venv)


def sync(cache: Path, *, fresh: bool) -> None:
    """Bring `.venv` to exactly the pinned packages; `fresh` makes it anew (its scripts name a place it has left)."""
    uv_venv = tool_venv("uv", UV_REQUIREMENTS, cache)
    uv, env = str(uv_venv / "bin" / "uv"), clean_environment()
    pip_config = [str(uv_venv / "bin" / "python"), *PIP_CONFIG]
    env |= uv_settings(subprocess.run(pip_config, capture_output=True, text=True, check=False).stdout, os.environ)
    env["UV_PYTHON_DOWNLOADS"] = "never"
    if fresh or not usable(VENV):
        make = [uv, "venv", "--clear", "--no-project", "--python", sys.executable, str(VENV)]
        run_step(f"making .venv with {sys.executable}", make, log=cache / "logs" / "venv.log", env=env, cwd=ROOT)
    install = [uv, "pip", "sync", "--python", str(VENV / "bin" / "python"), "--require-hashes", str(REQUIREMENTS)]
    title = "installing the Python packages into .venv (1.3 GB, a minute or two the first time)"
    run_step(title, install, log=cache / "logs" / "packages.log", env=env, cwd=ROOT)
    link_project(VENV, ROOT)
    say("the Python packages are in .venv")
