"""A Pulumi provider that stands in for pulumi-aws on an emulated AWS, for `PULUMI_DEBUG_PROVIDERS=aws:PORT`.

It promises what pulumi-aws does for the types it has rows for: check, detailed diff, create, read, update, delete,
invoke; previews without side effects; secrets that stay secret. It leaves to the rows (`emulator/rows.py`) what a type
is, and to the server behind `aws_endpoint_url` what AWS does. Protocol: pulumi `proto/pulumi/provider.proto`, 3.250.
"""

# ruff: noqa: N802, ARG002  # names and signatures are those of the protocol

import dataclasses
import importlib.metadata
import threading
from collections.abc import Mapping
from concurrent import futures
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from emulator import tokens
from emulator.engine import checking, configuring, diffing, functions, lifecycle
from emulator.engine.answering import Refusal, answered
from emulator.engine.calling import Aws, AwsError
from emulator.engine.diffing import Change
from emulator.engine.previewing import previewed
from emulator.engine.sealing import redacted, seal, sealed_names
from emulator.engine.values import Value, decode, encode, opened
from emulator.rows import Json, Row

_STANDS_IN_FOR: Final = "pulumi-aws"  # the engine compares versions with the package that the program uses

_THREADS: Final = 64  # a create that waits holds one; the engine runs 4 a core at once, several engines may attach
_LOOPBACK: Final = "127.0.0.1"
_LARGEST_MESSAGE_BYTES: Final = 400 * 1024 * 1024  # the engine's own limit


@dataclasses.dataclass(frozen=True)
class _Session:
    """One engine's connection: its configuration, and clients that its Cancel interrupts."""

    aws: Aws
    config: configuring.Configuration


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Answers any number of engines and provider configurations at once, told apart by their connection."""

    def __init__(self, aws: Aws, account: str) -> None:
        self._aws = aws
        self._account = account
        self._sessions: dict[str, _Session] = {}
        self._latest = ""
        self._lock = threading.Lock()

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=importlib.metadata.version(_STANDS_IN_FOR))

    def Cancel(self, request: Any, context: Any) -> Any:
        session = self._sessions.get(context.peer())
        if session:
            session.aws.cancelled.set()
        return empty_pb2.Empty()

    @answered
    def CheckConfig(self, request: Any, context: Any) -> Any:
        news = configuring.parsed(opened(decode(request.news)))
        failures = [provider_pb2.CheckFailure(property=key, reason=reason) for key, reason in configuring.faults(news)]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    @answered
    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Another region or account is another provider, but never a reason to replace what it made."""
        is_same = opened(decode(request.olds)) == opened(decode(request.news))
        kinds = provider_pb2.DiffResponse
        return provider_pb2.DiffResponse(changes=kinds.DIFF_NONE if is_same else kinds.DIFF_SOME)

    @answered
    def Configure(self, request: Any, context: Any) -> Any:
        properties = configuring.parsed(opened(decode(request.args)))
        for _, reason in configuring.faults(properties):
            raise Refusal(reason)
        region = str(properties["region"])
        account = str(self._aws.call("sts", region, "GetCallerIdentity", {})["Account"])
        if account != self._account:
            raise Refusal(f"{self._aws.endpoint_url} answers as account {account}, not as {self._account}")
        fault = configuring.account_fault(properties, account)
        if fault:
            raise Refusal(fault, grpc.StatusCode.FAILED_PRECONDITION)
        aws = dataclasses.replace(self._aws, cancelled=threading.Event())
        with self._lock:
            self._sessions[context.peer()] = _Session(aws, configuring.configuration(properties, account))
            self._latest = context.peer()
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @answered
    def Check(self, request: Any, context: Any) -> Any:
        row, name = _row(request.urn), _name(request.urn)
        naming = checking.Naming(name, request.urn, request.randomSeed)
        olds = opened(decode(request.olds))
        inputs = checking.completed(row, decode(request.news), olds, naming, self._session(context).config)
        failures = [
            provider_pb2.CheckFailure(property=fault.path, reason=redacted(fault.reason, inputs))
            for fault in checking.faults(row, name, opened(inputs))
        ]
        return provider_pb2.CheckResponse(inputs=encode(inputs), failures=failures)

    @answered
    def Diff(self, request: Any, context: Any) -> Any:
        row = _row(request.urn)
        old = lifecycle.before(row, opened(decode(request.old_inputs)), opened(decode(request.olds)))
        new = opened(decode(request.news))
        found = [c for c in diffing.changes(row, old, new) if c.property not in request.ignoreChanges]
        kinds = provider_pb2.DiffResponse
        return provider_pb2.DiffResponse(
            changes=kinds.DIFF_SOME if found else kinds.DIFF_NONE,
            diffs=sorted({change.property for change in found}),
            replaces=sorted({change.property for change in found if change.replaces}),
            deleteBeforeReplace=_collides(row, old, new),
            detailedDiff={change.path: _property_diff(change) for change in found},
            hasDetailedDiff=True,
        )

    @answered
    def Create(self, request: Any, context: Any) -> Any:
        row, sent = _row(request.urn), decode(request.properties)
        session = self._session(context)
        if request.preview:
            outputs = previewed(row, sent, {}, session.config)
            return provider_pb2.CreateResponse(properties=encode(outputs))
        resource = _resource(request, row, opened(sent))
        id_, outputs = lifecycle.create(session.aws, session.config, resource)
        return provider_pb2.CreateResponse(id=id_, properties=_sealed(row, outputs, sent))

    @answered
    def Read(self, request: Any, context: Any) -> Any:
        row, session = _row(request.urn), self._session(context)
        inputs, state = decode(request.inputs), decode(request.properties)
        resource = _resource(request, row, opened(inputs), state=opened(state))
        found = lifecycle.read(session.aws, session.config, resource)
        if found is None:
            return provider_pb2.ReadResponse()
        outputs = _sealed(row, found[0], inputs, state)
        return provider_pb2.ReadResponse(
            id=request.id, properties=outputs, inputs=_sealed(row, found[1], inputs, state)
        )

    @answered
    def Update(self, request: Any, context: Any) -> Any:
        row, session = _row(request.urn), self._session(context)
        sent, state = decode(request.news), decode(request.olds)
        if request.preview:
            outputs = previewed(row, sent, state, session.config)
            return provider_pb2.UpdateResponse(properties=encode(outputs))
        old = lifecycle.before(row, opened(decode(request.old_inputs)), opened(state))
        resource = _resource(request, row, opened(sent), old=old, state=opened(state))
        outputs = lifecycle.update(session.aws, session.config, resource)
        return provider_pb2.UpdateResponse(properties=_sealed(row, outputs, sent))

    @answered
    def Delete(self, request: Any, context: Any) -> Any:
        row, session = _row(request.urn), self._session(context)
        inputs, state = opened(decode(request.old_inputs)), opened(decode(request.properties))
        lifecycle.delete(session.aws, session.config, _resource(request, row, inputs, state=state))
        return empty_pb2.Empty()

    @answered
    def Invoke(self, request: Any, context: Any) -> Any:
        function = tokens.functions().get(request.tok)
        if function is None:
            raise Refusal(f"function {request.tok} is not emulated; there are {', '.join(tokens.functions())}")
        sent = decode(request.args)
        args = {key: value for key, value in opened(sent).items() if value is not None}
        failures = [
            provider_pb2.CheckFailure(property=fault.path, reason=redacted(fault.reason, sent))
            for fault in checking.faults(function, "", args)
        ]
        if failures:
            return provider_pb2.InvokeResponse(failures=failures)
        session = self._session(context)
        try:
            found = functions.invoke(session.aws, session.config, function, args)
        except AwsError as error:
            raise Refusal(f"{function.token}: {error}", grpc.StatusCode.UNKNOWN) from error
        return provider_pb2.InvokeResponse(**{"return": encode(seal(found, sealed_names(sent), sent))})

    def _session(self, context: Any) -> _Session:
        """The connection's own; a connection that was lost and made anew gets the latest configuration."""
        session = self._sessions.get(context.peer()) or self._sessions.get(self._latest)
        if session is None:
            raise Refusal("the provider is not configured yet", grpc.StatusCode.FAILED_PRECONDITION)
        return dataclasses.replace(session, aws=dataclasses.replace(session.aws, is_heard=context.is_active))


