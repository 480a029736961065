"""systemd unit files: read, checked, with systemd's quoting. Pure but for reading the files.

Promises that a directive which the supervisor does not carry out is named (`notes`), never passed over: some are
harmless here (sandboxing), an unknown one is a warning as systemd gives it, one that would change what runs is refused.
Source: systemd.unit(5), systemd.service(5), systemd.timer(5), systemd.syntax(7), version 255.
"""

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from emulator.executors.shims import host
from emulator.executors.shims.table import ShimError

Directives = dict[str, list[str]]

DONE: Final = {
    "Unit": {"Description", "Documentation", "After", "Before", "Wants", "Requires", "OnFailure",
             "StartLimitIntervalSec", "StartLimitBurst", "ConditionPathExists"},
    "Service": {"Type", "ExecStart", "ExecStartPre", "ExecStartPost", "ExecStop", "ExecStopPost", "Restart",
                "RestartSec", "Environment", "EnvironmentFile", "WorkingDirectory", "TimeoutStartSec",
                "TimeoutStopSec", "TimeoutSec", "RemainAfterExit", "KillSignal", "SuccessExitStatus", "StateDirectory",
                "RuntimeDirectory", "LogsDirectory", "CacheDirectory", "UMask", "RestartPreventExitStatus"},
    "Timer": {"OnBootSec", "OnActiveSec", "OnStartupSec", "OnUnitActiveSec", "OnUnitInactiveSec", "OnCalendar",
              "Unit"},
    "Install": {"WantedBy", "RequiredBy"},
}  # fmt: skip
# Protection, limits and words for people: the process runs as it would, as the user of the emulator.
WITHOUT_EFFECT: Final = re.compile(
    r"User|Group|SupplementaryGroups|DynamicUser|Nice|IOScheduling\w+|CPU\w+|Memory\w+|Tasks\w+|Limit\w+|Protect\w+|"
    r"Private\w+|Restrict\w+|NoNewPrivileges|ReadOnlyPaths|ReadWritePaths|InaccessiblePaths|CapabilityBoundingSet|"
    r"AmbientCapabilities|SystemCallFilter|SystemCallArchitectures|SystemCallErrorNumber|LockPersonality|RemoveIPC|"
    r"KillMode|SyslogIdentifier|StandardInput|StandardOutput|StandardError|OOM\w+|\w+DirectoryMode|Slice|Delegate|"
    r"AccuracySec|RandomizedDelaySec|Persistent|DefaultDependencies|RequiresMountsFor|PartOf|BindsTo|SendSIGKILL|"
    r"MemoryDenyWriteExecute|KeyringMode|SecureBits|DevicePolicy|IPAddress\w+|FixedRandomDelay|WakeSystem|Alias|Also|"
    r"X-\w+"
)
SPECIFIED_FOLDERS: Final = {"t": "/run", "S": "/var/lib", "L": "/var/log", "C": "/var/cache"}
TYPES: Final = ("simple", "exec", "oneshot")
RESTARTS: Final = ("no", "always", "on-failure", "on-success", "on-abnormal", "on-abort")
SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
SECONDS: Final = {
    "": 1.0, "us": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "m": 60.0, "min": 60.0,
    "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "hours": 3600.0, "d": 86400.0,
    "day": 86400.0, "days": 86400.0, "w": 604800.0, "week": 604800.0, "weeks": 604800.0,
}  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """One unit file; `sections` keep every value of a directive in order."""

    name: str
    path: Path
    sections: Mapping[str, Directives]
    notes: tuple[str, ...] = field(default=())

    def values(self, section: str, directive: str) -> list[str]:
        return [self._specified(value) for value in self.sections.get(section, {}).get(directive, [])]

    def value(self, section: str, directive: str, default: str = "") -> str:
        found = self.values(section, directive)
        return found[-1] if found else default

    def words(self, section: str, directive: str) -> list[str]:
        return [word for value in self.values(section, directive) for word in value.split()]

    def seconds(self, section: str, directive: str, default: float) -> float:
        text = self.value(section, directive)
        return span(text) if text else default

    def flag(self, section: str, directive: str) -> bool:
        return self.value(section, directive, "no").lower() in ("1", "yes", "true", "on")

    def _specified(self, text: str) -> str:
        """Specifiers: the name of the unit and the percent sign; another one is refused, not passed through."""
        stem = self.name.rpartition(".")[0]
        table = {"n": self.name, "N": stem, "p": stem, "%": "%", "H": "localhost", "h": "/root", "u": "root"}
        table |= {letter: str(host.path(place)) for letter, place in SPECIFIED_FOLDERS.items()}

        def replaced(found: re.Match[str]) -> str:
            if found[1] not in table:
                raise ShimError(f"{self.name}: specifier %{found[1]} is not emulated")
            return table[found[1]]

        return re.sub(r"%(.)", replaced, text)


def folder() -> Path:
    return host.path("/etc/systemd/system")


def load(name: str) -> Unit:
    """Read and check a unit; ShimError 5 where there is none, as `systemctl start` answers."""
    full = name if "." in name else f"{name}.service"
    path = folder() / full
    if not path.is_file():
        raise ShimError(f"Unit {full} not found.", 5)
    sections = parse(path.read_text())
    unit = Unit(full, path, sections, tuple(_notes(full, sections)))
    _refuse(unit)
    return unit


def names() -> list[str]:
    return sorted(p.name for p in folder().iterdir() if p.suffix in (".service", ".timer") and p.is_file())


