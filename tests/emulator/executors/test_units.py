"""Unit files as systemd reads them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import processes
from emulator.executors.shims import host, timer, units
from emulator.executors.shims.table import ShimError


@pytest.fixture(autouse=True)
def _instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(processes.MARKER, str(tmp_path))
    host.root.cache_clear()
    for folder in ("etc/systemd/system", "run/emulator"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "run/emulator/environment.json").write_text(json.dumps({"PATH": "/bin", "BASE": "here"}))
    yield
    host.root.cache_clear()


def unit(text: str, name: str = "x.service") -> units.Unit:
    (units.folder() / name).write_text(text)
    return units.load(name)


def test_an_empty_value_forgets_what_came_before() -> None:
    sections = units.parse("[Service]\nExecStart=/bin/a\nExecStart=\nExecStart=/bin/b \\\n  two\n# no\n")
    assert sections == {"Service": {"ExecStart": ["/bin/b two"]}}


def test_variables_are_expanded_as_systemd_does() -> None:
    known = {"ONE": "a b", "EMPTY": ""}
    found = units.command('-/bin/echo $ONE ${ONE} x${EMPTY}y $$HOME \'single ${ONE}\' "q\\""', known)
    assert found.words == ("/bin/echo", "a", "b", "a b", "xy", "$HOME", "single a b", 'q"')
    assert found.ignores_failure


def test_the_environment_file_wins_over_the_unit_and_keeps_single_quotes_literal(tmp_path: Path) -> None:
    (tmp_path / "etc/a.env").write_text("A=file\nB=\"two words\"\nC='$x'\n# D=no\nE=a\\ b\n")
    text = '[Service]\nExecStart=/bin/true\nEnvironment=A=unit "Z=z z"\nEnvironmentFile=/etc/a.env\n'
    found = units.environment(unit(text + "EnvironmentFile=-/etc/none\n"))
    assert {key: found[key] for key in "ABCEZ"} == {"A": "file", "B": "two words", "C": "$x", "E": "a b", "Z": "z z"}
    assert found["BASE"] == "here"


def test_a_program_of_the_instance_comes_before_the_machines(tmp_path: Path) -> None:
    (tmp_path / "opt").mkdir()
    (tmp_path / "opt/tool").touch()
    assert units.command("/opt/tool x", {}).words == (str(tmp_path / "opt/tool"), "x")
    assert units.command("/bin/true", {}).words == ("/bin/true",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[Service]\nType=notify\nExecStart=/bin/a", "Type=notify is not emulated; allowed: simple, exec, oneshot"),
        ("[Service]\nRestart=maybe\nExecStart=/bin/a", "Restart=maybe; allowed: no, always"),
        ("[Service]\nExecStart=/bin/a\nExecStart=/bin/b", "2 ExecStart= for Type=simple"),
        ("[Service]\nRestart=no", "0 ExecStart= for Type=simple"),
        ("[Service]\nwhat", "'what' is neither a section nor a directive"),
    ],
)
def test_what_would_run_otherwise_than_on_a_host_is_refused(text: str, told: str) -> None:
    with pytest.raises(ShimError) as caught:
        unit(text)
    assert told in str(caught.value)


def test_what_has_no_effect_and_what_is_unknown_is_noted() -> None:
    found = unit("[Service]\nExecStart=/bin/a\nUser=web\nFrobnicate=1\n[Nonsense]\nA=1\n")
    assert found.notes == (
        "x.service: User= is not emulated",
        "x.service: Frobnicate= is unknown in [Service], ignoring",
        "x.service: unknown section [Nonsense]",
    )


def test_a_specifier_that_is_not_emulated_is_refused() -> None:
    assert unit("[Service]\nExecStart=/bin/echo %n 100%%\n").value("Service", "ExecStart") == "/bin/echo x.service 100%"
    with pytest.raises(ShimError, match="specifier %m"):
        unit("[Service]\nExecStart=/bin/echo %m\n")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("5min 30s", 330), ("100ms", 0.1), ("1h", 3600), ("infinity", float("inf")), ("2 days", 172800)],
)
def test_time_spans(text: str, seconds: float) -> None:
    assert units.span(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "5 parsecs", "1min x"])
def test_a_wrong_time_span_is_refused(text: str) -> None:
    with pytest.raises(ShimError, match="is no time span"):
        units.span(text)


def test_a_timer_is_due_after_boot_and_then_after_each_run() -> None:
    found = unit("[Timer]\nOnBootSec=60\nOnUnitActiveSec=10\n", "x.timer")
    assert timer.next_start(found, booted=100, began=150, last=timer.LONG_AGO, now=155) == 160
    assert timer.next_start(found, booted=100, began=150, last=161, now=162) == 171
    assert timer.next_start(unit("[Timer]\n", "y.timer"), 0, 0, 0, 0) is None


def test_a_calendar_that_is_not_emulated_is_refused() -> None:
    assert timer.calendar_seconds("*:0/15") == 900
    with pytest.raises(ShimError, match="OnCalendar=Mon 08:00 is not emulated"):
        timer.calendar_seconds("Mon 08:00")
