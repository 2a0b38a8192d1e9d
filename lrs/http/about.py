"""The About resource (xAPI-Communication 2.8): no credentials and no version header needed."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from lrs.http.access import open_to_all
from lrs.http.interface import described, gives, shared
from lrs.http.requests import this_prowess
from lrs.xapi.versions import Version

blueprint = Blueprint("about", __name__, url_prefix="/xapi")

LIMITS = "urn:prowess:limits"
"""The extension that tells senders how much they may send and get: bytes of a body, statements of a batch and a page."""


@blueprint.get("/about")
@open_to_all
@described(answers={200: gives("What is served here.", shared("schemas", "About"))})
def about() -> Response:
    """The versions served, and what a sender does well to know before sending (XAPI-00315 to XAPI-00320)."""
    limits = this_prowess().settings.limits
    shown = {"body_bytes": limits.body_bytes, "batch": limits.batch, "page": limits.page}
    return jsonify(version=[version.header for version in Version], extensions={LIMITS: shown})
