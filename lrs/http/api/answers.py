"""Answers of the API."""

from __future__ import annotations

import json
from typing import Any

from flask import Response


def answer(body: Any, status: int = 200, *, secret: bool = False) -> Response:
    """JSON; one that shows a secret is kept by nobody on the way."""
    response = Response(json.dumps(body, ensure_ascii=False), status=status, content_type="application/json")
    if secret:
        response.headers["Cache-Control"] = "no-store"
    return response
