"""`/api/v1/launches`: a key for one learner's content, for some hours, so that the site's own key stays on the site.

mod_tincanlaunch puts the site's key into the learner's browser; this is what to put there instead.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

from flask import Blueprint, Response
from marshmallow import Schema, ValidationError, fields, validate

from lrs.clock import SECOND, to_text
from lrs.http.access import needs
from lrs.http.api.answers import PREFIX, answer
from lrs.http.api.bodies import load_body
from lrs.http.api.fields import iri, uuid
from lrs.http.api.shapes import SHAPE, body_of
from lrs.http.auth import require_credential
from lrs.http.interface import ID, INSTANT, IRI, TEXT, described, gives, media, members
from lrs.http.requests import reached_at, this_prowess
from lrs.http.shapes import AGENT
from lrs.http.xapi import PREFIX as XAPI
from lrs.store.binding import Binding
from lrs.xapi.actors import ifi_text, validate_agent
from lrs.xapi.problems import ROOT, StatementInvalid

LONGEST: Final = 86_400
USUAL: Final = 4 * 3_600

blueprint = Blueprint("launches", __name__, url_prefix=f"{PREFIX}/launches")


def _agent(value: Any) -> None:
    try:
        validate_agent(value, (ROOT, "actor"))
    except StatementInvalid as error:
        raise ValidationError(error.message) from error


class _Launch(Schema):
    actor = fields.Raw(required=True, validate=_agent, metadata={SHAPE: AGENT})
    activity = fields.String(required=True, validate=iri, metadata={SHAPE: IRI})
    registration = fields.Function(deserialize=uuid, load_default=None, allow_none=True, metadata={SHAPE: ID})
    expires_in = fields.Integer(load_default=USUAL, strict=True, validate=validate.Range(min=1, max=LONGEST))


@blueprint.post("")
@needs("launch", "admin")
@described(
    body=media(body_of(_Launch())),
    answers={
        200: gives(
            "The credential.",
            members(
                "endpoint key secret auth expires_at",
                endpoint=TEXT,
                key=TEXT,
                secret=TEXT,
                auth=TEXT,
                expires_at=INSTANT,
            ),
        )
    },
)
def launch() -> Response:
    """A launch credential; expires_in is in seconds, and it ends with the asking key at the latest."""
    given, parent, prowess = load_body(_Launch()), require_credential(), this_prowess()
    agent = ifi_text(given["actor"])
    assert agent is not None
    ends = prowess.clock.now() + given["expires_in"] * SECOND
    if parent.expires_at is not None:
        ends = min(ends, parent.expires_at)
    key, secret = prowess.launches.make(parent, Binding(agent, given["activity"], given["registration"]), ends)
    body = {
        "endpoint": f"{reached_at(prowess)}{XAPI}/",
        "key": key,
        "secret": str(secret),
        "auth": "Basic " + b64encode(f"{key}:{secret}".encode()).decode(),
        "expires_at": to_text(ends),
    }
    return answer(body, secret=True)
