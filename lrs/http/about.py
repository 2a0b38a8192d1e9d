"""The About resource (xAPI-Communication 2.8): no credentials and no version header needed."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from lrs.http.access import open_to_all
from lrs.xapi.versions import Version

blueprint = Blueprint("about", __name__, url_prefix="/xapi")


@blueprint.get("/about")
@open_to_all
def about() -> Response:
    return jsonify(version=[version.header for version in Version])
