"""Limits of SSM that moto 5.2.5 does not have: a Standard parameter holds 4,096 bytes, an Advanced one 8,192, no
parameter is empty, a document has at most 64 KB. Source: Systems Manager endpoints and quotas (read 2026-11).
"""

from typing import Final

from moto.ssm.responses import SimpleSystemManagerResponse

from emulator.seam import AwsError, Call, answer

STANDARD_BYTES: Final = 4096
ADVANCED_BYTES: Final = 8192
DOCUMENT_BYTES: Final = 64 * 1024


def _put_parameter(call: Call) -> None:
    value, tier = call.parameters.get("Value", ""), call.parameters.get("Tier", "Standard")
    limit = STANDARD_BYTES if tier == "Standard" else ADVANCED_BYTES
    size = len(value.encode())
    if not value:
        raise AwsError("ValidationException", "Value: required, but empty")
    if size > limit:
        raise AwsError(
            "ValidationException",
            f"{tier} tier parameters support a maximum parameter value of {limit} characters; this one has {size}",
        )
    call.proceed()


def _write_document(call: Call) -> None:
    size = len(call.parameters.get("Content", "").encode())
    if size > DOCUMENT_BYTES:
        raise AwsError("MaxDocumentSizeExceeded", f"a document has at most {DOCUMENT_BYTES} bytes; this one has {size}")
    call.proceed()


def install() -> None:
    answer(SimpleSystemManagerResponse, "PutParameter", _put_parameter)
    answer(SimpleSystemManagerResponse, "CreateDocument", _write_document)
    answer(SimpleSystemManagerResponse, "UpdateDocument", _write_document)
