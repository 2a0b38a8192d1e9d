"""What every xAPI answer carries, errors included: the version served and how far the store is consistent."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Flask, Response, current_app, g, request

from lrs.clock import to_text
from lrs.http.requests import this_prowess
from lrs.xapi.versions import HEADER, Version, answered_version, parse_version_header

PREFIX = "/xapi"
CONSISTENT_THROUGH = "X-Experience-API-Consistent-Through"


def requested_version() -> Version:
    """The line of the specification this request speaks.  Raises BadRequest (XAPI-00331)."""
    if "version" not in g:
        g.version = parse_version_header(request.headers.get(HEADER))
    return cast("Version", g.version)


def spoken_versions(app: Flask) -> dict[int, Version]:
    """The line that each key spoke last."""
    spoken: dict[int, Version] = app.extensions.setdefault("prowess.spoken", {})
    return spoken


def _answered_version() -> Version:
    """The line of this answer; a key that names no version is answered on the line it spoke last.

    The suites of the two versions ask the same of a request without a version and expect each its own.
    """
    spoken = spoken_versions(current_app)
    credential = g.get("credential")
    if credential is None:
        return answered_version(request.headers.get(HEADER))
    if "version" in g:
        spoken[credential.id] = g.version
    return answered_version(request.headers.get(HEADER), spoken.get(credential.id, Version.V1_0_3))


def register_headers(blueprint: Blueprint) -> None:
    """Put the headers of xAPI on every answer under `/xapi`, whoever gives it."""

    @blueprint.after_app_request
    def headers(response: Response) -> Response:
        if not request.path.startswith(PREFIX + "/"):
            return response
        response.headers[HEADER] = _answered_version().header
        if request.path.startswith((f"{PREFIX}/statements", f"{PREFIX}/more")):
            through = g.get("consistent_through")
            if through is None:
                # Who waits until something is certain asks again and again, were it with a question that is refused.
                database = this_prowess().database
                through = database.watermark() if request.method in {"GET", "HEAD"} else database.promised()
            response.headers[CONSISTENT_THROUGH] = to_text(through)
        return response
