"""`python -m emulator start|stop|status|serve --directory DIR`: the emulated AWS from the command line.

Endpoints and status go to stdout as JSON, progress and errors to stderr. Exit codes: 0 done, 1 failed, 2 usage.
"""

import argparse
import json
import sys
from pathlib import Path

from emulator import daemon
from emulator.state import State


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    state = State(Path(options.directory).expanduser().resolve())
    try:
        return _run(options.verb, state, options.port)
    except (daemon.DaemonError, OSError) as error:
        print(f"emulator: {error}", file=sys.stderr)  # noqa: T201
        return 1


def _run(verb: str, state: State, port: int) -> int:
    if verb == "start":
        print(daemon.start(state, port).to_json())  # noqa: T201
    elif verb == "stop":
        daemon.stop(state)
    elif verb == "status":
        print(json.dumps(daemon.status(state), indent=2))  # noqa: T201
    else:
        from emulator.server import serve  # moto takes a second to import

        serve(state, port)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulator", description="An AWS that runs on this machine.")
    parser.add_argument("verb", choices=("start", "stop", "status", "serve"))
    parser.add_argument("--directory", required=True, help="where the emulator keeps its state")
    parser.add_argument("--port", type=int, default=0, help="of the AWS endpoint (default: any free one)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
