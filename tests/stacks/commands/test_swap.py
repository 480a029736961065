"""`mlteam swap` as it is typed: what is no swap is refused before anything is asked."""

import pytest

from stacks.commands.swap import SwapResult
from workflow import cli


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "tracking manged",
            "tracking 'manged' is not offered; allowed: oss, managed\n  cure: mlteam swap tracking managed",
        ),
        ("data managed", "data 'managed' is not offered; allowed: oss"),
        ("tracking", "give either a VARIANT or --undo\n  cure: mlteam swap --help"),
        ("tracking oss --abandon", "--abandon goes with --undo\n  cure: mlteam swap --help"),
    ],
)
def test_what_is_no_swap_is_told_what_is(typed: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["swap", *typed.split()], {}) == 2
    assert capsys.readouterr().err == f"mlteam: {said}\n"


def test_the_last_line_of_a_swap_says_how_a_shell_gets_the_new_address() -> None:
    done = SwapResult(kind="tracking", old="oss", new="managed", outcome="done", usd_before=53.1, usd_after=53.1)
    told, hint = done.text().splitlines()
    assert told == "tracking: oss -> managed: done; 53.10 -> 53.10 USD a month"
    assert hint == 'in each shell with the other address: eval "$(mlteam env)"'
