"""Errors as RFC 9457 problem JSON: one handler for everything, no stack traces, xAPI headers kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, g, request
from markupsafe import escape
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from lrs.errors import ProwessError, TooManyRequests, Unauthorized, Unavailable
from lrs.logs import get_logger

if TYPE_CHECKING:
    from lrs.prowess import Prowess

log = get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_FORMS = (MEDIA_TYPE, "application/json", "text/plain", "text/html")


def problem_response(body: dict[str, Any]) -> Response:
    """An answer that carries a problem; `instance` is the request's id."""
    body = {**body, "instance": f"urn:prowess:request:{g.get('request_id', '')}"}
    if _wanted() == "text/plain":
        return Response(_in_words(body), status=body["status"], content_type="text/plain; charset=utf-8")
    if _wanted() == "text/html":
        page = f"<!doctype html><title>{escape(body['title'])}</title><pre>{escape(_in_words(body))}</pre>"
        return Response(page, status=body["status"], content_type="text/html; charset=utf-8")
    return Response(json.dumps(body, ensure_ascii=False), status=body["status"], content_type=MEDIA_TYPE)


def _wanted() -> str | None:
    """The form of a message: JSON for all who take it, browsers too, else what they ask for (S-60)."""
    return next((form for form in _FORMS if request.accept_mimetypes.quality(form)), None)


def _in_words(body: dict[str, Any]) -> str:
    return "".join(f"{body[part]}\n" for part in ("title", "detail", "hint", "instance") if part in body)


def note(reason: str) -> None:
    """Count this request among those that were refused, by the code of its problem."""
    prowess: Prowess = current_app.extensions["prowess"]
    prowess.counts.refused(request.path, reason)


def note_error(error: ProwessError) -> None:
    """As `note`; what is our fault, or the database's, is told in the log with what strangers are not told."""
    note(error.code)
    if error.status >= 500:
        why = {"why": error.why} if isinstance(error, Unavailable) and error.why else {}
        log.error("request failed", code=error.code, detail=error.message, path=request.path, **why)


def register_problems(app: Flask) -> None:
    """Let every error of this application leave through here."""

    @app.errorhandler(ProwessError)
    def explained(error: ProwessError) -> Response:
        note_error(error)
        response = problem_response(error.problem())
        if isinstance(error, Unauthorized):
            response.headers["WWW-Authenticate"] = 'Basic realm="prowess", charset="UTF-8"'
        if isinstance(error, TooManyRequests):
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    @app.errorhandler(HTTPException)
    def from_werkzeug(error: HTTPException) -> Response:
        note(error.name)
        response = problem_response(
            {
                "type": "about:blank",
                "title": error.name,
                "status": error.code or 500,
                "detail": error.description or error.name,
            }
        )
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        note("internal")
        log.error("unexpected error", error=repr(error), path=request.path, exc_info=error)
        return problem_response(
            {
                "type": "urn:prowess:problem:internal",
                "title": "Something broke in Prowess.",
                "status": 500,
                "detail": "This is our fault; the log has the details under this instance.",
            }
        )
