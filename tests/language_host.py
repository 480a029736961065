"""The Pulumi program in the tests' own process, as the automation API runs one: the engine calls it there.

An `up` otherwise starts a language host, which asks pip what is installed and starts a Python that imports pulumi_aws:
5 s of CPU, for tests that need dozens of them. Those about the program's own process do without this.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto.language_pb2_grpc import add_LanguageRuntimeServicer_to_server

from stacks.program import declare

ASKING: Final = ("preview", "up", "refresh")
"""Verbs of the engine's that call a language host."""


@dataclass
class LanguageHost:
    """`program` may be another one for the next `up`."""

    address: str = ""
    program: Callable[[], object] = declare

    def options(self, verb: str) -> list[str]:
        """What the engine is told for it to call here."""
        return [f"--client={self.address}"] if verb in ASKING else []


@contextmanager
def listening(program: Callable[[], object] = declare) -> Iterator[LanguageHost]:
    host = LanguageHost(program=program)
    with ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool)
        add_LanguageRuntimeServicer_to_server(LanguageServer(lambda: _ended(host.program())), server)
        host.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        try:
            yield host
        finally:
            server.stop(grace=None).wait()


def _ended(_result: object) -> None:
    """The runtime would wait for what a program gives back."""
