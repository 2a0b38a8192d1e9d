"""The queue of exceptions: each kind of trouble with its count, the rows behind it, and where each is mended."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from lrs.errors import BadRequest, NotFound, did_you_mean
from lrs.http.access import signed_in_only
from lrs.http.requests import this_prowess
from lrs.web.sessions import current, readers_only
from lrs.web.statement_view import line
from rules.pages.history import titles_of
from rules.published.composition import published_of
from rules.troubles.catalogue import KINDS
from rules.troubles.kind import DAYS, Kind, Scene, Trouble

MOST = 200
_LONGEST = 3_650


@signed_in_only
@readers_only
def show_all() -> ResponseReturnValue:
    """Every kind with how many there are."""
    days = _days()
    with this_prowess().database.read() as conn:
        scene = _scene(conn, days)
        counted = [(kind, kind.count(scene)) for kind in KINDS.values()]
    stalled = this_prowess().work.stalled_since()
    return render_template("rules/pages/exceptions.html", counted=counted, days=days, default=DAYS, stalled=stalled)


@signed_in_only
@readers_only
def show_kind(name: str) -> ResponseReturnValue:
    """The rows of one kind."""
    if name not in KINDS:
        raise NotFound(f"there is no kind of trouble '{name}'", hint=did_you_mean(name, KINDS))
    kind, days = KINDS[name], _days()
    with this_prowess().database.read() as conn:
        scene = _scene(conn, days)
        count, rows = kind.count(scene), kind.rows(scene, MOST)
        titles = titles_of(conn, scene.tenant_id)
    return render_template(
        "rules/pages/exception.html",
        kind=kind,
        count=count,
        rows=[_row(kind, row, titles) for row in rows],
        days=days,
        default=DAYS,
    )


def _scene(conn: Connection, days: int) -> Scene:
    prowess, tenant_id = this_prowess(), current().tenant_id
    ruleset = published_of(prowess).current(tenant_id).ruleset
    return Scene(conn, tenant_id, ruleset, prowess.clock.now(), days)


def _days() -> int:
    """How many days something may wait, by the address.  Raises BadRequest."""
    text = request.args.get("days", str(DAYS))
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) <= _LONGEST):
        raise BadRequest(f"days: '{text[:20]}' is no number of days", hint="write 14")
    return int(text)


def _row(kind: Kind, row: Trouble, titles: dict[str, str]) -> dict[str, Any]:
    """A row with where it leads."""
    who = row.name or row.person_id
    said = None
    if not row.person_id and row.statement is not None:
        found = this_prowess().reader.find_any(current().tenant_id, row.statement)
        said = line(found) if found is not None else None
    return {
        "who": said.actor if said else who,
        "who_id": said.actor_id if said else row.person_id,
        "who_url": _person_url(row) or _agent_url(said.actor_filter if said else None),
        "program": titles.get(row.program_id, "every program" if row.program_id == "*" else row.program_id),
        "detail": f"{said.verb}: {said.object}" if said else row.detail,
        "instead": row.instead,
        "at": row.at,
        "statement": row.statement,
        "mend_url": _mend_url(kind, row),
    }


def _person_url(row: Trouble) -> str | None:
    return url_for("people.person", person_id=row.person_id) if row.person_id else None


def _agent_url(agent: str | None) -> str | None:
    return url_for("web.statements", agent=agent) if agent else None


def _mend_url(kind: Kind, row: Trouble) -> str | None:
    if not kind.mend_at:
        return None
    if kind.mend_at == "programs.people":
        return url_for("programs.people", program_id=row.program_id)
    if kind.mend_at == "entry.acts" and current().account.role == "admin":
        return url_for("entry.acts", person=row.person_id, program=row.program_id)
    if kind.mend_at != "people.person" and row.program_id:
        return url_for("people.explained", person_id=row.person_id, program_id=row.program_id)
    return url_for("people.person", person_id=row.person_id) if row.person_id else None
