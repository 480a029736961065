"""The emulated AWS has what the stacks register: no type without a row, no row that nobody needs."""

from collections.abc import Callable
from typing import Any

from emulator import tokens

STACKS = ("local", "dev", "prod", "dev+managed")


def test_every_registered_type_has_a_row_and_no_row_is_unused(recorded: Callable[[str], Any]) -> None:
    registered = {resource.token for stack in STACKS for resource in recorded(stack).resources}
    assert {token for token in registered if token.startswith("aws:")} == set(tokens.rows())


def test_every_invoke_has_a_row_and_no_row_is_unused(recorded: Callable[[str], Any]) -> None:
    assert {call for stack in STACKS for call in recorded(stack).calls} == set(tokens.functions())
