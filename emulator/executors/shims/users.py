"""Users and groups of the instance: names in its own /etc/passwd and /etc/group. Every process runs as the user of the
emulator all the same, so ownership changes are checked for their names and otherwise without effect.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from emulator.executors.shims import host
from emulator.executors.shims.table import ShimError

VALUE_OPTIONS: Final = ("-d", "--home-dir", "--home", "-s", "--shell", "-u", "--uid", "-g", "--gid", "-G", "--groups",
                        "-c", "--comment", "--gecos", "-K", "-k", "--ingroup")  # fmt: skip
FIRST_ID: Final = 990
SYSTEM: Final = "/usr/sbin:/usr/bin:/sbin:/bin"


def _entries(file: str) -> dict[str, str]:
    path = host.path(file)
    lines = path.read_text().splitlines() if path.is_file() else []
    return {line.split(":")[0]: line for line in lines}


def _add(file: str, name: str, line: str) -> None:
    path = host.path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as target:
        target.write(f"{name}:{line}\n")


def _parse(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    words, options, rest = [], {}, iter(arguments)
    for argument in rest:
        key, equals, value = argument.partition("=")
        if argument in VALUE_OPTIONS:
            options[argument] = next(rest, "")
        elif argument.startswith("-"):
            options[key] = value if equals else ""
        else:
            words.append(argument)
    return words, options


def _is_user(name: str) -> bool:
    real = Path("/etc/passwd").read_text().splitlines()
    return name.isdigit() or name in _entries("/etc/passwd") or any(line.startswith(f"{name}:") for line in real)


def _is_group(name: str) -> bool:
    real = Path("/etc/group").read_text().splitlines()
    known = name in _entries("/etc/group") or name in _entries("/etc/passwd")
    return name.isdigit() or known or any(line.startswith(f"{name}:") for line in real)


def useradd(_: str, arguments: list[str]) -> int:
    words, options = _parse(arguments)
    if not words:
        raise ShimError("no user named", 2)
    if words[0] in _entries("/etc/passwd"):
        raise ShimError(f"user '{words[0]}' already exists", 9)
    home = next((options[key] for key in ("-d", "--home-dir", "--home") if key in options), f"/home/{words[0]}")
    number = FIRST_ID - len(_entries("/etc/passwd"))
    _add("/etc/passwd", words[0], f"x:{number}:{number}::{home}:/bin/false")
    if {"-m", "--create-home"} & set(options):
        host.path(home).mkdir(parents=True, exist_ok=True)
    return 0


def userdel(_: str, arguments: list[str]) -> int:
    words, _options = _parse(arguments)
    known = _entries("/etc/passwd")
    if not words or words[0] not in known:
        raise ShimError(f"user '{''.join(words[:1])}' does not exist", 6)
    kept = [line for user, line in known.items() if user != words[0]]
    host.path("/etc/passwd").write_text("".join(f"{line}\n" for line in kept))
    return 0


def usermod(_: str, arguments: list[str]) -> int:
    words, _options = _parse(arguments)
    if not words or not _is_user(words[-1]):
        raise ShimError(f"user '{''.join(words[-1:])}' does not exist", 6)
    return 0


def groupadd(_: str, arguments: list[str]) -> int:
    words, options = _parse(arguments)
    if not words:
        raise ShimError("no group named", 2)
    if words[0] in _entries("/etc/group"):
        if {"-f", "--force"} & set(options):
            return 0
        raise ShimError(f"group '{words[0]}' already exists", 9)
    _add("/etc/group", words[0], f"x:{FIRST_ID - len(_entries('/etc/group'))}:")
    return 0


def identify(_: str, arguments: list[str]) -> int:
    """`id [-u|-g|-un|...] [USER]`: the instance's user if there is one, else the machine's answer."""
    flags = [argument for argument in arguments if argument.startswith("-")]
    users = [argument for argument in arguments if not argument.startswith("-")]
    entry = _entries("/etc/passwd").get(users[0]) if users else None
    if entry is None:
        # root is what a script on a host is; here it is the user of the emulator
        return _root(flags) if not users else _real("id", arguments)
    user, _password, uid, gid = entry.split(":")[:4]
    text = {"-u": uid, "-g": gid, "-un": user, "-gn": user, "-nu": user, "-ng": user}
    print(text.get("".join(flags), f"uid={uid}({user}) gid={gid}({user}) groups={gid}({user})"))  # noqa: T201
    return 0


def _root(flags: list[str]) -> int:
    text = {"-u": "0", "-g": "0", "-un": "root", "-gn": "root", "-nu": "root"}
    print(text.get("".join(flags), "uid=0(root) gid=0(root) groups=0(root)"))  # noqa: T201
    return 0


def _real(program: str, arguments: list[str]) -> int:
    return subprocess.run([shutil.which(program, path=SYSTEM) or program, *arguments], check=False).returncode


def chown(name: str, arguments: list[str]) -> int:
    """The names and the files must exist; nothing is changed."""
    words = [argument for argument in arguments if not argument.startswith("-")]
    if any(argument.startswith("--reference") for argument in arguments):
        words.insert(0, "root")
    if len(words) < 2:
        raise ShimError("missing operand")
    owner, _, group = words[0].replace(".", ":", 1).partition(":") if name == "chown" else ("", "", words[0])
    if owner and not _is_user(owner):
        raise ShimError(f"invalid user: '{words[0]}'")
    if group and not _is_group(group):
        raise ShimError(f"invalid group: '{words[0]}'")
    missing = [file for file in words[1:] if not (host.path(file).exists() or Path(file).exists())]
    if missing:
        raise ShimError(f"cannot access '{missing[0]}': No such file or directory")
    return 0


def install(_: str, arguments: list[str]) -> int:
    """coreutils' install without owner and group, which must exist."""
    kept, rest = [], iter(arguments)
    for argument in rest:
        if argument in ("-o", "-g", "--owner", "--group"):
            _check_owner(argument, next(rest, ""))
        elif argument.startswith(("--owner=", "--group=")):
            _check_owner(*argument.split("=", 1))
        else:
            kept.append(argument)
    return _real("install", kept)


def _check_owner(option: str, who: str) -> None:
    if not (_is_user(who) if option in ("-o", "--owner") else _is_group(who)):
        raise ShimError(f"invalid {'user' if option in ('-o', '--owner') else 'group'} '{who}'")


def run_as(_: str, arguments: list[str]) -> int:
    """`runuser -u USER -- COMMAND`, `sudo -u USER COMMAND`: the user must exist; the command runs as who we are."""
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option == "--":
            break
        if option in ("-u", "--user"):
            user = rest.pop(0) if rest else ""
            if not _is_user(user):
                raise ShimError(f"user {user} does not exist")
        elif option not in ("-E", "-n", "-H"):
            raise ShimError(f"option {option} is not emulated; allowed: -u USER, -E, -n, -H, --")
    if not rest:
        raise ShimError("no command given")
    sys.stdout.flush()
    return subprocess.run(rest, check=False).returncode
