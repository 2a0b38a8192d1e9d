"""What every answer must be, whatever was asked."""

from __future__ import annotations

import json
from typing import Final

from tests.fuzz.recipe import Recipe
from tests.fuzz.wire import Reply

LONGEST: Final = 20.0
"""Seconds an answer may take on a machine that does other things too."""
API: Final = ("/xapi/", "/api/", "/health/", "/openapi.json")
_PAGE: Final = ("content-security-policy", "x-frame-options", "x-content-type-options", "referrer-policy")
_DOCUMENTS: Final = ("/xapi/activities/state", "/xapi/activities/profile", "/xapi/agents/profile")
_MEMBERS: Final = {"type", "title", "status", "detail"}


def came_from_us(reply: Reply) -> bool:
    """Whether the application answered; what is no HTTP is refused by the server before it."""
    return reply.headers.get("server") == "prowess"


def complaint(recipe: Recipe, reply: Reply) -> str | None:
    """What is wrong with an answer; None when nothing is.  503 is for the caller to judge."""
    if reply.status >= 500 and reply.status != 503:
        return f"a {reply.status}"
    if not came_from_us(reply):
        return None if recipe.is_rude and reply.status in {400, 408, 413, 414, 431} else "an answer that is not ours"
    if reply.left and not recipe.is_rude:
        return f"{reply.left} bytes after the answer"
    if reply.seconds > LONGEST:
        return f"an answer after {reply.seconds:.1f} s"
    if b"Traceback (most recent" in reply.body:
        return "a traceback in the answer"
    path = recipe.target.partition("?")[0]
    is_xapi = recipe.framing != "raw" and path.startswith("/xapi/")
    if is_xapi and reply.headers.get("x-experience-api-version") not in {"1.0.3", "2.0.0"}:
        return "no version header"
    return _of_page(reply) or (_of_refusal(recipe, reply) if path.startswith(API) else None) or _of_json(recipe, reply)


def _of_page(reply: Reply) -> str | None:
    if reply.headers.get("content-type", "").startswith("text/html"):
        missing = [name for name in _PAGE if name not in reply.headers]
        if missing and "sandbox" not in reply.headers.get("content-security-policy", ""):
            return f"a page without {', '.join(missing)}"
    return None


def _of_refusal(recipe: Recipe, reply: Reply) -> str | None:
    if reply.status < 400 or not reply.body or reply.headers["content-type"].startswith(("text/plain", "text/html")):
        return None
    if reply.headers["content-type"] != "application/problem+json":
        return "health" if recipe.target.startswith("/health/ready") else "a refusal that is no problem"
    try:
        told = json.loads(reply.body)
    except ValueError:
        return "a problem that is no JSON"
    if not told.keys() >= _MEMBERS or told["status"] != reply.status:
        return f"a problem that lacks something: {sorted(told)}"
    return None


def _of_json(recipe: Recipe, reply: Reply) -> str | None:
    if recipe.framing == "raw" or recipe.target.startswith(_DOCUMENTS):
        return None
    if reply.status == 200 and reply.body and reply.headers.get("content-type") == "application/json":
        if "content-encoding" in reply.headers or len(reply.body) > 200_000:
            return None
        try:
            json.loads(reply.body)
        except ValueError:
            return "an answer that is no JSON"
    return None
