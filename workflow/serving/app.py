"""The HTTP side of the model server: /ping, /invocations, /metrics, /status.

Every answer of /invocations is JSON and names the arm in `X-Mlteam-Arm`: 200, or {"error": ...} with 400 (the
request's fault), 413 (too large), 500 (the model failed) or 503 (no model yet). The header `X-Mlteam-Unit` keeps a
user on one arm; without it each request is a unit of its own.
"""

import logging
import secrets
import time
from typing import Final

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from workflow.predictor import Floats
from workflow.serving.loadout import LoadedModel, Loadout
from workflow.serving.protocol import MAX_BODY_BYTES, BadRequestError, parse_rows
from workflow.serving.split import ArmName, arm_of
from workflow.serving.telemetry import Telemetry
from workflow.serving.watcher import Watcher

UNIT_HEADER: Final = "X-Mlteam-Unit"
ARM_HEADER: Final = "X-Mlteam-Arm"
_NO_ARM: Final = "none"
_log = logging.getLogger(__name__)


class _TooLargeError(Exception):
    """The body is larger than MAX_BODY_BYTES."""


def create_app(watcher: Watcher, telemetry: Telemetry) -> FastAPI:
    """No docs pages: they load scripts from elsewhere, and a model server has no page to show."""
    app = FastAPI(title="mlteam model server", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/ping")
    def ping() -> dict[str, str]:
        """Alive, even with no model: the host may converge before the first deployment."""
        return {"status": "ok"}

    @app.get("/status")
    def status() -> JSONResponse:
        return JSONResponse(watcher.status())

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(telemetry.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.post("/invocations")
    async def invocations(request: Request) -> JSONResponse:
        started = time.perf_counter()
        arm, response = await _answer(request, watcher.loadout)
        response.headers[ARM_HEADER] = arm
        telemetry.answered(arm, response.status_code, time.perf_counter() - started)
        return response

    return app


async def _answer(request: Request, loadout: Loadout) -> tuple[str, JSONResponse]:
    unit = request.headers.get(UNIT_HEADER) or secrets.token_hex(8)
    chosen = _choose(loadout, unit)
    if chosen is None:
        return _NO_ARM, _fault(503, "no model is deployed here yet (mlteam deploy)")
    arm, model = chosen
    try:
        rows = parse_rows(await _body(request))
        _check_width(rows, model)
        scores = await run_in_threadpool(model.predictor, rows)
    except ClientDisconnect:  # nobody hears this, but it must not count as a failure of the model
        return arm, _fault(400, "the request was not sent to its end")
    except _TooLargeError:
        return arm, _fault(413, f"the body is larger than {MAX_BODY_BYTES} bytes; send fewer rows")
    except BadRequestError as error:
        return arm, _fault(400, str(error))
    except Exception:
        _log.exception("model %s failed", model.reference.digest)
        return arm, _fault(500, f"model {model.reference.digest} failed; its log has the reason")
    return arm, JSONResponse({"predictions": scores.tolist()})


def _choose(loadout: Loadout, unit: str) -> tuple[str, LoadedModel] | None:
    """The unit's arm, or the champion where the challenger could not be loaded."""
    arm = arm_of(unit, loadout.deployment.salt, loadout.deployment.challenger_weight)
    for name in (arm, ArmName.CHAMPION):
        if name in loadout.models:
            return name.value, loadout.models[name]
    return None


async def _body(request: Request) -> bytes:
    """Counted while it comes: a missing or false Content-Length does not fill the memory."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _TooLargeError
    return bytes(body)


def _check_width(rows: Floats, model: LoadedModel) -> None:
    wanted = model.predictor.features
    if wanted is not None and rows.shape[1] != wanted:
        raise BadRequestError(f"each row must have {wanted} values, these have {rows.shape[1]}")


def _fault(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=status)
