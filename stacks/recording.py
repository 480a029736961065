"""Register a stack without an engine and without AWS, and keep what it registered.

Answers what a stack would be made of (prices, tests): Pulumi's own mocks, with the options that they drop kept. Values
that only AWS knows are made up from names, the same every time. One recording at a time: Pulumi's runtime is global.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from unittest.mock import patch

from pulumi.runtime import mocks, resource, rpc, set_all_config
from pulumi.runtime.proto import source_pb2
from pulumi.runtime.settings import set_root_resource
from pulumi.runtime.stack import run_in_stack

ACCOUNT: Final = "000000000000"
REGION: Final = "us-east-1"
PROJECT: Final = "mlteam"
ORGANIZATION: Final = "organization"
"""What a backend without organizations says."""

_COMPUTED: Final[Mapping[str, Mapping[str, str]]] = {"aws:ec2/instance:Instance": {"privateIp": "10.42.0.10"}}
"""What AWS computes and the program reads, by type; the other outputs of a resource are its inputs."""


@dataclass(frozen=True, kw_only=True)
class Registered:
    """One resource as the engine would have been told of it; `inputs` in the wire's camelCase."""

    token: str
    name: str
    urn: str
    parent: str
    inputs: Mapping[str, Any]
    secret_inputs: frozenset[str]
    """Which of the inputs the engine keeps encrypted; `inputs` has their values."""
    custom: bool
    protect: bool
    retain_on_delete: bool
    delete_before_replace: bool
    replace_on_changes: tuple[str, ...]
    depends_on: tuple[str, ...]


@dataclass(kw_only=True)
class Recording:
    """Everything that one run of a program registered and exported."""

    resources: list[Registered] = field(default_factory=list)
    published: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Outputs of components, by URN, and of the stack itself."""
    calls: list[str] = field(default_factory=list)

    def of_type(self, token: str) -> list[Registered]:
        return [resource for resource in self.resources if resource.token == token]

    def named(self, name: str) -> Registered:
        return next(resource for resource in self.resources if resource.name == name)

    @property
    def exports(self) -> Mapping[str, Any]:
        return next(outputs for urn, outputs in self.published.items() if "pulumi:pulumi:Stack" in urn)


def _revealed(value: Any) -> Any:
    return rpc.unwrap_rpc_secret(value) if rpc.is_rpc_secret(value) else value


def _arn(token: str, name: str, path: str) -> str:
    """Of AWS's shape: MlflowApp is mlflow-app; IAM's have no region and a path."""
    kind = re.sub(r"(?<=.)(?=[A-Z])", "-", token.rsplit(":", 1)[-1]).lower()
    service = token.split(":")[1].split("/")[0]
    if service == "iam":
        return f"arn:aws:iam::{ACCOUNT}:{kind}{path}{name}"
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{kind}/{name}"


class _Answers(mocks.Mocks):
    """What AWS would say, made up."""

    def __init__(self, recording: Recording, references: Mapping[str, Mapping[str, Any]]) -> None:
        self._recording = recording
        self._references = references

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        self._recording.calls.append(args.token)
        return {"accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "id": ACCOUNT, "userId": ACCOUNT}, []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            outputs = self._references.get(args.name, {})
            return args.name, {"name": args.name, "outputs": outputs, "secretOutputNames": []}
        arn = _arn(args.typ, args.inputs.get("name", args.name), args.inputs.get("path", "/"))
        return f"{args.name}-id", {"arn": arn, **args.inputs, **_COMPUTED.get(args.typ, {})}


class _Monitor(mocks.MockMonitor):
    """Pulumi's mock monitor drops the options: keep them."""

    def __init__(self, recording: Recording, answers: mocks.Mocks) -> None:
        super().__init__(answers)
        self._recording = recording

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            inputs = rpc.deserialize_properties(request.object)
            self._recording.resources.append(
                Registered(
                    token=request.type,
                    name=request.name,
                    urn=answer.urn,
                    parent=request.parent,
                    inputs={key: _revealed(value) for key, value in inputs.items()},
                    secret_inputs=frozenset(key for key, value in inputs.items() if rpc.is_rpc_secret(value)),
                    custom=request.custom,
                    protect=request.protect,
                    retain_on_delete=request.retainOnDelete,
                    delete_before_replace=request.deleteBeforeReplace,
                    replace_on_changes=tuple(request.replaceOnChanges),
                    depends_on=tuple(request.dependencies),
                )
            )
        return answer

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        self._recording.published[request.urn] = rpc.deserialize_properties(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


def record(
    program: Callable[[], object],
    stack: str,
    config: Mapping[str, str],
    *,
    secret_keys: Sequence[str] = (),
    references: Mapping[str, Mapping[str, Any]] | None = None,
) -> Recording:
    """Run `program` as stack `stack`; `references` are other stacks' outputs by their full name."""
    recording = Recording()
    answers = _Answers(recording, references or {})
    asyncio.set_event_loop(asyncio.new_event_loop())
    set_all_config({"aws:region": REGION, **config}, list(secret_keys))
    # Where in the source a resource was declared is for an engine: to find it takes up to a quarter of a recording.
    with patch.object(resource, "_get_stack_trace", source_pb2.StackTrace):
        monitor = _Monitor(recording, answers)
        mocks.set_mocks(answers, PROJECT, stack, preview=False, monitor=monitor, organization=ORGANIZATION)
        # set_mocks has made a root and closed it: the program gets one of its own, so that its exports are seen.
        set_root_resource(None)  # type: ignore[arg-type]
        asyncio.get_event_loop().run_until_complete(run_in_stack(lambda: _ended(program())))
    return recording


def _ended(_result: object) -> None:
    """Programs end with whatever suits them; the runtime wants nothing or something to wait for."""
