"""Rules that AWS applies to a request before it does anything: the gateway's innermost hook.

A rule is about one operation and refuses by AwsError, with the code that AWS answers; the HTTP status comes from
botocore's model. Rules and services answer under one lock: what was counted is still so when the call is carried out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from moto.core.exceptions import ServiceException

from emulator.engine import shapes
from emulator.gateway import Proceed, error_reply
from emulator.seam import AwsError
from emulator.wire import Asked, Reply


@dataclass(frozen=True)
class Request:
    """What a rule sees."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    account_id: str
    region: str


Check = Callable[[Request], None]
Rule = tuple[str, Check]
"""The operation as `service:Operation`, and what refuses it."""

REHEARSED: Final = AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
"""EC2's answer to who may do what was asked for, and asked only whether (EC2 API reference, "Error codes")."""
_REASONS: Final = {400: "Bad Request", 402: "Payment Required", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}
_PRECONDITION_FAILED: Final = "412 Precondition Failed"


class Rules:
    """`hook` goes into the gateway, after all others."""

    def __init__(self, rules: Iterable[Rule], account_id: str, lock: AbstractContextManager[Any]) -> None:
        self._account_id, self._lock = account_id, lock
        self._checks: defaultdict[str, list[Check]] = defaultdict(list)
        for name, check in rules:
            self._checks[name].append(check)

    def hook(self, asked: Asked, proceed: Proceed) -> Reply:
        checks, is_rehearsal = self._checks.get(asked.name, ()), _is_rehearsal(asked)
        if not checks and not is_rehearsal:
            return proceed()
        request = Request(asked.service, asked.operation, asked.parameters, self._account_id, asked.region)
        with self._lock:
            error = next(filter(None, (_refusal(check, request) for check in checks)), None)
            error = error or (REHEARSED if is_rehearsal else None)
            return _reply(asked, error) if error else proceed()


def _is_rehearsal(asked: Asked) -> bool:
    """moto would carry out many of EC2's."""
    return asked.service == "ec2" and asked.parameters.get("DryRun") is True


def _refusal(check: Check, request: Request) -> AwsError | None:
    try:
        check(request)
    except AwsError as error:
        return error
    except ServiceException:  # it asked moto about what is not there: the service will say so
        return None
    return None


def _reply(asked: Asked, error: AwsError) -> Reply:
    status = _status(asked.service, str(error.code))
    line = _PRECONDITION_FAILED if error is REHEARSED else f"{status} {_REASONS[status]}"
    return error_reply(asked.environ, line, str(error.code), str(error.message))


@cache
def _status(service: str, code: str) -> int:
    """400 unless the model says otherwise."""
    told = [error.metadata.get("error", {}) | {"name": error.name} for error in _errors(service)]
    found: dict[str, Any] = next((each for each in told if code in (each.get("code"), each["name"])), {})
    status = int(found.get("httpStatusCode", 400))
    return status if status in _REASONS else 400


def _errors(service: str) -> Iterable[shapes.Shape]:
    """Of all its operations: S3's model does not say which of them may answer which."""
    errors: Iterable[shapes.Shape] = shapes.service_model(service).error_shapes
    return errors
