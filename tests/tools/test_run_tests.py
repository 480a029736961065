"""How `make test` divides, bounds and judges."""

import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tools.run_tests import TIERS, Tier, end, limit_seconds, outcome, run_tier, together


def test_every_marker_is_in_exactly_one_tier() -> None:
    expressions = [tier.arguments[tier.arguments.index("-m") + 1] for tier in TIERS]
    for marks in ({"slow"}, {"engine"}, {"slow", "engine"}, set[str]()):
        chosen = [text for text in expressions if eval(text, {}, {name: name in marks for name in ("slow", "engine")})]
        assert len(chosen) == 1, f"a test marked {marks} is in {len(chosen)} tiers"


def test_every_folder_is_in_exactly_one_part_of_the_quick_tier() -> None:
    first, (everything, *left_out) = TIERS[0].parts
    assert everything == "tests"
    assert left_out == [f"--ignore={folder}" for folder in first]
    assert all((Path(__file__).parents[2] / folder).is_dir() for folder in first)


@pytest.mark.parametrize(
    ("codes", "code"),
    [([0, 0], 0), ([0, 5], 0), ([5, 5], 5), ([0, 1], 1), ([2, 0], 2), ([-9, 0], -9), ([1, None], None), ([0], 0)],
)
def test_a_tier_is_as_good_as_its_worst_part(codes: list[int | None], code: int | None) -> None:
    assert together(codes) == code


@pytest.mark.slow
def test_a_part_that_fails_or_lasts_too_long_is_told_with_what_it_said(capfdbinary: Any) -> None:
    where = "tests/tools/test_run_tests.py::test_a_tier_is_as_good_as_its_worst_part"
    tier = Tier("two", ("-q", "-p", "no:cacheprovider"), parts=((where,), (where, "--no-such-option")))
    assert run_tier(tier, 60) == 4, "pytest's word for bad usage"
    said = capfdbinary.readouterr().out
    assert said.index(b"8 passed") < said.index(b"--no-such-option")
    assert run_tier(tier, 0) is None


@pytest.mark.parametrize(("tier", "unread"), [(TIERS[0], "whole"), (TIERS[1], "none")])
def test_each_tier_leaves_unread_what_has_no_test_of_its_own(
    tier: Tier, unread: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Importing it costs as much as testing it; tests/conftest.py knows the tiers by their marks."""
    marks = tier.arguments[tier.arguments.index("-m") + 1]
    config = SimpleNamespace(option=SimpleNamespace(markexpr=marks))
    conftest = Path(__file__).parents[1] / "conftest.py"
    [plugin] = [each for each in request.config.pluginmanager.get_plugins() if _is_of(each, conftest)]
    verdicts = {}
    for name, line in (("whole", "pytestmark = pytest.mark.slow"), ("part", "@pytest.mark.slow"), ("none", "")):
        (tmp_path / name).mkdir()
        module = tmp_path / name / "test_it.py"
        module.write_text(f"import pytest\n\n{line}\n")
        verdicts[name] = {plugin.pytest_ignore_collect(path, config) for path in (module, module.parent)}
    assert verdicts == {name: {True if name == unread else None} for name in verdicts}
    assert plugin.pytest_ignore_collect(tmp_path, config) is None, "one of its tests is of this tier"


def _is_of(plugin: object, file: Path) -> bool:
    return Path(str(getattr(plugin, "__file__", ""))) == file


def test_the_limit_is_an_hour_unless_told_otherwise() -> None:
    assert limit_seconds({}) == 3600
    assert limit_seconds({"MLTEAM_TEST_LIMIT_SECONDS": "1200"}) == 1200


@pytest.mark.parametrize("value", ["0", "-1", "soon", "nan", "inf"])
def test_a_limit_that_is_no_time_is_refused_naming_it(value: str) -> None:
    with pytest.raises(SystemExit, match=f"MLTEAM_TEST_LIMIT_SECONDS is '{value}', expected seconds above 0"):
        limit_seconds({"MLTEAM_TEST_LIMIT_SECONDS": value})


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "passed"), (5, "no tests"), (None, "TIMED OUT"), (1, "FAILED (exit 1)"), (-9, "FAILED (exit -9)")],
)
def test_an_exit_code_is_told_in_words(code: int | None, words: str) -> None:
    assert outcome(code) == words


@pytest.mark.slow
def test_a_run_is_asked_to_end_before_it_is_made_to() -> None:
    lines = (
        "import signal, time",
        "signal.signal(signal.SIGINT, signal.default_int_handler)",  # a job in the background starts deaf to it
        "try:",
        "  print('up', flush=True); time.sleep(60)",
        "except KeyboardInterrupt:",
        "  exit(42)",
    )
    program = "\n".join(lines)
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, process_group=0)
    assert process.stdout is not None
    process.stdout.readline()
    end(process)
    assert process.returncode == 42, f"ended by {signal.Signals(-process.returncode).name}"
    process.stdout.close()
