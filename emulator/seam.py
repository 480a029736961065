"""The one place where the emulator reaches into moto: operations that are added, replaced or refused.

moto finds an operation as a method of a service's response class, in snake case. `answer` puts such a method there, so
that moto's own parser and serializer, both driven by botocore's model, do the rest. `Call` is what such a method gets:
plain parameters, who calls, and `proceed` for what moto would have answered.

An operation that nobody answers is an AWS error with status 400, not moto's 500: clients retry a 500, which hides it.
Written against moto 5.2.5 (`moto/core/responses.py`, read 2026-11).
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.parse import XFormedDict
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import camelcase_to_underscores

log = logging.getLogger(__name__)

Record = dict[str, Any]
"""A structure in AWS's own member names."""


class AwsError(ServiceException):
    """An error as AWS answers it: AwsError("InvalidDocument", "what is wrong")."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)


@dataclass(frozen=True)
class Call:
    """One request; `parameters` may be changed before `proceed()`."""

    service: str
    operation: str
    parameters: Record
    account_id: str
    region: str
    access_key: str
    proceed: Callable[[], Any]


Answer = Callable[[Call], Mapping[str, Any] | None]
"""Gives the output structure; None for what moto answered or for no output."""


def answer(response_class: type[BaseResponse], operation: str, function: Answer) -> None:
    """Let `function` answer an operation of a service, in place of moto or around it."""
    name = camelcase_to_underscores(operation)
    original = getattr(response_class, name, None)

    def method(response: BaseResponse) -> Any:
        kept: list[Any] = []

        def proceed() -> Any:
            if original is None:
                raise NotImplementedError(operation)
            kept.append(original(response))
            return kept[-1]

        result = function(_call(response, operation, proceed))
        return kept[-1] if result is None and kept else ActionResult(result)

    method.__name__ = name
    setattr(response_class, name, method)


def _call(response: BaseResponse, operation: str, proceed: Callable[[], Any]) -> Call:
    if not response.automated_parameter_parsing:
        response.parse_parameters(response.normalized_request)
    parameters = response.params
    return Call(
        service=response.boto3_service_name,
        operation=operation,
        parameters=parameters.original_dict() if isinstance(parameters, XFormedDict) else parameters,
        account_id=response.current_account,
        region=response.region,
        access_key=_access_key(response),
        proceed=proceed,
    )


def _access_key(response: BaseResponse) -> str:
    """The key id in the signature; moto sees only those of 20 characters."""
    scope = response.headers.get("Authorization", "").partition("Credential=")[2]
    return scope.partition("/")[0] or str(response.access_key)


def replace(owner: type, name: str, function: Callable[..., Any]) -> None:
    """Put a function in place of a method of moto."""
    setattr(owner, name, function)


def refuse_the_unknown() -> None:
    """Answer 400 where moto has no such operation."""
    original = BaseResponse.call_action

    def call_action(self: BaseResponse) -> Any:
        try:
            return original(self)
        except NotImplementedError as error:
            operation = f"{self.boto3_service_name}:{self._get_action()}"
            log.warning("not emulated: %s (%s)", operation, error)
            message = f"the emulated AWS has no {operation}; it is added in emulator/ledger_rows.py ({error})"
            return self.serialized(ActionResult(AwsError("UnknownOperationException", message)))

    replace(BaseResponse, "call_action", call_action)
