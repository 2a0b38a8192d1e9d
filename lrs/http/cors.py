"""Other origins: which web pages of others may call the record store from a browser (D-09).

Neither version of xAPI speaks of it; content in a browser needs it all the same.  Only listed origins get an answer.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request

from lrs.http.alternate import REFUSAL

PATHS: Final = ("/xapi/", "/api/")
_ALLOWED: Final = (
    "Authorization, Content-Type, Content-Encoding, If-Match, If-None-Match, Accept-Language, "
    "X-Experience-API-Version, X-Experience-API-Hash, X-Request-ID"
)
_EXPOSED: Final = (
    "ETag, Last-Modified, WWW-Authenticate, Retry-After, X-Experience-API-Version, "
    "X-Experience-API-Consistent-Through, X-Prowess-Quarantined, X-Request-ID"
)


def register_cors(app: Flask, origins: tuple[str, ...]) -> None:
    """Answer OPTIONS without credentials, and let pages of the listed origins read our answers."""

    @app.before_request
    def answer_options() -> Response | None:
        refusal = request.environ.get(REFUSAL)
        if refusal is not None:
            raise refusal
        if request.method != "OPTIONS" or request.url_rule is None or not request.path.startswith(PATHS):
            return None
        methods = ", ".join(sorted(_methods(app)))
        response = Response(status=204, headers={"Allow": methods})
        if "Access-Control-Request-Method" in request.headers and _origin(origins):
            response.headers["Access-Control-Allow-Methods"] = methods
            response.headers["Access-Control-Allow-Headers"] = _ALLOWED
            response.headers["Access-Control-Max-Age"] = "7200"
        return response

    @app.after_request
    def let_read(response: Response) -> Response:
        if not origins or not request.path.startswith(PATHS):
            return response
        response.vary.add("Origin")
        origin = _origin(origins)
        if origin:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = _EXPOSED
        return response


def _origin(origins: tuple[str, ...]) -> str | None:
    """The request's origin where it is a listed one."""
    origin = request.headers.get("Origin")
    return origin if origin in origins else None


def _methods(app: Flask) -> set[str]:
    """The methods of every rule with this request's path: a view of its own may stand behind each of them."""
    adapter = app.create_url_adapter(request)
    return set(adapter.allowed_methods()) if adapter is not None else set()
