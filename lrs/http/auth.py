"""Who is asking: HTTP Basic with an API key, and what that key may do.

Launch credentials are lent for one learner and one activity.  A view that takes an agent, an activity or a registration
from its request says so in one line, before it looks anything up:

    require_binding(agent=agent, activity=activity_id, registration=registration)

and declares `@needs(..., lent=True)`; without that launch credentials do not come in at all.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from flask import Flask, current_app, g, request

from lrs.errors import Forbidden, Unauthorized
from lrs.http.rate import Rate
from lrs.http.requests import this_prowess
from lrs.store.credentials import Credential
from lrs.store.launches import MARK

if TYPE_CHECKING:
    from lrs.prowess import Prowess

COUNTED: Final = "prowess.counted"
"""Key of the environment of a request for which its key's token was taken in front of the application."""


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
    """The verified credential of this request.  Raises Unauthorized, TooManyRequests."""
    if "credential" not in g:
        credential = presented_credential()
        if COUNTED not in request.environ:
            rate_of(current_app).take(credential.key)
        g.credential = credential
    return cast("Credential", g.credential)


def presented_credential() -> Credential:
    """What the header shows, verified; it does not count as asking.  Raises Unauthorized."""
    prowess = this_prowess()
    key, secret = basic_credentials(request.headers.get("Authorization"))
    keys = prowess.launches if key.startswith(MARK) else prowess.credentials
    return keys.verify(key, secret)


def visible_credentials(credential: Credential) -> tuple[int, ...] | None:
    """None when everything may be read, else the credentials whose statements are this one's own (S-21, D-11)."""
    if credential.may("statements/read"):
        return None
    return this_prowess().credentials.same_authority(credential)


def require_binding(
    *, agent: str | Mapping[str, Any] | None = None, activity: str | None = None, registration: UUID | None = None
) -> None:
    """Refuse what this request's launch credential was not lent for (S-64); a key of its own right is free.

    agent: an Agent, or its `ifi_text`.  None is what the request does not name, which refuses nothing.  Raises Forbidden.
    """
    binding = require_credential().binding
    if binding is not None:
        binding.check(agent=agent, activity=activity, registration=registration)


def rate_of(app: Flask) -> Rate:
    """The buckets of this application."""
    prowess: Prowess = app.extensions["prowess"]
    limit = prowess.settings.limits.requests_per_second
    rate: Rate = app.extensions.get("prowess.rate") or app.extensions.setdefault(
        "prowess.rate", Rate(prowess.clock, limit)
    )
    return rate


def basic_credentials(header: str | None) -> tuple[str, str]:
    """Key and secret of an Authorization header.  Raises Unauthorized."""
    if not header:
        raise Unauthorized("this request has no credentials", hint="send HTTP Basic with an API key and its secret")
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise Unauthorized(
            f"'{scheme}' is not an accepted scheme", hint="send HTTP Basic with an API key and its secret"
        )
    try:
        key, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except ValueError as error:
        raise Unauthorized("the Basic credentials are not base64 of UTF-8 text") from error
    if not colon:
        raise Unauthorized("the Basic credentials have no colon between key and secret")
    return key, secret
