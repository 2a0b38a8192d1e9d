"""gzip for answers that are worth it, when the client asks for it (S-53).

Documents are left alone: their ETag is the digest of their bytes.
"""

from __future__ import annotations

import gzip
from typing import Final

from flask import Flask, Response, request

_WORTH_IT: Final = 2048
_TYPES: Final = frozenset({"application/json", "application/problem+json", "text/html", "text/css", "image/svg+xml"})
_LEVEL: Final = 1


def register_compression(app: Flask) -> None:
    """Compress whole answers; streamed ones and those with an ETag go as they are."""

    @app.after_request
    def compress(response: Response) -> Response:
        if response.is_streamed or response.direct_passthrough or response.mimetype not in _TYPES:
            return response
        response.vary.add("Accept-Encoding")
        if (
            response.status_code == 200
            and "ETag" not in response.headers
            and request.accept_encodings["gzip"] > 0
            and (response.content_length or 0) >= _WORTH_IT
        ):
            response.set_data(gzip.compress(response.get_data(), _LEVEL, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
        return response
