"""The systemd units of a service: pure text."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

PREFIX: Final = "mlteam-"
BACKUP: Final = "-backup"
FIRST_BACKUP_MINUTES: Final = 2

HARDENING: Final = """NoNewPrivileges=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=yes
ProtectControlGroups=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictSUIDSGID=yes
LockPersonality=yes
UMask=0077
"""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where the parts of a service are on this host."""

    service: str
    region: str
    address: str
    python: str
    code: str
    data_folder: str
    config_folder: str

    @property
    def user(self) -> str:
        return PREFIX + self.service

    @property
    def secrets_file(self) -> str:
        return f"{self.config_folder}/secrets.env"


def main_unit(service: Mapping[str, Any]) -> str:
    return f"{PREFIX}{service['name']}.service"


def unit_names(service: Mapping[str, Any]) -> tuple[str, ...]:
    """Every unit of a service."""
    stem = PREFIX + str(service["name"])
    backups = (f"{stem}{BACKUP}.service", f"{stem}{BACKUP}.timer") if service["backup_command"] else ()
    return (f"{stem}.service", *backups)


def filled(text: str, layout: Layout) -> str:
    """The placeholders of a ServiceSpec, replaced."""
    known = {
        "HOST_ADDRESS": layout.address,
        "DATA_FOLDER": layout.data_folder,
        "CONFIG_FOLDER": layout.config_folder,
    }
    for name, value in known.items():
        text = text.replace("$" + "{" + name + "}", value)
    return text


def secrets_text(values: Mapping[str, str]) -> str:
    """An environment file as systemd reads it; generated values have no character that needs quoting."""
    return "".join(f"{key}={value}\n" for key, value in sorted(values.items()))


def _escaped(text: str) -> str:
    """systemd's own specifiers begin with %, its variables with $."""
    return text.replace("%", "%%")


def command_line(command: str, layout: Layout) -> str:
    """`python ...` becomes the absolute interpreter; each word quoted as systemd and the shell both read it."""
    words = shlex.split(filled(command, layout))
    if words[:1] != ["python"]:
        raise ValueError(f"the command of a service must start with python, not {words[:1]}")
    return _escaped(shlex.join([layout.python, *words[1:]])).replace("$", "$$")


def _environment(service: Mapping[str, Any], layout: Layout) -> str:
    values = {
        "AWS_DEFAULT_REGION": layout.region,
        "HOME": layout.data_folder,
        "PYTHONPATH": layout.code,
        "PYTHONUNBUFFERED": "1",
        # The packages belong to root: what Python compiles of them is kept here, or every start compiles again.
        "PYTHONPYCACHEPREFIX": f"{layout.data_folder}/.pycache",
        **{key: filled(value, layout) for key, value in service["environment"].items()},
    }
    quoted = (_escaped(f"{key}={value}").replace("\\", "\\\\").replace('"', '\\"') for key, value in values.items())
    return "".join(f'Environment="{pair}"\n' for pair in quoted)


def _common(service: Mapping[str, Any], layout: Layout) -> str:
    return (
        f"User={layout.user}\nGroup={layout.user}\nWorkingDirectory={layout.data_folder}\n"
        f"ReadWritePaths={layout.data_folder}\nEnvironmentFile={layout.secrets_file}\n"
        f"{_environment(service, layout)}{HARDENING}"
    )


def _main(service: Mapping[str, Any], layout: Layout) -> str:
    lines = [f"ExecStart={command_line(service['command'], layout)}"]
    if service["restore_command"]:
        lines.insert(0, f"ExecStartPre={command_line(service['restore_command'], layout)}")
    if service["backup_command"]:
        lines.append(f"ExecStopPost={command_line(service['backup_command'], layout)}")
    return (
        f"[Unit]\nDescription=mlteam service {layout.service}\nWants=network-online.target\n"
        f"After=network-online.target\nRequiresMountsFor={layout.data_folder}\n\n"
        f"[Service]\nType=simple\n{_common(service, layout)}" + "\n".join(lines) + "\n"
        f"Restart=on-failure\nRestartSec=5\nTimeoutStartSec={service['start_seconds']}\nTimeoutStopSec=120\n\n"
        "[Install]\nWantedBy=multi-user.target\n"
    )


def _backup(service: Mapping[str, Any], layout: Layout) -> str:
    return (
        f"[Unit]\nDescription=backup of mlteam service {layout.service}\nRequiresMountsFor={layout.data_folder}\n\n"
        f"[Service]\nType=oneshot\n{_common(service, layout)}"
        f"ExecStart={command_line(service['backup_command'], layout)}\n"
    )


def _timer(service: Mapping[str, Any], layout: Layout) -> str:
    return (
        f"[Unit]\nDescription=backup of mlteam service {layout.service}, regularly\n\n"
        f"[Timer]\nOnActiveSec={FIRST_BACKUP_MINUTES}min\nOnUnitActiveSec={service['backup_minutes']}min\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def unit_files(service: Mapping[str, Any], layout: Layout) -> dict[str, str]:
    """File name to text."""
    texts = [_main(service, layout)]
    if service["backup_command"]:
        texts += [_backup(service, layout), _timer(service, layout)]
    return dict(zip(unit_names(service), texts, strict=True))
