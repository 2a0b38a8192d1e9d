"""The address at which editors find the schema of programs."""

from __future__ import annotations

from flask import Blueprint, Response, request

from lrs.http.access import open_to_all
from lrs.http.interface import OBJECT, described, gives
from rules.language.schema import ADDRESS, json_schema_text

_DAY = 86_400

blueprint = Blueprint("schemas", __name__)


@blueprint.get(ADDRESS)
@open_to_all
@described(answers={200: gives("JSON Schema of programs.", OBJECT, "application/schema+json")})
def programs() -> Response:
    """The schema, for editors: public, the same for everybody, and good for a day."""
    response = Response(json_schema_text(), content_type="application/schema+json")
    response.headers["Cache-Control"] = f"public, max-age={_DAY}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.add_etag()
    response.make_conditional(request)
    return response
