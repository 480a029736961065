"""The supervisor of one service: what systemd's manager does for it, as a process in a session of its own.

Promises: ExecStartPre that fails stops the start; Restart= with RestartSec= and the start limit; a stop runs ExecStop,
then TERM to every process of the unit, KILL after TimeoutStopSec, then ExecStopPost; no process of the unit outlives
it. The unit's processes are found by `EMULATED_UNIT` in their environment, in place of a control group.
"""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

from emulator import processes
from emulator.executors import bytecode
from emulator.executors.shims import host, journal, record, units
from emulator.executors.shims.table import ShimError

MARKER: Final = "EMULATED_UNIT"
DEFAULT_STOP_SECONDS: Final = 90.0
LONGEST_STOP_SECONDS: Final = 3600.0  # also for `infinity`
# systemd's defaults: more than 5 starts in 10 s is a failure.
LIMIT_SECONDS: Final = 10.0
LIMIT_BURST: Final = 5
ABNORMAL: Final = ("signal", "timeout", "core-dump")


class StopRequestedError(Exception):
    """SIGTERM: somebody called `systemctl stop`, or the instance goes."""


class Supervisor:
    """One unit's life."""

    def __init__(self, unit: units.Unit) -> None:
        self.unit = unit
        self.state = record.Record(unit.name)
        self.environment = units.environment(unit)
        self.environment[MARKER] = f"{host.root()}:{unit.name}"
        self.log = journal.path(unit.name)
        self.starts: list[float] = []
        self.is_stopping = False
        self.is_cleaning = False

    def run(self) -> int:
        self.state.own()
        signal.signal(signal.SIGTERM, self._asked_to_stop)
        for message in self.unit.notes:
            journal.note(self.unit.name, message)
        while True:
            try:
                self._live()
                again = self._restarts()
            except StopRequestedError:
                again = False
                self._stop()
            if not again:
                return 0 if self.state.active != "failed" else 1

    def _asked_to_stop(self, *_: object) -> None:
        """Leave what is being done, but never the clean-up: it runs once, to its end."""
        is_first, self.is_stopping = not self.is_stopping, True
        if is_first and not self.is_cleaning:
            raise StopRequestedError

    def _live(self) -> None:
        """One start, until its end; sets the result."""
        self.starts.append(time.monotonic())
        self._set("activating", "start-pre")
        self.state.result, self.state.exit_code = "success", 0
        self._make_folders()
        bytecode.share(self.environment, host.root())
        if self._run_all("ExecStartPre") and self._run_main():
            return
        self._clean_up()

    def _run_main(self) -> bool:
        """True if the unit stays active without a main process (oneshot with RemainAfterExit)."""
        kind = self.unit.value("Service", "Type", "simple")
        for line in self.unit.values("Service", "ExecStart"):
            started = self._start(units.command(line, self.environment))
            if started is None:
                return False
            self.state.main_pid = started.pid
            if kind == "oneshot":
                self._set("activating", "start")
            else:
                self._set("active", "running")
                journal.note(self.unit.name, f"Started {self.unit.name} (pid {started.pid}).")
                self._run_all("ExecStartPost")
            if not self._judge(started.wait(), units.command(line, self.environment).ignores_failure):
                return False
        self.state.main_pid = 0
        if kind == "oneshot" and self.unit.flag("Service", "RemainAfterExit"):
            self._set("active", "exited")
            self._wait_for_stop()
        return False

    def _wait_for_stop(self) -> None:
        while True:
            signal.pause()

    def _judge(self, code: int, ignores_failure: bool) -> bool:
        """Set result and exit code from how the main process ended; True for a clean end."""
        clean = {"0", *self.unit.words("Service", "SuccessExitStatus")}
        self.state.exit_code = code if code >= 0 else 128 - code
        clean_signals = (-signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP, -signal.SIGPIPE)
        if str(code) in clean or code in clean_signals or ignores_failure:
            self.state.result = "success"
            return True
        self.state.result = "exit-code" if code > 0 else "signal"
        words = f"code=exited, status={code}" if code > 0 else f"code=killed, signal={signal.Signals(-code).name}"
        journal.note(self.unit.name, f"{self.unit.name}: Main process exited, {words}")
        return False

    def _run_all(self, directive: str) -> bool:
        """Run the commands of a directive one after another; the first that fails sets the result and ends it."""
        for line in self.unit.values("Service", directive):
            wanted = units.command(line, self.environment)
            started = self._start(wanted)
            if started is None:
                return False
            code = started.wait()
            if code != 0 and not wanted.ignores_failure:
                journal.note(self.unit.name, f"{self.unit.name}: {directive}={line!r} failed with {code}")
                self.state.result, self.state.exit_code = "exit-code", code
                return False
        return True

    def _start(self, wanted: units.Command) -> subprocess.Popen[bytes] | None:
        folder = self.unit.value("Service", "WorkingDirectory").removeprefix("-").replace("~", "/root")
        mask = int(self.unit.value("Service", "UMask", "0022"), 8)
        environment = {**self.environment, "MAINPID": str(self.state.main_pid or ""),
                       "SERVICE_RESULT": self.state.result}  # fmt: skip
        with self.log.open("ab") as output:
            try:
                return subprocess.Popen(
                    list(wanted.words), cwd=host.path(folder) if folder else host.root(), env=environment,
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output, process_group=0, umask=mask,
                )  # fmt: skip
            except OSError as error:
                journal.note(self.unit.name, f"{self.unit.name}: failed to run {wanted.words[0]}: {error.strerror}")
                self.state.result, self.state.exit_code = "exit-code", 203
                return None

    def _make_folders(self) -> None:
        for directive, place in (("StateDirectory", "var/lib"), ("RuntimeDirectory", "run"),
                                 ("LogsDirectory", "var/log"), ("CacheDirectory", "var/cache")):  # fmt: skip
            for name in self.unit.words("Service", directive):
                (host.root() / place / name).mkdir(parents=True, exist_ok=True)

    def _stop(self) -> None:
        if self.state.sub == "auto-restart":  # nothing runs, and ExecStopPost ran already
            self._set("inactive", "dead")
            return
        self._set("deactivating", "stop")
        if self.state.main_pid:
            self._run_all("ExecStop")
        self.state.result, self.state.exit_code = "success", 0
        self._clean_up()

    def _clean_up(self) -> None:
        """End what is left of the unit, then ExecStopPost; leaves `inactive` or `failed`."""
        self.is_cleaning = True
        try:
            self._end_and_tell()
        finally:
            self.is_cleaning = False

    def _end_and_tell(self) -> None:
        total = self.unit.seconds("Service", "TimeoutSec", DEFAULT_STOP_SECONDS)
        seconds = min(self.unit.seconds("Service", "TimeoutStopSec", total), LONGEST_STOP_SECONDS)
        first = signal.Signals[self.unit.value("Service", "KillSignal", "SIGTERM")]
        processes.end(self._members, seconds, first)
        _reap()
        self.state.main_pid = 0
        result, code = self.state.result, self.state.exit_code
        self._set("deactivating", "stop-post")
        self._run_all("ExecStopPost")
        processes.end(self._members, seconds, first)
        if result != "success":
            self.state.result, self.state.exit_code = result, code
        has_failed = self.state.result != "success"
        self._set("failed" if has_failed else "inactive", "failed" if has_failed else "dead")
        journal.note(
            self.unit.name, f"{self.unit.name}: " + (f"Failed with result '{result}'." if has_failed else "Stopped.")
        )

    def _members(self) -> set[processes.Process]:
        mine = processes.having(MARKER, self.environment[MARKER])
        return {process for process in mine if process.pid != os.getpid()}

    def _restarts(self) -> bool:
        """Whether Restart= wants another start; waits RestartSec before it says yes."""
        if self.is_stopping or not self._is_restart_wanted():
            return False
        interval = self.unit.seconds("Unit", "StartLimitIntervalSec", LIMIT_SECONDS)
        burst = int(self.unit.value("Unit", "StartLimitBurst", str(LIMIT_BURST)))
        recent = [start for start in self.starts if time.monotonic() - start < interval]
        if interval > 0 and len(recent) >= burst:
            journal.note(self.unit.name, f"{self.unit.name}: Start request repeated too quickly.")
            self.state.result = "start-limit-hit"
            self._set("failed", "failed")
            return False
        self.starts = recent
        self._set("activating", "auto-restart")
        time.sleep(self.unit.seconds("Service", "RestartSec", 0.1))
        self.state.restarts += 1
        journal.note(self.unit.name, f"{self.unit.name}: Scheduled restart job, counter is at {self.state.restarts}.")
        return True

    def _is_restart_wanted(self) -> bool:
        policy, result = self.unit.value("Service", "Restart", "no"), self.state.result
        if str(self.state.exit_code) in self.unit.words("Service", "RestartPreventExitStatus"):
            return False
        wanted = {
            "always": True,
            "on-success": result == "success",
            "on-failure": result != "success",
            "on-abnormal": result in ABNORMAL,
            "on-abort": result == "signal",
        }
        return wanted.get(policy, False)

    def _set(self, active: str, sub: str) -> None:
        self.state.active, self.state.sub, self.state.since = active, sub, time.time()
        self.state.write()


def _reap() -> None:
    """Take the exit codes of children that nobody waits for."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def main(_: str, arguments: list[str]) -> int:
    name = arguments[0]
    os.chdir(host.root())
    try:
        return Supervisor(units.load(name)).run()
    except (ShimError, OSError) as error:
        journal.note(name, f"{name}: {error}")
        failed = record.Record(name, active="failed", sub="failed", result="resources", exit_code=1)
        failed.write()
        return 1


def is_condition_met(unit: units.Unit) -> bool:
    """ConditionPathExists=, with its negation."""
    for value in unit.values("Unit", "ConditionPathExists"):
        wanted = not value.startswith("!")
        if Path(host.existing(value.lstrip("!"))).exists() != wanted:
            return False
    return True
