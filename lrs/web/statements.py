"""The statement browser: the newest first, narrowed by a form, page by page; and one page for each statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from lrs.days import day_hint
from lrs.errors import BadRequest, NotFound, did_you_mean
from lrs.http.access import signed_in_only
from lrs.http.requests import this_prowess
from lrs.store import tables as t
from lrs.store.search import Filter, Found, Search
from lrs.web import attachments
from lrs.web.layout import panels
from lrs.web.local_time import end_here, start_here
from lrs.web.paging import place_of
from lrs.web.sessions import current, readers_only
from lrs.web.statement_view import laid_out, line, parse
from lrs.xapi import json_door
from lrs.xapi.actors import ifi_text
from lrs.xapi.places import places
from lrs.xapi.postings import Kind, postings
from lrs.xapi.problems import MalformedJson
from lrs.xapi.timestamp import instant

PAGE = 50
FIELDS = ("agent", "verb", "activity", "registration", "since", "until")
SWITCHES = ("related", "live")
_KEYS = 50
_PLAIN = frozenset({"actor", "verb", "object", "context.registration"})


@dataclass(frozen=True, slots=True)
class Key:
    """One filter that finds a statement, and why: paths in it, or that it refers to a statement that fits."""

    kind: Kind
    text: str
    places: list[str]


@dataclass(frozen=True, slots=True)
class Related:
    """Statements that a statement's page points at."""

    voided_by: UUID | None
    referrers: list[UUID]
    source: str


@signed_in_only
@readers_only
def show_list() -> ResponseReturnValue:
    """A page of statements."""
    given = _given()
    search = _search(given)
    prowess = this_prowess()
    watermark = prowess.database.watermark()
    rows = prowess.reader.search(search)
    more = None
    if len(rows) > PAGE:
        rows = rows[:PAGE]
        more = "?" + urlencode({**given, "before": rows[-1].seq})
    is_empty = not rows and not any(name in given for name in FIELDS) and search.through is None
    return render_template(
        "web/statements.html",
        given=given,
        lines=[(line(row), why(parse(row), search.filters)) for row in rows],
        more=more,
        is_live="live" in given,
        still={name: text for name, text in given.items() if name != "live"},
        is_first="before" not in request.args,
        is_empty=is_empty,
        watermark=watermark,
    )


@signed_in_only
@readers_only
def show_one(id: UUID) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """A statement with everything around it."""
    prowess, tenant_id = this_prowess(), current().tenant_id
    found = prowess.reader.find_any(tenant_id, id)
    if found is None:
        raise NotFound(
            f"there is no statement {id}", hint="search for it by agent or activity in the statement browser"
        )
    statement = parse(found)
    return render_template(
        "web/statement.html",
        line=line(found),
        happened=instant(statement["timestamp"]),
        text=laid_out(statement),
        voided=found.voided_seq,
        related=_related(found, tenant_id),
        keys=_keys(found, statement, tenant_id),
        attachments=attachments.lines(found, statement),
        panels=panels("statement", found),
    )


def _given() -> dict[str, str]:
    """The form's fields that say something.  Raises BadRequest on any other parameter."""
    known = (*FIELDS, *SWITCHES, "before")
    for name in request.args:
        if name not in known:
            raise BadRequest(f"the statement browser has no filter '{name}'", hint=did_you_mean(name, known))
    return {name: text for name in (*FIELDS, *SWITCHES) if (text := request.args.get(name, "").strip())}


def _search(given: dict[str, str]) -> Search:
    wanted: tuple[tuple[Kind, str | None], ...] = (
        ("registration", _registration(given.get("registration"))),
        ("agent", _agent(given.get("agent"))),
        ("activity", given.get("activity")),
        ("verb", given.get("verb")),
    )
    widened = "related" in given
    filters = tuple(
        Filter(kind, text, related=widened and kind in {"agent", "activity"}) for kind, text in wanted if text
    )
    through = _moment(given, "until", end_of_day=True)
    before = place_of("before")
    if before is not None:
        through = min(before - 1, through if through is not None else before)
    after = _moment(given, "since", end_of_day=False)
    return Search(current().tenant_id, filters, after=after, through=through, limit=PAGE + 1)


