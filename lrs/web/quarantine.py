"""Pages of the quarantine, for administrators: what waits, one entry with its flaws marked, and what becomes of it."""

from __future__ import annotations

import json
from decimal import Decimal
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs.http.access import signed_in_only
from lrs.http.requests import this_prowess
from lrs.store.quarantine import Entry, demand_waiting
from lrs.web.sessions import admin_only, current
from lrs.web.statement_view import laid_out

PAGE = 50


@signed_in_only
@admin_only
def show_list() -> ResponseReturnValue:
    """A page of what waits; the latest first."""
    before = request.args.get("before")
    page = this_prowess().quarantine.page(current().tenant_id, before=before, limit=PAGE)
    return render_template("web/quarantine.html", entries=page.entries, older=page.following, is_first=not before)


@signed_in_only
@admin_only
def show_one(id: UUID) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """An entry: what is wrong with it, where, and what can be done."""
    entry = _entry(id)
    statement = json.loads(entry.body, parse_float=Decimal)
    return render_template("web/quarantined.html", entry=entry, text=laid_out(statement, entry.flawed))


@signed_in_only
@admin_only
def replay(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Store an entry as it came, and show the statement."""
    entry = this_prowess().quarantine.replay(_entry(id))
    return redirect(url_for("web.statement", id=entry.statement_id), 303)


@signed_in_only
@admin_only
def ask_to_discard(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Ask whether an entry is really to be discarded, and say what that means."""
    entry = _entry(id)
    demand_waiting(entry)
    return render_template("web/discard.html", entry=entry)


@signed_in_only
@admin_only
def discard(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Settle an entry without storing anything."""
    this_prowess().quarantine.discard(_entry(id))
    return redirect(url_for("web.quarantine"), 303)


def _entry(id_: UUID) -> Entry:
    return this_prowess().quarantine.get(current().tenant_id, id_)
