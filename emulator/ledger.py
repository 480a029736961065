"""Kinds of resources that moto lacks, kept as data: validated against botocore's model, remembered, answered.

A kind costs a row in `ledger_rows.py`. Promises that a request which AWS's model refuses is refused here, naming the
operation and the member, and that an answer holds only members that AWS's model has. What a resource *does* is an
executor's business: it listens to `changed`.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from moto.core.responses import BaseResponse

from emulator.engine import shapes
from emulator.seam import Answer, AwsError, Call, Record, answer
from emulator.tags import Tags, merged, without
from emulator.validation import validated

Matches = Callable[[Record, Record], bool]
Complete = Callable[[Call, Record], Record]
Arrange = Callable[[list[Record], Record], list[Record]]
Change = Callable[[Tags, Record], Tags]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of resource. `wrapper` of an operation is the output member that holds the resource, if there is one."""

    service: str
    key: str  # the member that identifies a resource, in requests and records
    new_key: Callable[[], str] | None = None  # None: the caller gives it
    arn: str = ""  # the member that holds the ARN
    arn_format: str = ""
    create: tuple[str, str] = ("", "")  # (operation, wrapper), likewise below
    get: tuple[str, str] = ("", "")
    update: tuple[str, str] = ("", "")
    delete: str = ""
    list: tuple[str, str] = ("", "")  # the wrapper holds the list
    tagging: tuple[str, str, str] = (
        "",
        "",
        "",
    )  # operations that tag, untag and list by ResourceArn; `defaults` has Tags
    missing: str = "ResourceNotFoundException"
    exists: str = "ConflictException"
    invalid: str = "ValidationException"
    timestamps: tuple[str, str] = ("", "")  # members: created, modified
    defaults: Mapping[str, Any] = field(default_factory=dict)
    quota: tuple[int, str] | None = None  # how many an account may have in a region, the error for one more
    replaces: bool = False  # an update replaces what was given before, it does not merge
    keeps: tuple[str, ...] = ()  # members that it leaves all the same
    complete: Complete | None = None  # (call, record) -> members that AWS computes; may refuse
    unique: tuple[str, ...] = ()  # members that no two resources share, beside the key
    leave: Complete | None = None  # (call, record) -> members while it goes; may refuse. Its executor calls `remove`
    find: Matches | None = None  # (record, parameters): for requests without the key
    matches: Matches | None = None  # (record, parameters): the filters of `list`
    arrange: Arrange | None = None  # (records, parameters): the order of `list`; else as they were made


Changed = Callable[[str, Record, Call], None]
"""Told ("create", "update" or "delete", record, call) after a change."""