def _agent(text: str | None) -> str | None:
    """The identifier that a person types: an e-mail address, `homePage|name`, an openid, or an xAPI Agent as JSON."""
    if not text:
        return None
    agent: Any
    if text.startswith("{"):
        try:
            agent = json_door.load(text)
        except MalformedJson as error:
            raise BadRequest("agent: this is not JSON", hint='write {"mbox": "mailto:ada@example.org"}') from error
    elif "|" in text:
        home_page, _, name = text.partition("|")
        agent = {"account": {"homePage": home_page, "name": name}}
    elif "@" in text and "://" not in text:
        agent = {"mbox": f"mailto:{text.removeprefix('mailto:')}"}
    elif "://" in text:
        agent = {"openid": text}
    else:
        agent = {"mbox_sha1sum": text}
    try:
        known = ifi_text(agent)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadRequest("agent: an identifier is missing", hint="give an e-mail address or homePage|name") from error
    if known is None:
        raise BadRequest("agent: an identifier is missing", hint="give an e-mail address or homePage|name")
    return known


def _registration(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return str(UUID(text))
    except ValueError as error:
        raise BadRequest(f"registration: '{text}' is not a UUID") from error


def _moment(given: dict[str, str], name: str, *, end_of_day: bool) -> int | None:
    """Microseconds of a date or an instant; `until` a date holds that whole day where the reader is, `since` a date too."""
    text = given.get(name)
    if not text:
        return None
    try:
        if len(text) == len("2026-06-30"):
            day = date.fromisoformat(text)
            return end_here(day) if end_of_day else start_here(day) - 1
        return instant(text)
    except ValueError as error:
        raise BadRequest(
            f"{name}: '{text}' is neither a date nor an instant", hint=day_hint(text) or "write 2026-06-30"
        ) from error


def _related(found: Found, tenant_id: int) -> Related:
    with this_prowess().database.read() as conn:
        voider = None
        if found.voided_seq is not None:
            voider = conn.scalar(select(t.statement.c.id).where(t.statement.c.seq == found.voided_seq))
        referring = (
            select(t.statement.c.id)
            .join(t.ref, t.ref.c.src_seq == t.statement.c.seq)
            .where(t.ref.c.tenant_id == tenant_id, t.ref.c.target_id == found.id.bytes)
            .order_by(t.statement.c.seq)
            .limit(20)
        )
        referrers = [UUID(bytes=raw) for raw in conn.scalars(referring)]
        name = conn.scalar(select(t.credential.c.name).where(t.credential.c.id == found.credential_id))
    return Related(UUID(bytes=voider) if voider else None, referrers, name or "Prowess")


def why(statement: Mapping[str, Any], filters: Sequence[Filter]) -> str | None:
    """Why a row is in the list, where that is not plain to see: a path in its context, or the statement it refers to."""
    notes = []
    for one in filters:
        paths = places(statement, one.kind, one.text)
        if not paths:
            notes.append(f"{one.kind}: through the statement it refers to")
        elif not any(path in _PLAIN for path in paths):
            notes.append(f"{one.kind}: in {paths[0]}")
    return "; ".join(notes) or None


def _keys(found: Found, statement: Mapping[str, Any], tenant_id: int) -> list[Key]:
    """The filters that find this statement: its own keys, then those it has from the statement it refers to."""
    own = [
        Key(one.kind, one.text, places(statement, one.kind, one.text))
        for one in sorted(postings(statement), key=lambda one: (not one.direct, one.kind, one.text))
        if one.direct or one.kind != "verb"  # that of a plan is known, but no filter looks for it
    ]
    inherited = (
        select(t.term.c.kind, t.term.c.text)
        .join(t.inherited, (t.inherited.c.tenant_id == t.term.c.tenant_id) & (t.inherited.c.key == t.term.c.key))
        .where(t.inherited.c.tenant_id == tenant_id, t.inherited.c.seq == found.seq)
        .distinct()
        .order_by(t.term.c.kind, t.term.c.text)
        .limit(_KEYS)
    )
    with this_prowess().database.read() as conn:
        return own[:_KEYS] + [Key(row.kind, row.text, []) for row in conn.execute(inherited)]
