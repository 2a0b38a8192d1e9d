"""Who may read reports, and which rows: decided once, below every query.

Administrators and analysts see the whole tenant, signed in or with a key that has the scope `reports`.
"""

from __future__ import annotations

from typing import Final

from flask import request

from lrs.errors import Forbidden, Unauthorized
from lrs.http.auth import require_scope
from lrs.store.credentials import Credential
from lrs.web.sessions import SignedIn, signed_in
from reports.declaration import Scope

READERS: Final = frozenset({"admin", "analyst"})


def scope_of(who: SignedIn | Credential) -> Scope:
    """The rows somebody may see.  Raises Forbidden."""
    if isinstance(who, SignedIn) and who.account.role not in READERS:
        raise Forbidden(
            f"the role '{who.account.role}' reads no reports", hint="sign in as an analyst or administrator"
        )
    return Scope(who.tenant_id)


def requested_scope() -> Scope:
    """The scope of this request: a key wins over a session.  Raises Unauthorized, Forbidden."""
    if "Authorization" in request.headers:
        return scope_of(require_scope("reports"))
    who = signed_in()
    if who is None:
        raise Unauthorized(
            "reports need a key with the scope 'reports', or somebody who is signed in",
            hint="create a key with: prowess key create --name NAME --scope reports",
        )
    return scope_of(who)
