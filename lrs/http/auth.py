"""Who is asking: HTTP Basic with an API key, and what that key may do."""

from __future__ import annotations

import base64
import binascii
from typing import cast

from flask import g, request

from lrs.errors import Forbidden, Unauthorized
from lrs.http.requests import this_prowess
from lrs.store.credentials import Credential


def require_scope(scope: str) -> Credential:
    """The credential of this request.  Raises Unauthorized without a valid one, Forbidden without the right."""
    return require_any_scope(scope)


def require_any_scope(*scopes: str) -> Credential:
    """The credential of this request, which has one of these scopes.  Raises Unauthorized, Forbidden."""
    credential = require_credential()
    if not any(credential.may(scope) for scope in scopes):
        wanted = " or ".join(f"'{scope}'" for scope in scopes)
        raise Forbidden(
            f"the key '{credential.name}' lacks the scope {wanted}",
            hint=f"create a key with that scope: prowess key create --name NAME --scope {scopes[0]}",
        )
    return credential


def require_credential() -> Credential:
    """The verified credential of this request.  Raises Unauthorized."""
    if "credential" not in g:
        key, secret = _basic(request.headers.get("Authorization"))
        g.credential = this_prowess().credentials.verify(key, secret)
    return cast("Credential", g.credential)


def visible_credentials(credential: Credential) -> tuple[int, ...] | None:
    """None when everything may be read, else the credentials whose statements are this one's own (S-21, D-11)."""
    if credential.may("statements/read"):
        return None
    return this_prowess().credentials.same_authority(credential)


def _basic(header: str | None) -> tuple[str, str]:
    if not header:
        raise Unauthorized("this request has no credentials", hint="send HTTP Basic with an API key and its secret")
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise Unauthorized(
            f"'{scheme}' is not an accepted scheme", hint="send HTTP Basic with an API key and its secret"
        )
    try:
        key, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Unauthorized("the Basic credentials are not base64 of UTF-8 text") from error
    if not colon:
        raise Unauthorized("the Basic credentials have no colon between key and secret")
    return key, secret
