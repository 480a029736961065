"""`mlteam --help` against `pulumi version`: what a command line costs before it does anything."""

import os
from typing import Final

from benchmarks.measuring import alternate, table
from stacks.local import CHECKOUT

TIMES: Final = 10
COMMANDS: Final = {"mlteam --help": ("mlteam", "--help"), "pulumi version": ("pulumi", "version")}


def run() -> str:
    return table(f"Command lines, median of {TIMES}", alternate(COMMANDS, TIMES, cwd=CHECKOUT, environment=os.environ))
