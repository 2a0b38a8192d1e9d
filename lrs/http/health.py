"""Health for whoever watches: alive without asking the database, ready only when it answers."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from lrs.errors import Unavailable
from lrs.http.access import open_to_all
from lrs.http.interface import TEXT, described, gives, members
from lrs.http.requests import this_prowess

blueprint = Blueprint("health", __name__, url_prefix="/health")

_STATUS = members("status", status=TEXT, reason=TEXT)


@blueprint.get("/live")
@open_to_all
@described(answers={200: gives("It is alive.", _STATUS)})
def live() -> Response:
    """Whether the process answers."""
    return jsonify(status="alive")


@blueprint.get("/ready")
@open_to_all
@described(answers={200: gives("It is ready.", _STATUS), 503: gives("Its database does not answer.", _STATUS)})
def ready() -> tuple[Response, int]:
    """Whether the database answers too."""
    try:
        with this_prowess().database.read() as conn:
            conn.execute(text("SELECT 1"))
    except Unavailable as error:
        return jsonify(status="not ready", reason=error.message), 503
    return jsonify(status="ready"), 200
