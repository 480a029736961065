"""The resource types and functions that the emulated AWS knows, one module per service."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import TypeVar

from emulator.rows import Function, Row

T = TypeVar("T", Row, Function)


def _modules() -> Iterator[ModuleType]:
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        yield importlib.import_module(f"{__name__}.{found.name}")


def _unique(rows: list[T]) -> Mapping[str, T]:
    by_token: dict[str, T] = {}
    for row in rows:
        if row.token in by_token:
            raise ValueError(f"two rows for {row.token}")
        by_token[row.token] = row
    return by_token


@cache
def rows() -> Mapping[str, Row]:
    """Every resource row by its token."""
    return _unique([row for module in _modules() for row in getattr(module, "ROWS", ())])


@cache
def functions() -> Mapping[str, Function]:
    """Every invoke row by its token."""
    return _unique([row for module in _modules() for row in getattr(module, "FUNCTIONS", ())])


@cache
def all_differences() -> Mapping[str, Mapping[str, str]]:
    """By token: what a row and CloudFormation's schema say differently (`emulator.agreement`), with the reason."""
    return {token: said for module in _modules() for token, said in getattr(module, "DIFFERENCES", {}).items()}


def listed_differences(token: str) -> Mapping[str, str]:
    return all_differences().get(token, {})
