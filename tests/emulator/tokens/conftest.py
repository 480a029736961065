"""A provider in this process on an emulated AWS, and the examples of every resource type."""

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.runtime.proto import provider_pb2

from emulator import tokens
from emulator.engine.calling import Aws
from emulator.engine.values import decode, encode, opened
from emulator.provider import Provider

EXAMPLES = Path(__file__).parent / "examples"
ROOT = Path(__file__).parents[3]
Json = Any


class RefusedError(Exception):
    """The provider aborted a call."""


class _Context:
    def is_active(self) -> bool:
        return True

    def peer(self) -> str:
        return "test"

    def set_trailing_metadata(self, _: Any) -> None:
        """Details of a partial failure; the message says it too."""

    def abort(self, code: Any, details: str) -> None:
        raise RefusedError(details)


@dataclass
class Made:
    """A resource that exists."""

    token: str
    name: str
    inputs: dict[str, Json]
    id: str = ""
    outputs: dict[str, Json] = field(default_factory=dict)

    @property
    def urn(self) -> str:
        return f"urn:pulumi:test::test::{self.token}::{self.name}"


class Driver:
    """The provider's calls in the order in which the engine makes them."""

    def __init__(self, endpoint_url: str, account: str) -> None:
        self.aws = Aws(endpoint_url)
        self._provider = Provider(self.aws, account)
        self._context = _Context()
        self._provider.Configure(provider_pb2.ConfigureRequest(args=encode({"region": "us-east-1"})), self._context)

    def check(self, made: Made, news: Mapping[str, Json]) -> tuple[dict[str, Json], list[str]]:
        """(complete inputs, faults)."""
        request = provider_pb2.CheckRequest(
            urn=made.urn, olds=encode(made.inputs), news=encode(news), randomSeed=made.name.encode()
        )
        answer = self._provider.Check(request, self._context)
        return opened(decode(answer.inputs)), [failure.reason for failure in answer.failures]

    def create(self, token: str, name: str, inputs: Mapping[str, Json]) -> Made:
        made = Made(token, name, {})
        made.inputs, faults = self.check(made, inputs)
        assert not faults, faults
        answer = self._provider.Create(
            provider_pb2.CreateRequest(urn=made.urn, properties=encode(made.inputs)), self._context
        )
        made.id, made.outputs = answer.id, opened(decode(answer.properties))
        return made

    def diff(self, made: Made, news: Mapping[str, Json]) -> Any:
        request = provider_pb2.DiffRequest(
            urn=made.urn,
            id=made.id,
            olds=encode(made.outputs),
            old_inputs=encode(made.inputs),
            news=encode(news),
        )
        return self._provider.Diff(request, self._context)

    def update(self, made: Made, news: Mapping[str, Json]) -> None:
        request = provider_pb2.UpdateRequest(
            urn=made.urn,
            id=made.id,
            olds=encode(made.outputs),
            old_inputs=encode(made.inputs),
            news=encode(news),
        )
        answer = self._provider.Update(request, self._context)
        made.inputs, made.outputs = dict(news), opened(decode(answer.properties))

    def read(self, made: Made, *, is_import: bool = False) -> tuple[dict[str, Json], dict[str, Json]] | None:
        """(outputs, inputs), or None if it is gone; an import knows nothing but the id."""
        request = provider_pb2.ReadRequest(
            urn=made.urn,
            id=made.id,
            properties=encode({} if is_import else made.outputs),
            inputs=encode({} if is_import else made.inputs),
        )
        answer = self._provider.Read(request, self._context)
        return (opened(decode(answer.properties)), opened(decode(answer.inputs))) if answer.id else None

    def delete(self, made: Made) -> None:
        request = provider_pb2.DeleteRequest(
            urn=made.urn, id=made.id, properties=encode(made.outputs), old_inputs=encode(made.inputs)
        )
        self._provider.Delete(request, self._context)


@cache
def examples() -> dict[str, dict[str, Json]]:
    """By token: inputs and updates (see the head of `examples/s3.yaml`)."""
    found: dict[str, dict[str, Json]] = {}
    for path in sorted(EXAMPLES.glob("*.yaml")):
        for token, example in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            assert token not in found, f"two examples of {token}"
            found[token] = example
    return found


_REFERENCE = re.compile(r"\$\{(\w+)\.(\w+)\}")


def filled(value: Json, needs: Mapping[str, Made]) -> Json:
    """The value with every ${need.output} replaced."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: str(needs[match[1]].outputs[match[2]]), value)
    if isinstance(value, list):
        return [filled(item, needs) for item in value]
    if isinstance(value, dict):
        return {key: filled(item, needs) for key, item in value.items()}
    return value


def _emulator(verb: str, folder: Path) -> str:
    command = [sys.executable, "-m", "emulator", verb, "--directory", str(folder)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    folder = tmp_path_factory.mktemp("emulator")
    endpoints = json.loads(_emulator("start", folder))
    yield Driver(endpoints["aws_endpoint_url"], endpoints["account_id"])
    _emulator("stop", folder)


_SERIAL = itertools.count()


def _created(driver: Driver, token: str, inputs: Mapping[str, Json]) -> Made:
    return driver.create(token, f"example{next(_SERIAL)}", inputs)


@pytest.fixture
def make(driver: Driver) -> Iterator[Callable[[str], tuple[Made, dict[str, Made]]]]:
    """Make a type's example after what it needs; at the end everything goes, newest first."""
    standing: list[Made] = []

    def _make(token: str, own: Json = None, known: Mapping[str, Made] | None = None) -> tuple[Made, dict[str, Made]]:
        example = examples()[token]
        needs = dict(known or {})
        for name, needed in example.get("needs", {}).items() if own is None else ():
            wanted = needed if isinstance(needed, dict) else {"token": needed}
            needs[name] = _make(wanted["token"], wanted.get("inputs"), needs)[0]
        made = _created(driver, token, filled(own or example["inputs"], needs))
        standing.append(made)
        return made, needs

    yield _make
    for made in reversed(standing):
        if driver.read(made) is not None:
            driver.delete(made)


@pytest.fixture
def example(token: str) -> dict[str, Json]:
    return examples()[token]


@pytest.fixture(name="filled")
def filled_fixture() -> Callable[[Json, Mapping[str, Made]], Json]:
    return filled


@pytest.fixture(name="examples")
def examples_fixture() -> dict[str, dict[str, Json]]:
    return examples()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with a `token` runs for every token that has an example, one with `any_token` for every row."""
    if "token" in metafunc.fixturenames:
        metafunc.parametrize("token", sorted(examples()))
    if "any_token" in metafunc.fixturenames:
        metafunc.parametrize("any_token", sorted(tokens.rows()))