class Ledger:
    """Every resource of the kinds in the rows, per account and region."""

    def __init__(self, kinds: tuple[Kind, ...]) -> None:
        self.kinds = kinds
        self._records: dict[tuple[str, str, str, str], dict[str, Record]] = {}
        self.changed: dict[tuple[str, str], list[Changed]] = {}

    def install(self, response_classes: Mapping[str, type[BaseResponse]]) -> None:
        for kind in self.kinds:
            for operation, function in self._operations(kind).items():
                answer(response_classes[kind.service], operation, validated(function, kind.invalid))

    def _operations(self, kind: Kind) -> dict[str, Answer]:
        tag, untag, tagged = kind.tagging
        named: dict[str, Answer] = {
            kind.create[0]: partial(self._create, kind),
            kind.get[0]: partial(self._get, kind),
            kind.update[0]: partial(self._update, kind),
            kind.delete: partial(self._delete, kind),
            kind.list[0]: partial(self._list, kind),
            tag: partial(self._tagging, kind, lambda tags, asked: merged(tags, asked["Tags"])),
            untag: partial(self._tagging, kind, lambda tags, asked: without(tags, asked["TagKeys"])),
            tagged: partial(self._tagging, kind, lambda tags, _: tags),
        }
        return {operation: function for operation, function in named.items() if operation}

    def records(self, kind: Kind, account_id: str, region: str) -> dict[str, Record]:
        return self._records.setdefault((kind.service, kind.key, account_id, region), {})

    def _create(self, kind: Kind, call: Call) -> Record:
        known = self.records(kind, call.account_id, call.region)
        identity = kind.new_key() if kind.new_key else str(call.parameters[kind.key])
        arn = kind.arn_format.format(id=identity, account=call.account_id, region=call.region)
        identity = arn if kind.key == kind.arn else identity
        if identity in known:
            raise AwsError(kind.exists, f"{kind.key} {identity!r} exists already")
        if kind.quota and len(known) >= kind.quota[0]:
            raise AwsError(
                kind.quota[1], f"the quota of {kind.quota[0]} has been reached: {call.operation} makes one more"
            )
        record = {**kind.defaults, **call.parameters, kind.key: identity}
        if kind.arn:
            record[kind.arn] = arn
        _require_unique(kind, record, known)
        record.update({member: datetime.now(UTC) for member in kind.timestamps if member})
        if kind.complete:
            record.update(kind.complete(call, record))
        known[identity] = record
        self._tell(kind, "create", record, call)
        return _output(kind, kind.create, record)

    def _get(self, kind: Kind, call: Call) -> Record:
        return _output(kind, kind.get, self._find(kind, call))

    def _update(self, kind: Kind, call: Call) -> Record:
        record = self._find(kind, call)
        before = dict(record)
        if kind.replaces:
            given = shapes.service_model(kind.service).operation_model(kind.update[0]).input_shape.members
            for member in set(given) - {kind.key}:
                record.pop(member, None)
            record.update({member: before[member] for member in (*kind.keeps, *kind.defaults) if member in before})
        record.update(call.parameters)
        if kind.timestamps[1]:
            record[kind.timestamps[1]] = datetime.now(UTC)
        try:
            _require_unique(kind, record, self.records(kind, call.account_id, call.region))
            record.update(kind.complete(call, record) if kind.complete else {})
        except AwsError:
            record.clear()
            record.update(before)
            raise
        self._tell(kind, "update", record, call)
        return _output(kind, kind.update, record)

    def _delete(self, kind: Kind, call: Call) -> Record:
        record = self._find(kind, call)
        if kind.leave:
            record.update(kind.leave(call, record))
        else:
            self.remove(kind, record, call)
        self._tell(kind, "delete", record, call)
        return _output(kind, (kind.delete, ""), record)

    def remove(self, kind: Kind, record: Record, call: Call) -> None:
        """For the executor of a kind that goes slowly: now it is gone."""
        self.records(kind, call.account_id, call.region).pop(record[kind.key], None)

    def _list(self, kind: Kind, call: Call) -> Record:
        known = self.records(kind, call.account_id, call.region).values()
        found = [record for record in known if kind.matches is None or kind.matches(record, call.parameters)]
        found = kind.arrange(found, call.parameters) if kind.arrange else found
        shape = _output_shape(kind, kind.list[0]).members[kind.list[1]].member
        return page([_project(record, shape) for record in found], kind.list[1], call.parameters)

    def _find(self, kind: Kind, call: Call) -> Record:
        known = self.records(kind, call.account_id, call.region)
        identity = call.parameters.get(kind.key)
        if identity is None and kind.find:
            found = next((record for record in known.values() if kind.find(record, call.parameters)), None)
        else:
            found = known.get(str(identity))
        if found is None:
            raise AwsError(kind.missing, f"{call.operation}: there is no {kind.key} {identity!r}")
        return found

    def _tagging(self, kind: Kind, change: Change, call: Call) -> Record | None:
        """`change` to a resource of this kind; one of another kind is left to who answered before: its kind, moto."""
        arn = call.parameters["ResourceArn"]
        known = self.records(kind, call.account_id, call.region).values()
        record = next((record for record in known if record.get(kind.arn) == arn), None)
        if record is not None:
            record["Tags"] = change(record["Tags"], call.parameters)
            return _output(kind, (call.operation, ""), record)
        try:
            call.proceed()
        except NotImplementedError as error:
            raise AwsError(kind.missing, f"{call.operation}: there is no resource {arn!r}") from error
        return None

    def _tell(self, kind: Kind, change: str, record: Record, call: Call) -> None:
        for told in self.changed.get((kind.service, kind.key), ()):
            told(change, record, call)


def response_class(service: str) -> type[BaseResponse]:
    """A response class for a service that moto has not."""

    class LedgerResponse(BaseResponse):
        def __init__(self) -> None:
            super().__init__(service_name=service)
            self.automated_parameter_parsing = True

    return LedgerResponse


def page(found: list[Any], member: str, parameters: Mapping[str, Any]) -> Record:
    """One page of a list, in AWS's usual words."""
    first, size = int(parameters.get("NextToken") or 0), int(parameters.get("MaxResults") or len(found) or 1)
    answered: Record = {member: found[first : first + size]}
    if first + size < len(found):
        answered["NextToken"] = str(first + size)
    return answered


def hexadecimal(digits: int) -> str:
    return secrets.token_hex(digits)[:digits]


def _require_unique(kind: Kind, record: Record, known: Mapping[str, Record]) -> None:
    others = [other for other in known.values() if other[kind.key] != record[kind.key]]
    for member in kind.unique:
        if any(other[member] == record[member] for other in others):
            raise AwsError(kind.exists, f"{member} {record[member]!r} is taken: no two resources may share it")


def _output_shape(kind: Kind, operation: str) -> Any:
    return shapes.service_model(kind.service).operation_model(operation).output_shape


def _output(kind: Kind, operation: tuple[str, str], record: Record) -> Record:
    name, wrapper = operation
    shape = _output_shape(kind, name)
    if shape is None:
        return {}
    if not wrapper:
        return _project(record, shape)
    return {wrapper: _project(record, shape.members[wrapper])}


def _project(record: Record, shape: Any) -> Record:
    return {member: record[member] for member in shape.members if record.get(member) is not None}
