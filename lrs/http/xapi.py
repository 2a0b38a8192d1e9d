"""What every xAPI answer carries, errors included: the version served and how far the store is consistent."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, g, request

from lrs.clock import to_text
from lrs.errors import BadRequest
from lrs.http.requests import this_prowess
from lrs.xapi.versions import HEADER, Version, parse_version_header

PREFIX = "/xapi"
CONSISTENT_THROUGH = "X-Experience-API-Consistent-Through"


def requested_version() -> Version:
    """The line of the specification this request speaks.  Raises BadRequest (XAPI-00331)."""
    if "version" not in g:
        g.version = parse_version_header(request.headers.get(HEADER))
    return cast("Version", g.version)


def _answered_version() -> Version:
    """The line an answer is on; the newest when the request names none that is served (XAPI-00333)."""
    try:
        return requested_version()
    except BadRequest:
        return Version.V2_0


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
                through = this_prowess().database.watermark()
            response.headers[CONSISTENT_THROUGH] = to_text(through)
        return response
