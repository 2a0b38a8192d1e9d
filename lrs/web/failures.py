"""Errors on pages: what happened and how to mend it, in the layout of every other page.

Programs that ask the same addresses still get problem JSON (`lrs.http.problems`).
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, NotFound

from lrs.errors import Forbidden, ProwessError
from lrs.http.problems import note, note_error, problem_response

PROGRAMS = ("/xapi", "/api/", "/health", "/metrics")
"""Addresses that no page lives under; whoever asks there is a program."""

TITLES = {
    404: ("There is nothing here.", "No page has this address."),
    405: ("This page cannot do that.", "It is looked at, or sent, but not in the way that was tried."),
}
HINTS = {
    404: "Check the address, or start from the navigation above.",
    405: "Go back and use the buttons of the page.",
    413: "Send less at once.",
}


def wants_page() -> bool:
    """Whether the caller is somebody with a browser rather than a program."""
    if request.path.startswith(PROGRAMS):
        return False
    accepted = request.accept_mimetypes
    return (
        accepted.best_match(["application/json", "text/html"]) == "text/html"
        and not accepted["*/*"] > accepted["text/html"]
    )


def register_failures(blueprint: Blueprint) -> None:
    """Let the errors of a blueprint's views leave as pages when a browser asks."""
    blueprint.register_error_handler(ProwessError, explained)
    blueprint.register_error_handler(HTTPException, from_werkzeug)


def explained(error: ProwessError) -> ResponseReturnValue:
    note_error(error)
    if not wants_page():
        return problem_response(error.problem())
    title = (error.__doc__ or "").strip().splitlines()[0]
    if isinstance(error, Forbidden):
        title = "You may not see this page." if request.method == "GET" else "You may not do this."
    return _page(error.status, title, error.message, error.hint)


def from_werkzeug(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if error.response is not None:
        return error.response
    note(error.name)
    if not wants_page():
        detail = error.description or error.name
        return problem_response({"type": "about:blank", "title": error.name, "status": status, "detail": detail})
    title, message = TITLES.get(status, (error.name, error.description or error.name))
    return _page(status, title, message, HINTS.get(status))


def nothing_here(error: NotFound) -> ResponseReturnValue:
    """An address that no view answers."""
    return from_werkzeug(error)


def _page(status: int, title: str, message: str, hint: str | None) -> ResponseReturnValue:
    back = request.path if request.method == "GET" and status == HTTPStatus.BAD_REQUEST and request.args else None
    return render_template(
        "web/failure.html", status=status, title=title, message=message, hint=hint, back=back
    ), status
