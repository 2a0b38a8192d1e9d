"""`/api/v1/keys`: the API keys of the asking administrator's tenant.  A secret is in one answer and in none after it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response
from marshmallow import Schema, fields, validate

from lrs.errors import BadRequest
from lrs.http.access import needs
from lrs.http.api.answers import PREFIX, answer
from lrs.http.api.bodies import load_body
from lrs.http.api.fields import expiry
from lrs.http.api.shapes import SHAPE, body_of
from lrs.http.auth import require_credential
from lrs.http.interface import INSTANT, TEXT, Json, array, described, gives, media, members
from lrs.http.requests import this_prowess
from lrs.store.credentials import BAD_STATEMENTS, MISSING_IDS, Changes, refuse_own
from lrs.store.scopes import DEFAULT_SCOPES, SCOPES

blueprint = Blueprint("keys", __name__, url_prefix=f"{PREFIX}/keys")


_END: Json = {"type": ["string", "null"], "examples": ["2027-01-31", "P90D"]}
_FACTS = {"name": TEXT, "key": TEXT, "scopes": array(TEXT), "created": INSTANT}
_KEY = members("name key scopes created", **_FACTS)
_WITH_SECRET = members("name key scopes created secret", **_FACTS, secret=TEXT)


class _Policies(Schema):
    expires = fields.Function(deserialize=expiry, allow_none=True, metadata={SHAPE: _END})
    bad_statements = fields.String(validate=validate.OneOf(BAD_STATEMENTS))
    missing_ids = fields.String(validate=validate.OneOf(MISSING_IDS))


class _NewKey(_Policies):
    name = fields.String(required=True, validate=validate.Length(min=1, max=200))
    scopes = fields.List(
        fields.String(validate=validate.OneOf(SCOPES)),
        load_default=list(DEFAULT_SCOPES),
        validate=validate.Length(min=1),
    )


class _Rotation(Schema):
    keep_old = fields.Function(deserialize=expiry, load_default=None, allow_none=True, metadata={SHAPE: _END})


class _Change(_Policies):
    """`scopes` is known only to be refused with the reason."""

    scopes = fields.Raw(metadata={SHAPE: False})

    def load(self, data: Any, **options: Any) -> Any:
        if "scopes" in data:
            raise BadRequest("the scopes of a key never change", hint="create another key with these scopes")
        return super().load(data, **options)


@blueprint.get("")
@needs("admin")
@described(answers={200: gives("The keys.", members("keys", keys=array(_KEY)))})
def list_keys() -> Response:
    """Every key of the tenant, never a secret."""
    keys = this_prowess().credentials.list(require_credential().tenant_id)
    return answer({"keys": [key.facts() for key in keys]})


@blueprint.post("")
@needs("admin")
@described(body=media(body_of(_NewKey())), answers={201: gives("The key with its secret.", _WITH_SECRET)})
def create_key() -> Response:
    """A new key; 201 with its secret."""
    given = load_body(_NewKey())
    refuse_own(given["name"])
    tenant_id = require_credential().tenant_id
    credential, secret = this_prowess().credentials.create(
        given["name"], given["scopes"], tenant_id=tenant_id, **_changes(given)
    )
    response = answer({**credential.facts(), "secret": str(secret)}, 201, secret=True)
    response.headers["Location"] = f"{PREFIX}/keys/{quote(credential.key)}"
    return response


@blueprint.get("/<name>")
@needs("admin")
@described(answers={200: gives("The key.", _KEY)})
def show_key(name: str) -> Response:
    """One key, by its name or by itself."""
    return answer(this_prowess().credentials.find(name, tenant_id=require_credential().tenant_id).facts())


@blueprint.patch("/<name>")
@needs("admin")
@described(body=media(body_of(_Change())), answers={200: gives("The key.", _KEY)})
def change_key(name: str) -> Response:
    """Another end, other policies.  Scopes stay as they were created."""
    given = load_body(_Change())
    tenant_id = require_credential().tenant_id
    return answer(this_prowess().credentials.change(name, _changes(given), tenant_id=tenant_id).facts())


@blueprint.post("/<name>/rotate")
@needs("admin")
@described(
    body=media(body_of(_Rotation())), needs_body=False, answers={200: gives("The key with its secret.", _WITH_SECRET)}
)
def rotate_key(name: str) -> Response:
    """A new secret for the same key; the former one works until `keep_old`."""
    given = load_body(_Rotation())
    credential, secret = this_prowess().credentials.rotate(
        name, keep_until=given["keep_old"], tenant_id=require_credential().tenant_id
    )
    return answer({**credential.facts(), "secret": str(secret)}, secret=True)


@blueprint.delete("/<name>")
@needs("admin")
@described(answers={204: gives("It is stopped.")})
def revoke_key(name: str) -> Response:
    """Stop a key from working; 204, also when it is stopped already."""
    this_prowess().credentials.revoke(name, tenant_id=require_credential().tenant_id)
    return Response(status=204)


def _changes(given: dict[str, Any]) -> Changes:
    changes: Changes = {}
    if "expires" in given:
        changes["expires_at"] = given["expires"]
    if "bad_statements" in given:
        changes["bad_statements"] = given["bad_statements"]
    if "missing_ids" in given:
        changes["missing_ids"] = given["missing_ids"]
    return changes
