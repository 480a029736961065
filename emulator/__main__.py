"""`python -m emulator start|stop|status|fault|serve --directory DIR`: the emulated AWS from the command line.

Endpoints and status go to stdout as JSON, progress and errors to stderr. Exit codes: 0 done, 1 failed, 2 usage.
"""

import argparse
import json
import sys
from pathlib import Path

from emulator import daemon
from emulator.state import State


def main(arguments: list[str]) -> int:
    parser = _parser()
    options = parser.parse_intermixed_args(arguments)
    if options.verb == "fault" and (options.plan is None) != options.clear:
        parser.error("fault: give either a plan or --clear")
    state = State(Path(options.directory).expanduser().resolve())
    try:
        return _run(options, state)
    except (daemon.DaemonError, OSError, ValueError) as error:
        print(f"emulator: {error}", file=sys.stderr)  # noqa: T201
        return 1


def _run(options: argparse.Namespace, state: State) -> int:
    if options.verb == "start":
        print(daemon.start(state, options.port, options.faults).to_json())  # noqa: T201
    elif options.verb == "stop":
        daemon.stop(state)
    elif options.verb == "status":
        print(json.dumps(daemon.status(state), indent=2))  # noqa: T201
    elif options.verb == "fault":
        daemon.fault(state, options.plan)
    else:
        from emulator.server import serve  # moto takes a second to import

        serve(state, options.port)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulator", description="An AWS that runs on this machine.")
    parser.add_argument("verb", choices=("start", "stop", "status", "fault", "serve"))
    parser.add_argument("plan", nargs="?", type=Path, help="fault: what shall go wrong (emulator/faults/plan.py)")
    parser.add_argument("--directory", required=True, help="where the emulator keeps its state")
    parser.add_argument("--port", type=int, default=0, help="of the AWS endpoint (default: any free one)")
    parser.add_argument("--faults", type=Path, help="start: a fault plan from the beginning")
    parser.add_argument("--clear", action="store_true", help="fault: nothing goes wrong on purpose any more")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