def serve(aws_endpoint_url: str, account_id: str, region: str) -> tuple[grpc.Server, int]:
    """A running server on a free loopback port, and that port; the first client is made before it is needed."""
    aws = Aws(aws_endpoint_url)
    aws.client("sts", region)
    options = [
        ("grpc.max_receive_message_length", _LARGEST_MESSAGE_BYTES),
        ("grpc.max_send_message_length", _LARGEST_MESSAGE_BYTES),
    ]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=_THREADS), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(aws, account_id), server)
    port = server.add_insecure_port(f"{_LOOPBACK}:0")
    server.start()
    return server, port


def _row(urn: str) -> Row:
    token = urn.split("::")[2].split("$")[-1]
    row = tokens.rows().get(token)
    if row is None:
        raise Refusal(f"{token} '{_name(urn)}' is not emulated: no row in emulator/tokens has this type")
    return row


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _resource(
    request: Any, row: Row, inputs: Mapping[str, Json], *, old: Mapping[str, Json] | None = None, **more: Any
) -> lifecycle.Resource:
    return lifecycle.Resource(
        row=row,
        name=_name(request.urn),
        inputs=inputs,
        id=getattr(request, "id", ""),
        old=old or {},
        timeout_seconds=getattr(request, "timeout", 0.0),
        **more,
    )


def _sealed(row: Row, members: Mapping[str, Value], *sources: Mapping[str, Value]) -> Any:
    always = {name for name, prop in row.properties.items() if prop.secret}
    return encode(seal(members, always | sealed_names(*sources), *sources))


def _collides(row: Row, old: Mapping[str, Json], new: Mapping[str, Json]) -> bool:
    """Whether old and new cannot exist at the same time: one of a kind, or a name that a person chose and kept."""
    if row.delete_before_replace:
        return True
    is_chosen = bool(row.name) and row.name not in (new.get(diffing.DEFAULTS) or ())
    return is_chosen and old.get(row.name) == new.get(row.name)


def _property_diff(change: Change) -> Any:
    kind = f"{change.kind}_REPLACE" if change.replaces else change.kind
    return provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(kind), inputDiff=True)
