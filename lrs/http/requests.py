"""What every request gets: an id in the log and in the answer, a line in the access log, safe headers."""

from __future__ import annotations

import re
from time import perf_counter
from typing import cast

import structlog
from flask import Flask, Response, current_app, g, has_request_context, request

from lrs.logs import Caller, log_answer
from lrs.prowess import Prowess
from lrs.store.audit import ACCOUNT, KEY, PROWESS, Asker, asked_by

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


def this_prowess() -> Prowess:
    """The Prowess behind this request."""
    return cast("Prowess", current_app.extensions["prowess"])


def reached_at(prowess: Prowess) -> str:
    """The address under which others reach this server: the one it was given, else the one of this request."""
    return (prowess.settings.server.public_url or request.url_root).rstrip("/")


def register_request_context(app: Flask) -> None:
    """Bind a request id (the caller's X-Request-ID when it is harmless) and log one line for each answer."""

    @app.before_request
    def begin() -> None:
        g.request_id = request_id(request.headers.get("X-Request-ID", ""), this_prowess())
        g.started = perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)
        asked_by(_asker)

    @app.after_request
    def end(response: Response) -> Response:
        id_ = response.headers["X-Request-ID"] = g.get("request_id", "")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        spent = spent_ms(g.get("started", perf_counter()))
        log_answer(request.method, request.path, response.status_code, spent, id_, _caller())
        return response


def _caller() -> Caller:
    """As far as this request came to find out: nobody is looked up for the log."""
    key, who = g.get("credential"), g.get("signed_in")
    return Caller(request.remote_addr, key and key.name, who and who.account.username)


def _asker() -> Asker:
    """Whoever this request has shown to be: a key, or else somebody signed in."""
    if not has_request_context():
        return Asker(PROWESS, PROWESS)
    if "credential" in g:
        return Asker(KEY, g.credential.name, request.remote_addr)
    who = g.get("signed_in")
    return Asker(PROWESS, PROWESS) if who is None else Asker(ACCOUNT, who.account.username, request.remote_addr)


def request_id(offered: str, prowess: Prowess) -> str:
    """What a caller calls the request when that is harmless, else a name of ours."""
    return offered if _ID.fullmatch(offered) else prowess.ids.uuid().hex


def spent_ms(started: float) -> float:
    """Milliseconds, for the access log; started: by `perf_counter`."""
    return round((perf_counter() - started) * 1000, 1)