def parse(text: str) -> dict[str, Directives]:
    """Sections of a unit file; a directive with an empty value forgets what came before it."""
    sections: dict[str, Directives] = {}
    section = ""
    for line in _logical_lines(text):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            sections.setdefault(section, {})
        elif "=" in line and section:
            directive, _, value = line.partition("=")
            known = sections[section].setdefault(directive.strip(), [])
            known.append(value.strip()) if value.strip() else known.clear()
        else:
            raise ShimError(f"{line!r} is neither a section nor a directive")
    return sections


def _logical_lines(text: str) -> Iterator[str]:
    pending = ""
    for raw in text.splitlines():
        line = raw.strip()
        if not pending and (not line or line[0] in "#;"):
            continue
        if pending and line[:1] in ("#", ";"):  # a comment within a continued line
            continue
        if line.endswith("\\"):
            pending += line[:-1].strip() + " "
            continue
        yield pending + line
        pending = ""
    if pending:
        yield pending.strip()


def _notes(name: str, sections: Mapping[str, Directives]) -> Iterator[str]:
    for section, directives in sections.items():
        if section not in DONE:
            yield f"{name}: unknown section [{section}]"
            continue
        for directive in directives:
            if directive in DONE[section]:
                continue
            without = WITHOUT_EFFECT.fullmatch(directive)
            yield f"{name}: {directive}= " + ("is not emulated" if without else f"is unknown in [{section}], ignoring")


def _refuse(unit: Unit) -> None:
    """What would run otherwise than on a real host is an error."""
    kind, restart = unit.value("Service", "Type", "simple"), unit.value("Service", "Restart", "no")
    if unit.name.endswith(".service"):
        if kind not in TYPES:
            raise ShimError(f"{unit.name}: Type={kind} is not emulated; allowed: {', '.join(TYPES)}")
        if restart not in RESTARTS:
            raise ShimError(f"{unit.name}: Restart={restart}; allowed: {', '.join(RESTARTS)}")
        commands = unit.values("Service", "ExecStart")
        if not commands or (len(commands) > 1 and kind != "oneshot"):
            raise ShimError(f"{unit.name}: bad unit file setting: {len(commands)} ExecStart= for Type={kind}")


def span(text: str) -> float:
    """Seconds of a time span (`5min 30s`, `100ms`, `infinity`)."""
    if text.strip() == "infinity":
        return float("inf")
    compact = text.strip().lower()
    found = list(SPAN.finditer(compact))
    if not found or SPAN.sub("", compact).strip() or any(part[2] not in SECONDS for part in found):
        raise ShimError(f"{text!r} is no time span; allowed: like 30, 5min 30s, 100ms, infinity")
    return sum(float(part[1]) * SECONDS[part[2]] for part in found)


@dataclass(frozen=True)
class Command:
    """One Exec line: its prefixes and its words, with variables in place."""

    words: tuple[str, ...]
    ignores_failure: bool


def command(line: str, environment: Mapping[str, str]) -> Command:
    """Split as systemd does; `${X}` stays one word, a word that is `$X` is split, `$$` is a dollar sign."""
    prefixes = re.match(r"[-@:+!|]*", line)
    signs = prefixes[0] if prefixes else ""
    words = split(line[len(signs) :].strip())
    if "@" in signs:
        raise ShimError(f"the prefix @ of {line!r} is not emulated")
    expanded = words if ":" in signs else [word for raw in words for word in _expand(raw, environment)]
    if not expanded:
        raise ShimError(f"{line!r} names no program")
    return Command((host.existing(expanded[0]), *expanded[1:]), "-" in signs)


def split(text: str) -> list[str]:
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
        lexer.whitespace_split, lexer.commenters, lexer.escapedquotes = True, "", "\"'"
        return list(lexer)
    except ValueError as error:
        raise ShimError(f"{text!r}: {error}") from error


def _expand(word: str, environment: Mapping[str, str]) -> list[str]:
    whole = re.fullmatch(r"\$([A-Za-z_]\w*)", word)
    if whole:
        return environment.get(whole[1], "").split()
    return [re.sub(r"\$\$|\$\{([A-Za-z_]\w*)\}", lambda f: environment.get(f[1], "") if f[1] else "$", word)]


def environment(unit: Unit) -> dict[str, str]:
    """The instance's, then Environment=, then EnvironmentFile= (a missing one is an error unless it starts with -)."""
    found = dict(host.environment())
    for value in unit.values("Service", "Environment"):
        found.update(_assignments(split(value), unit.name))
    for value in unit.values("Service", "EnvironmentFile"):
        file = host.path(value.removeprefix("-"))
        if file.is_file():
            found.update(environment_file(file.read_text()))
        elif not value.startswith("-"):
            raise ShimError(f"{unit.name}: failed to load environment files: {value}: no such file")
    found["PATH"] = found.get("PATH", os.defpath)
    return found


def _assignments(words: list[str], where: str) -> dict[str, str]:
    wrong = [word for word in words if "=" not in word]
    if wrong:
        raise ShimError(f"{where}: invalid environment assignment {wrong[0]!r}")
    return dict(word.split("=", 1) for word in words)


def environment_file(text: str) -> dict[str, str]:
    """Lines NAME=value; quotes are taken off, a value in single quotes is literal."""
    found = {}
    for line in _logical_lines(text):
        name, equals, value = line.partition("=")
        if equals:
            found[name.strip()] = _unquoted(value.strip())
    return found


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == '"':
        return re.sub(r'\\(["\\$`])', r"\1", value[1:-1])
    return re.sub(r"\\(.)", r"\1", value)
