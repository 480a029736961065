"""Make this host run exactly the services of a manifest, and say so only once each of them is healthy.

Runs as root, from the stack's SSM document; may run any number of times. What is not listed any more is stopped first,
what has not changed is left alone, what fails is named together with its last lines.
"""

import errno
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from components.shared.files import bootstrap, units

DATA_MOUNT: Final = "/var/lib/mlteam"
UNIT_FOLDER: Final = "/etc/systemd/system"
CONFIG: Final = "/etc/mlteam"
DISK_SECONDS: Final = 120
POLL_SECONDS: Final = 0.5
UNIT_SECONDS: Final = 3.0
"""How often systemd is asked: it costs more than the service's own answer."""
JOURNAL_LINES: Final = 40
SECRET_BYTES: Final = 32
USER_EXISTS: Final = 9
"""What useradd ends with when it has nothing to do."""
NOT_RUNNING: Final = frozenset({"inactive", "failed", "unknown"})

Service = Mapping[str, Any]


class HostError(Exception):
    """The host cannot be made so; the message says why."""


STARTED: Final = time.monotonic()


def say(text: str) -> None:
    print(f"converge: {time.monotonic() - STARTED:6.1f} s  {text}", flush=True)  # noqa: T201 - the run's log


def answer(*command: str) -> str:
    """What a command prints, whatever it ends with."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def must(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HostError(f"`{' '.join(command)}` ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout.strip()


def write_if_different(path: Path, text: str, mode: int = 0o644) -> bool:
    """True if the file was not like that before."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.new")
    aside.touch(mode=mode)
    aside.chmod(mode)
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
    return True


# The data volume


def find_disk(volume_id: str) -> str:
    """The device of an EBS volume: NVMe names move about, the serial number is the volume's id."""
    serial = volume_id.replace("-", "")
    deadline = time.monotonic() + DISK_SECONDS
    while time.monotonic() < deadline:
        for line in answer("lsblk", "--nodeps", "--noheadings", "--output", "PATH,SERIAL").splitlines():
            parts = line.split()
            if len(parts) > 1 and parts[1] == serial:
                return parts[0]
        time.sleep(1)
    raise HostError(f"volume {volume_id} is not attached after {DISK_SECONDS} s")


def is_mounted(folder: Path) -> bool:
    return subprocess.run(["mountpoint", "--quiet", str(folder)], check=False).returncode == 0


def mount_data(volume_id: str) -> None:
    """Mounted at the data folder now and at every boot; formatted only if there is nothing on it."""
    mount = bootstrap.rooted(DATA_MOUNT)
    mount.mkdir(parents=True, exist_ok=True)
    if is_mounted(mount):
        return
    device = find_disk(volume_id)
    if not answer("blkid", device):
        say(f"{device} is empty: formatting")
        must("mkfs.ext4", "-q", device)
    uuid = must("blkid", "--match-tag", "UUID", "--output", "value", device)
    table = bootstrap.rooted("/etc/fstab")
    kept = [line for line in _lines(table) if DATA_MOUNT not in line.split()]
    wanted = [*kept, f"UUID={uuid} {DATA_MOUNT} ext4 defaults,nofail 0 2"]
    write_if_different(table, "\n".join(wanted) + "\n")
    must("mount", device, str(mount))


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


# Secrets: made here, kept in SSM, never sent through anything that is recorded


