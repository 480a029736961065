"""Start a shim: `run.py systemctl start x`. Runs under the base installation's plain Python, standard library only."""

import sys
from importlib import import_module
from pathlib import Path

# The first entry is this folder, whose module names (`mount`, `users`) must not be found before the library's.
sys.path[0] = str(Path(__file__).resolve().parents[3])

if __name__ == "__main__":
    table = import_module("emulator.executors.shims.table")
    sys.exit(table.run(sys.argv[1], sys.argv[2:]))
