"""`/api/v1/people/<id>/programs/<id>/explain`: the decision and its account, for programs and for the page's own link."""

from __future__ import annotations

from flask import Blueprint, Response, request
from marshmallow import Schema, fields

from lrs.errors import Unauthorized
from lrs.http.access import needs_or_signed_in
from lrs.http.api import PREFIX
from lrs.http.api.answers import answer
from lrs.http.api.bodies import load_arguments
from lrs.http.api.shapes import arguments_of
from lrs.http.auth import require_scope
from lrs.http.interface import OBJECT, described, gives, members
from lrs.http.requests import this_prowess
from lrs.web.sessions import signed_in
from rules.explain.explanation import explain
from rules.explain.telling import explanation_json
from rules.pages.sight import Sight

blueprint = Blueprint("programs_api", __name__, url_prefix=PREFIX)


class _When(Schema):
    as_of = fields.String(load_default=None)
    known_at = fields.String(load_default=None)


@blueprint.get("/people/<person_id>/programs/<path:program_id>/explain")
@needs_or_signed_in("reports")
@described(
    arguments_of(_When()), answers={200: gives("The decision and its account.", members("account", account=OBJECT))}
)
def explain_pair(person_id: str, program_id: str) -> Response:
    """What holds for a person in a program, on any day and as known on any day, and why."""
    tenant_id = _allowed(person_id)
    given = load_arguments(_When())
    found = explain(this_prowess(), person_id, program_id, given["as_of"], given["known_at"], tenant_id=tenant_id)
    response = answer(explanation_json(found))
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _allowed(person_id: str) -> int:
    """The tenant to answer from: a key wins over a session.  Raises Unauthorized, Forbidden."""
    if "Authorization" in request.headers:
        return require_scope("reports").tenant_id
    who = signed_in()
    if who is None:
        raise Unauthorized(
            "this needs a key with the scope 'reports', or somebody who is signed in",
            hint="create a key with: prowess key create --name NAME --scope reports",
        )
    Sight(this_prowess(), who).require(person_id)
    return who.tenant_id
