"""`/api/v1/quarantine`: statements that were set aside; look, mend, replay, discard."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response
from marshmallow import Schema, fields, validate

from lrs.http.access import needs
from lrs.http.api import PREFIX
from lrs.http.api.answers import answer
from lrs.http.api.bodies import load_arguments
from lrs.http.auth import require_credential
from lrs.http.bodies import read_body
from lrs.http.requests import this_prowess
from lrs.store.quarantine import ALL, STATES, WAITING, Entry

blueprint = Blueprint("quarantine", __name__, url_prefix=f"{PREFIX}/quarantine")


class _Listing(Schema):
    state = fields.String(load_default=WAITING, validate=validate.OneOf([*STATES, ALL]))
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=500))
    before = fields.String(load_default=None)


@blueprint.get("")
@needs("admin")
def list_entries() -> Response:
    """A page of what was set aside, the latest first; `next` is the `before` of the page after it."""
    given = load_arguments(_Listing())
    page = this_prowess().quarantine.page(require_credential().tenant_id, **given)
    return answer({"entries": [entry.facts() for entry in page.entries], "next": page.following})


@blueprint.get("/<uuid:id>")
@needs("admin")
def show_entry(id: UUID) -> Response:  # noqa: A002 - the name in the address
    """One entry with the statement as it was sent."""
    entry = _entry(id)
    return answer({**entry.facts(), "statement": entry.body.decode()})


@blueprint.put("/<uuid:id>")
@needs("admin")
def fix_entry(id: UUID) -> Response:  # noqa: A002
    """Store the body's statement in its place: with the key, version and id that the sender was answered with."""
    prowess = this_prowess()
    body = read_body(prowess.settings.limits.body_bytes)
    return answer(prowess.quarantine.fix(_entry(id), body).facts())


@blueprint.post("/<uuid:id>/replay")
@needs("admin")
def replay_entry(id: UUID) -> Response:  # noqa: A002
    """Store it as it came, now that it can be; 400 with what is wrong when it still cannot."""
    return answer(this_prowess().quarantine.replay(_entry(id)).facts())


@blueprint.delete("/<uuid:id>")
@needs("admin")
def discard_entry(id: UUID) -> Response:  # noqa: A002
    """Settle it without storing anything."""
    this_prowess().quarantine.discard(_entry(id))
    return Response(status=204)


def _entry(id_: UUID) -> Entry:
    return this_prowess().quarantine.get(require_credential().tenant_id, id_)
