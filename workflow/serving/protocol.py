"""What a request and an answer look like: MLflow's scoring protocol in JSON, numbers only.

{"inputs": [[...], ...]} (or "instances", or "dataframe_split" with "data") -> {"predictions": [...]}
"""

import json
from typing import Any, Final, NoReturn

import numpy as np

from workflow.predictor import Floats

MAX_BODY_BYTES: Final = 6 * 1024**2
"""What a SageMaker endpoint accepts (25 MB since 2025, 6 MB in most regions before): no surprise after a swap."""


class BadRequestError(ValueError):
    """The caller's fault, told in words the caller can act on."""


def parse_rows(body: bytes) -> Floats:
    """The rows of a request as (n, features), finite; images of (n, h, w) are flattened."""
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
    except BadRequestError:
        raise
    except (ValueError, RecursionError) as error:  # ValueError: no UTF-8, no JSON, a number of more than 4300 digits
        raise BadRequestError(f"the body is not JSON: {error}") from error
    return _as_rows(_data(document))


def _data(document: Any) -> Any:
    if isinstance(document, dict):
        for key in ("inputs", "instances"):
            if key in document:
                return document[key]
        split = document.get("dataframe_split")
        if isinstance(split, dict) and "data" in split:
            return split["data"]
    raise BadRequestError('the body must be an object with "inputs", "instances" or "dataframe_split"')


def _as_rows(data: Any) -> Floats:
    try:
        values = np.asarray(data)
    except ValueError as error:
        raise BadRequestError("the rows do not all have the same length") from error
    if values.dtype.kind not in "iuf" or values.ndim < 2 or values.size == 0:
        raise BadRequestError("the rows must be a list of at least one list of numbers")
    rows = values.astype(np.float64).reshape(len(values), -1)
    if not np.isfinite(rows).all():
        raise BadRequestError("the rows hold an infinite number")
    return rows


def _refuse_constant(name: str) -> NoReturn:
    raise BadRequestError(f"the body holds {name}, which is not a number that JSON knows")
