"""Who may read reports, and which rows: decided once, below every query.

Administrators and analysts see the whole tenant, signed in or with a key that has the scope `reports`.  Managers see those
below them, in reports about people.
"""

from __future__ import annotations

from flask import request
from sqlalchemy import select

from lrs.clock import day_of
from lrs.errors import Forbidden, Unauthorized
from lrs.http.auth import require_scope
from lrs.http.requests import this_prowess
from lrs.people import tables as p
from lrs.store.credentials import Credential
from lrs.web.sessions import signed_in
from lrs.web.visitors import READERS, SignedIn, who_to_ask
from reports.declaration import Report, Scope


def scope_of(who: SignedIn | Credential) -> Scope:
    """The rows somebody may see.  Raises Forbidden."""
    if isinstance(who, SignedIn) and who.account.role not in READERS:
        scope = team_scope(who)
        if scope is None:
            raise Forbidden(
                "reports are for administrators, analysts, and those whom people report to",
                hint=who_to_ask(who.account),
            )
        return scope
    return Scope(who.tenant_id)


def team_scope(who: SignedIn) -> Scope | None:
    """Those below whoever is signed in; None when nobody is, or when they have left."""
    prowess, person, m, own = this_prowess(), who.account.person_id, p.manager.c, p.person.c
    if person is None:
        return None
    day = day_of(prowess.clock.now())
    is_here = select(own.person_id).where(p.is_here(p.person, m.tenant_id, day), own.person_id == m.manager_id).exists()
    query = select(m.person_id).where(is_here, p.holds(p.manager, who.tenant_id, day), m.manager_id == person)
    with prowess.database.read() as conn:
        has_team = conn.execute(query.limit(1)).first() is not None
    return Scope(who.tenant_id, person) if has_team else None


def check_scope(scope: Scope, report: Report) -> None:
    """Raises Forbidden when a report would show more than a team."""
    if scope.team is not None and not report.is_about_people:
        raise Forbidden(
            f"'{report.title}' is about everybody, so it is for administrators and analysts",
            hint="ask one of them; at /reports are those about the people who report to you",
        )


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
