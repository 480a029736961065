"""The program's own process, as the engine starts it."""

import subprocess
import sys
from pathlib import Path

import pytest

INTERRUPTED = """
import os, runpy, signal, sys, types
program = types.ModuleType("stacks.program")
program.declare = lambda: os.kill(os.getpid(), signal.SIGINT)
sys.modules["stacks.program"] = program
runpy.run_path("__main__.py", run_name="__main__")
print("went on")
"""


@pytest.mark.slow
def test_ctrl_c_is_the_engines_to_answer() -> None:
    """A terminal sends it to both; here it would be a traceback in the middle of an `up`."""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], cwd=root, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "went on\n", "")
