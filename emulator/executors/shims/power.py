"""`shutdown`, `poweroff`, `halt`, `reboot`: the emulator stops or terminates the instance, as AWS would.

`cloud-init status [--wait]` says how the user data ended.
"""

import time
from typing import Final

from emulator.executors.shims import host
from emulator.executors.shims.table import ShimError

NOW: Final = ("now", "+0")


def main(name: str, arguments: list[str]) -> int:
    words = [argument for argument in arguments if not argument.startswith("-")]
    if name == "reboot" or "-r" in arguments:
        raise ShimError("a reboot from within is not emulated; call ec2:RebootInstances")
    if "-c" in arguments:
        return 0
    if name == "shutdown" and words and words[0] not in NOW:
        raise ShimError(f"time {words[0]!r} is not emulated; allowed: {', '.join(NOW)}")
    host.tell_emulator("power-off")
    return 0


def cloud_init(_: str, arguments: list[str]) -> int:
    if arguments[:1] != ["status"]:
        raise ShimError(f"{' '.join(arguments)!r} is not emulated; allowed: status [--wait]")
    finished = host.path("/var/lib/cloud/instance/boot-finished")
    while "--wait" in arguments and not finished.exists():
        time.sleep(0.1)
    if not finished.exists():
        print("status: running")  # noqa: T201
        return 0
    failed = finished.read_text().strip() != "0"
    print("status: error" if failed else "status: done")  # noqa: T201
    return 1 if failed else 0
