"""What every request gets: an id in the log and in the answer, a line in the access log, safe headers."""

from __future__ import annotations

import re
from time import perf_counter
from typing import cast

import structlog
from flask import Flask, Response, current_app, g, request

from lrs.logs import get_logger
from lrs.prowess import Prowess

log = get_logger(__name__)

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


def this_prowess() -> Prowess:
    """The Prowess behind this request."""
    return cast("Prowess", current_app.extensions["prowess"])


def register_request_context(app: Flask) -> None:
    """Bind a request id (the caller's X-Request-ID when it is harmless) and log one line for each answer."""

    @app.before_request
    def begin() -> None:
        offered = request.headers.get("X-Request-ID", "")
        g.request_id = offered if _ID.fullmatch(offered) else this_prowess().ids.uuid().hex
        g.started = perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.get("request_id", "")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round((perf_counter() - g.get("started", perf_counter())) * 1000, 1),
        )
        return response