def secret_value(client: Any, name: str) -> str:
    """The value of a SecureString; made on the first ask, never overwritten."""
    try:
        return str(client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    except client.exceptions.ParameterNotFound:
        made = secrets.token_urlsafe(SECRET_BYTES)
    try:
        client.put_parameter(Name=name, Value=made, Type="SecureString", Overwrite=False)
    except client.exceptions.ParameterAlreadyExists:
        return secret_value(client, name)
    return made


# Services


def ensure_user(name: str) -> None:
    command = ("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, USER_EXISTS):
        raise HostError(f"`{' '.join(command)}` ended with {done.returncode}: {done.stderr.strip()}")


def install(service: Service, layout: units.Layout, client: Any) -> bool:
    """Write everything that a service is made of; True if any of it is new."""
    folder = Path(layout.data_folder)
    ensure_user(layout.user)
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    must("chown", "-R", f"{layout.user}:{layout.user}", str(folder))
    values = {key: secret_value(client, name) for key, name in sorted(service["secrets"].items())}
    changed = write_if_different(Path(layout.secrets_file), units.secrets_text(values), mode=0o600)
    for name, text in sorted(service["files"].items()):
        changed |= write_if_different(Path(layout.config_folder) / name, units.filled(text, layout))
    for name, text in units.unit_files(service, layout).items():
        changed |= write_if_different(bootstrap.rooted(f"{UNIT_FOLDER}/{name}"), text)
    return changed


def retire(wanted: Iterable[str]) -> list[str]:
    """Stop and remove the units of ours that nobody lists any more; others' are never touched."""
    folder = bootstrap.rooted(UNIT_FOLDER)
    old = sorted({path.name for path in folder.glob(f"{units.PREFIX}*")} - set(wanted), key=_timers_first)
    for name in old:
        say(f"stopping {name}, which is not listed any more")
        must("systemctl", "disable", "--now", name)
        (folder / name).unlink()
    return old


def _timers_first(name: str) -> tuple[bool, str]:
    return (not name.endswith(".timer"), name)


def require_port(service: Service, address: str) -> None:
    """HostError if somebody else has the port: a server that cannot bind may try again for ever, and look alive."""
    if answer("systemctl", "is-active", units.main_unit(service)) not in NOT_RUNNING:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what a server of before left does not count
        try:
            probe.bind((address, int(service["port"])))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise HostError(
                    f"service {service['name']}: port {service['port']} of {address} is taken by another program; "
                    "end that first"
                ) from None


def start(service: Service, *, changed: bool) -> None:
    names = [name for name in units.unit_names(service) if not name.endswith(f"{units.BACKUP}.service")]
    must("systemctl", "enable", *names)
    for name in names:
        if changed or answer("systemctl", "is-active", name) != "active":
            say(f"starting {name}")
            answer("systemctl", "reset-failed", name)
            try:
                must("systemctl", "restart", name)
            except HostError as error:
                raise HostError(f"last lines of {name}:\n{tail(name)}\nservice {service['name']}: {error}") from None


def tail(unit: str) -> str:
    return answer("journalctl", "-u", unit, "-n", str(JOURNAL_LINES), "--no-pager")


def healthy(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=bootstrap.METADATA_SECONDS) as reply:
            return bool(reply.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def wait_for(service: Service, address: str) -> None:
    """Return once the service answers on its own address; else fail with its last lines."""
    unit, url = units.main_unit(service), f"http://{address}:{service['port']}{service['health_path']}"
    seconds = int(service["start_seconds"])
    deadline = time.monotonic() + seconds
    state, ask_at = "", 0.0
    while (now := time.monotonic()) < deadline:
        if healthy(url):
            say(f"{service['name']} is healthy at {url}")
            return
        if now >= ask_at:
            state, ask_at = answer("systemctl", "is-active", unit), now + UNIT_SECONDS
        if state == "failed":
            break
        time.sleep(POLL_SECONDS)
    why = "it failed" if state == "failed" else f"no answer from {url} within {seconds} s"
    name = service["name"]
    # The reason comes last: what is cut off, here and by AWS, is the beginning.
    raise HostError(f"last lines of {name}:\n{tail(unit)}\nservice {name}: {why}; see `mlteam logs {name}`")


def converge(manifest: Mapping[str, Any]) -> None:
    import boto3

    services = manifest["services"]
    runtime = bootstrap.prepare(
        manifest["region"],
        manifest["artifact_bucket"],
        requirements=manifest["requirements_sha256"],
        code=manifest["code_sha256"],
    )
    say("packages and code are there")
    mount_data(manifest["volume_id"])
    address = bootstrap.metadata("local-ipv4")
    retired = retire(name for service in services for name in units.unit_names(service))
    client = boto3.client("ssm", region_name=manifest["region"])
    layouts = {
        service["name"]: units.Layout(
            service=service["name"],
            region=manifest["region"],
            address=address,
            python=str(runtime.python),
            code=str(runtime.code),
            data_folder=str(bootstrap.rooted(f"{DATA_MOUNT}/{service['data_folder']}")),
            config_folder=str(bootstrap.rooted(f"{CONFIG}/{service['name']}")),
        )
        for service in services
    }
    changed = {service["name"]: install(service, layouts[service["name"]], client) for service in services}
    if retired or any(changed.values()):
        must("systemctl", "daemon-reload")
    for service in services:
        require_port(service, address)
    for service in services:
        start(service, changed=changed[service["name"]])
    for service in services:
        wait_for(service, address)
    bootstrap.prune(runtime)  # only now: until here the earlier generation may still be running


def main(manifest_path: str) -> int:
    bootstrap.with_tools(Path(manifest_path).with_name("tools.txt"))
    manifest = json.loads(Path(manifest_path).read_text(encoding="utf-8"))
    os.environ.setdefault("AWS_DEFAULT_REGION", manifest["region"])
    try:
        converge(manifest)
    except (HostError, subprocess.SubprocessError) as error:
        print(f"converge: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the run's log
        return 1
    say(f"{len(manifest['services'])} services are as wanted")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
