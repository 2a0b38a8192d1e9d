"""Health for whoever watches: alive without asking the database, ready only when it answers."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from lrs.errors import Unavailable
from lrs.http.access import open_to_all
from lrs.http.requests import this_prowess

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
@open_to_all
def live() -> Response:
    return jsonify(status="alive")


@blueprint.get("/ready")
@open_to_all
def ready() -> tuple[Response, int]:
    try:
        with this_prowess().database.read() as conn:
            conn.execute(text("SELECT 1"))
    except Unavailable as error:
        return jsonify(status="not ready", reason=error.message), 503
    return jsonify(status="ready"), 200
