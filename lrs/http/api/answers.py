"""What every resource of the API has in common: where it stands, and how it answers."""

from __future__ import annotations

import json
from typing import Any, Final

from flask import Response

PREFIX: Final = "/api/v1"


def answer(body: Any, status: int = 200, *, secret: bool = False) -> Response:
    """JSON; one that shows a secret is kept by nobody on the way."""
    response = Response(json.dumps(body, ensure_ascii=False), status=status, content_type="application/json")
    if secret:
        response.headers["Cache-Control"] = "no-store"
    return response
