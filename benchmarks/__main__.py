"""`python -m benchmarks [cli | engine | memory]`: the figures of docs/benchmarks.md, as markdown on stdout."""

import sys
from collections.abc import Callable
from typing import Final

from benchmarks import cli, engine, memory
from workflow.errors import MlteamError

PARTS: Final[dict[str, Callable[[], str]]] = {"cli": cli.run, "engine": engine.run, "memory": memory.run}


def main(arguments: list[str]) -> int:
    unknown = [name for name in arguments if name not in PARTS]
    if unknown:
        sys.stderr.write(f"benchmarks: unknown part {unknown[0]!r}; allowed: {', '.join(PARTS)}\n")
        return 2
    for name in arguments or list(PARTS):
        try:
            sys.stdout.write(PARTS[name]() + "\n")
        except MlteamError as error:
            sys.stderr.write(f"benchmarks: {name}: {error}\n")
            return error.exit_code
    return 0


sys.exit(main(sys.argv[1:]))
