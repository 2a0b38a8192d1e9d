"""`/api/v1/quarantine`: statements that were set aside; look, mend, replay, discard."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response
from marshmallow import Schema, fields, validate

from lrs.http.access import needs
from lrs.http.api.answers import PREFIX, answer
from lrs.http.api.bodies import load_arguments
from lrs.http.api.shapes import arguments_of
from lrs.http.auth import require_credential
from lrs.http.bodies import read_body
from lrs.http.interface import ID, INSTANT, OBJECT, TEXT, Json, array, described, gives, media, members
from lrs.http.requests import this_prowess
from lrs.http.shapes import STATEMENT
from lrs.store.quarantine import ALL, STATES, WAITING, Entry

blueprint = Blueprint("quarantine", __name__, url_prefix=f"{PREFIX}/quarantine")


class _Listing(Schema):
    state = fields.String(load_default=WAITING, validate=validate.OneOf([*STATES, ALL]))
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=500))
    before = fields.String(load_default=None)


_FACTS: dict[str, Json] = {"id": ID, "statement_id": ID, "received": INSTANT, "flaws": array(OBJECT), "state": TEXT}
_ENTRY = members("id statement_id received flaws state", **_FACTS)
_WHOLE = members("id statement_id received flaws state statement", **_FACTS, statement=TEXT)
_PAGE = members("entries next", entries=array(_ENTRY), next={"type": ["string", "null"]})


@blueprint.get("")
@needs("admin")
@described(arguments_of(_Listing()), answers={200: gives("A page.", _PAGE)})
def list_entries() -> Response:
    """A page of what was set aside, the latest first; `next` is the `before` of the page after it."""
    given = load_arguments(_Listing())
    page = this_prowess().quarantine.page(require_credential().tenant_id, **given)
    return answer({"entries": [entry.facts() for entry in page.entries], "next": page.following})


@blueprint.get("/<uuid:id>")
@needs("admin")
@described(answers={200: gives("The entry.", _WHOLE)})
def show_entry(id: UUID) -> Response:  # noqa: A002 - the name in the address
    """One entry with the statement as it was sent."""
    entry = _entry(id)
    return answer({**entry.facts(), "statement": entry.body.decode()})


@blueprint.put("/<uuid:id>")
@needs("admin")
@described(body=media(STATEMENT), answers={200: gives("It is stored.", _ENTRY)})
def fix_entry(id: UUID) -> Response:  # noqa: A002
    """Store the body's statement in its place: with the key, version and id that the sender was answered with."""
    prowess = this_prowess()
    body = read_body(prowess.settings.limits.body_bytes)
    return answer(prowess.quarantine.fix(_entry(id), body).facts())


@blueprint.post("/<uuid:id>/replay")
@needs("admin")
@described(answers={200: gives("It is stored.", _ENTRY)})
def replay_entry(id: UUID) -> Response:  # noqa: A002
    """Store it as it came, now that it can be; 400 with what is wrong when it still cannot."""
    return answer(this_prowess().quarantine.replay(_entry(id)).facts())


@blueprint.delete("/<uuid:id>")
@needs("admin")
@described(answers={204: gives("It is settled.")})
def discard_entry(id: UUID) -> Response:  # noqa: A002
    """Settle it without storing anything."""
    this_prowess().quarantine.discard(_entry(id))
    return Response(status=204)


def _entry(id_: UUID) -> Entry:
    return this_prowess().quarantine.get(require_credential().tenant_id, id_)
