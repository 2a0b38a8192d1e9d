"""Addresses of what describes us to programs: the schema of programs, for editors, and the profile of our statements."""

from __future__ import annotations

from flask import Blueprint, Response, request

from lrs.http.access import open_to_all
from lrs.http.interface import OBJECT, described, gives
from rules import profile
from rules.language.schema import ADDRESS, json_schema_text

_DAY = 86_400

blueprint = Blueprint("schemas", __name__)


@blueprint.get(ADDRESS)
@open_to_all
@described(answers={200: gives("JSON Schema of programs.", OBJECT, "application/schema+json")})
def programs() -> Response:
    """The schema, for editors: public, the same for everybody, and good for a day."""
    return _public(json_schema_text(), "application/schema+json")


@blueprint.get(profile.ADDRESS)
@open_to_all
@described(answers={200: gives("The profile, as JSON-LD.", OBJECT, profile.MEDIA_TYPE)})
def statements() -> Response:
    """The xAPI profile of the statements that Prowess makes: verbs, extensions, templates; public, the same for everybody."""
    return _public(profile.profile_text(), profile.MEDIA_TYPE)


def _public(text: str, content_type: str) -> Response:
    response = Response(text, content_type=content_type)
    response.headers["Cache-Control"] = f"public, max-age={_DAY}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.add_etag()
    response.make_conditional(request)
    return response
