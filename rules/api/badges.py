"""`/api/v1/people/<id>/badges`: what somebody was given, for systems that show it to them, and for themselves."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from lrs.errors import NotFound, Unauthorized
from lrs.http.access import needs_or_signed_in
from lrs.http.api.answers import PREFIX, answer
from lrs.http.auth import require_scope
from lrs.http.interface import INSTANT, TEXT, Json, array, described, gives, members
from lrs.http.requests import this_prowess
from lrs.prowess import Prowess
from lrs.web.sessions import signed_in
from rules.pages.sight import Sight
from rules.recognition.badges import Badges
from rules.recognition.issued import TENANT
from rules.recognition.listing import badge_json

blueprint = Blueprint("badges_api", __name__, url_prefix=PREFIX)

_TEXT_OR_NOT: Final[Json] = {"type": ["string", "null"]}
_BADGE: Final = members(
    "id person program version title state valid_from expires_on issued_at revoked_at reason",
    id=_TEXT_OR_NOT, person=TEXT, program=TEXT, version={"type": "integer"}, title=TEXT,
    state={"enum": ["valid", "expired", "revoked"]}, valid_from=TEXT, expires_on=_TEXT_OR_NOT, issued_at=INSTANT,
    revoked_at=_TEXT_OR_NOT, reason=_TEXT_OR_NOT,
)  # fmt: skip


@blueprint.get("/people/<person_id>/badges")
@needs_or_signed_in("reports")
@described(answers={200: gives("The badges.", members("badges", badges=array(_BADGE)))})
def list_badges(person_id: str) -> Response:
    """What a person was given, the newest first; `id` is the address to show it by, for keys and for themselves."""
    prowess = this_prowess()
    tenant_id, is_addressed = _asked(prowess, person_id)
    badges = Badges(prowess)
    badges.require()
    if tenant_id != TENANT:
        raise NotFound("no badges are issued for this tenant")
    known_as = prowess.people.known_as(person_id, TENANT)
    if known_as not in prowess.people.roster(tenant_id=TENANT, people=[known_as]).people:
        raise prowess.people.nobody(person_id, TENANT)
    now = prowess.clock.now()
    rows = [badge_json(one, badges, now, is_addressed=is_addressed) for one in badges.of(known_as)]
    response = answer({"badges": rows})
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _asked(prowess: Prowess, person_id: str) -> tuple[int, bool]:
    """The tenant to answer from, and whether addresses are told.  Raises Unauthorized, Forbidden."""
    if "Authorization" in request.headers:
        return require_scope("reports").tenant_id, True
    who = signed_in()
    if who is None:
        raise Unauthorized(
            "this needs a key with the scope 'reports', or somebody who is signed in",
            hint="create a key with: prowess key create --name NAME --scope reports",
        )
    sight = Sight(prowess, who)
    return who.tenant_id, sight.is_self(sight.known_as(person_id))
