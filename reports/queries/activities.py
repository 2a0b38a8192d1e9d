"""What sources really send: every address that statements are about, whom it serves, and which addresses stay silent.

What it costs follows the number of addresses, not that of statements: each is looked at through its newest statements, by
the index alone, and statements themselves are read for one page of rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    LargeBinary,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)

from lrs.clock import DAY
from lrs.feed.items import OURS
from lrs.people import tables as p
from lrs.store import tables as t
from lrs.store.canon import CONSUMER as DIRECTORY
from lrs.store.canon import documents
from lrs.web.statement_view import in_words
from lrs.xapi.postings import posting_key
from reports.declaration import Column, Drill, Filter, Question, Report
from reports.population import PROGRAM_FILTER, narrowed
from reports.queries.columns import EVIDENCE
from rules import tables as r
from rules.published.composition import published_of
from rules.troubles.addresses import Address, addresses, heard_instead, meant

if TYPE_CHECKING:
    from lrs.prowess import Prowess

COUNTED: Final = 1_000
"""Up to so many statements of an address are counted, by the index."""
READ: Final = 100
"""So many of them are read for people and verbs, the newest."""
OBJECT: Final = r.RELATIONS.index("object")
UNUSED: Final = "unused"
SILENT: Final = "silent"

_STATEMENTS: Final = Drill("web.statements", {"activity": "iri"}, as_of=False)
_CONTEXTS: Final = Drill("web.statements", {"activity": "iri"}, {"related": "on"}, as_of=False)
_INSTEAD: Final = Drill("web.statements", {"activity": "did_you_mean"}, as_of=False)


def _prepare(prowess: Prowess, question: Question) -> Question:
    """The question, with the addresses that programs name."""
    ruleset = published_of(prowess).current(question.scope.tenant_id).ruleset
    return replace(question, prepared=tuple(addresses(ruleset).values()))


def _select(question: Question) -> Select[Any]:
    named: Sequence[Address] = question.prepared
    asked = [posting_key("activity", one.iri) for one in named if one.programs]
    heard = _heard(question, asked)
    h, s, source = heard.c, t.statement.c, t.credential.alias("source")
    is_asked = h.asked == 1
    came_lately = and_(h.last_seen >= _first(question), s.origin != OURS)
    state = case(
        (and_(is_asked, h.last_seen.is_not(None)), "used"),
        (and_(is_asked, _newest(question, heard, t.RELATED).is_not(None)), "context"),
        (is_asked, SILENT),
        else_=UNUSED,
    )
    found = (
        select(
            h.iri,
            state.label("state"),
            _count(question, heard, t.DIRECT).label("statements"),
            _count(question, heard, t.RELATED).label("in_context"),
            h.last_seen,
            source.c.name.label("source"),
        )
        .select_from(heard)
        .outerjoin(t.statement, s.seq == h.last_seen)
        .outerjoin(source, source.c.id == s.credential_id)
        .where(or_(came_lately, is_asked))
    )
    if programs := question.values("program"):
        wanted = [one.iri for one in named if not {*one.programs}.isdisjoint(programs)]
        found = found.where(h.key.in_([posting_key("activity", iri) for iri in wanted]))
    found = narrowed(narrowed(found, question, "source", source.c.name), question, "state", state)
    return select(found.cte("found").prefix_with("MATERIALIZED"))


def _first(question: Question) -> int:
    """Where in the feed the days that are asked for begin."""
    return (question.day - int(question.values("within")[0]) + 1) * DAY


def _heard(question: Question, asked: Sequence[bytes]) -> CTE:
    """Every address that a statement ever named, and those that programs ask for, with the newest statement about it."""
    tenant_id, term, activity = question.scope.tenant_id, t.term.c, r.activity.c
    of_programs = (
        select(activity.key, func.min(activity.iri).label("iri"), literal(1).label("asked"))
        .where(activity.tenant_id == tenant_id, activity.key.in_(asked))
        .group_by(activity.key)
    )
    others = select(term.key, term.text.label("iri"), literal(0).label("asked")).where(
        term.tenant_id == tenant_id, term.kind == "activity", term.key.not_in(asked)
    )
    states = question.values("state")
    is_narrow = bool(question.values("program")) or (bool(states) and UNUSED not in states)
    every = (of_programs if is_narrow else union_all(of_programs, others)).subquery("every")
    last = _newest(question, every, t.DIRECT)
    return select(*every.c, last.label("last_seen")).cte("heard").prefix_with("MATERIALIZED")


def _of(question: Question, key: ColumnElement[bytes] | bytes, class_: int) -> tuple[ColumnElement[bool], ...]:
    c = t.posting.c
    return (
        c.tenant_id == question.scope.tenant_id,
        c.key == key,
        c["class"] == class_,
        c.seq <= question.as_of,
    )


def _newest(question: Question, heard: FromClause, class_: int) -> ColumnElement[int | None]:
    here = _of(question, heard.c.key, class_)
    return select(func.max(t.posting.c.seq)).where(*here).correlate(heard).scalar_subquery()


def _count(question: Question, heard: FromClause, class_: int) -> ColumnElement[int]:
    """How many statements of these days, up to the most that are looked at."""
    here = _of(question, heard.c.key, class_)
    some = select(literal(1)).where(*here, t.posting.c.seq >= _first(question)).correlate(heard).limit(COUNTED)
    return select(func.count()).select_from(some.subquery("some")).scalar_subquery()


def _attach(conn: Connection, question: Question, rows: Sequence[dict[str, Any]]) -> None:
    """Names, learners and verbs, what programs say of an address, and what came instead of the silent ones."""
    tenant_id = question.scope.tenant_id
    named: Mapping[str, Address] = {one.iri: one for one in question.prepared}
    definitions, titles = _definitions(conn, tenant_id, rows), _titles(conn, tenant_id, rows)
    by_state = {state: [row["iri"] for row in rows if row["state"] == state] for state in (SILENT, UNUSED)}
    asked = [iri for iri, one in named.items() if one.programs]
    instead = heard_instead(conn, tenant_id, named, by_state[SILENT])
    instead |= meant(conn, tenant_id, asked, [iri for iri in by_state[UNUSED] if iri not in named])
    said = _said(question)
    for row in rows:
        iri = row["iri"]
        definition = definitions.get(iri, {})
        address, likeness = named.get(iri), instead.get(iri)
        row["name"] = in_words(definition.get("name")) or titles.get(iri) or None
        row["type"] = definition.get("type")
        found = conn.execute(said, {"key": posting_key("activity", iri)}).all() if row["statements"] else ()
        row["learners"] = len({one.person_id for one in found} - {None})
        row["verbs"] = sorted({one.verb for one in found})
        row["activity"] = ", ".join(address.activities) if address else None
        row["programs"] = list(address.programs) if address else []
        row["did_you_mean"] = likeness.iri if likeness else None
        row["difference"] = ", ".join(likeness.slips) if likeness else None


def _definitions(conn: Connection, tenant_id: int, rows: Sequence[dict[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """What is known of each address; where nobody may define it, what the newest statement about it says."""
    known = documents(conn, tenant_id, [("activity", row["iri"]) for row in rows])
    found: dict[str, Mapping[str, Any]] = {iri: document.value for (_, iri), document in known.items()}
    newest = [row["last_seen"] for row in rows if row["iri"] not in found and row["last_seen"] is not None]
    for content in conn.scalars(select(t.body.c.bytes).where(t.body.c.seq.in_(newest))):
        target = json.loads(content)["object"]
        found[target["id"]] = target.get("definition", {})
    return found


def _titles(conn: Connection, tenant_id: int, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """What programs call the activities of addresses: nobody else has named one that is silent."""
    a = r.activity.c
    keys = [posting_key("activity", row["iri"]) for row in rows]
    query = select(a.iri, func.min(a.title)).where(a.tenant_id == tenant_id, a.key.in_(keys)).group_by(a.iri)
    return {row[0]: row[1] for row in conn.execute(query)}


def _said(question: Question) -> Select[Any]:
    """The verbs and people of the newest statements about an address, whose key is to be bound."""
    key, c = bindparam("key", type_=LargeBinary), t.posting.c
    newest = (
        select(c.seq)
        .where(*_of(question, key, t.DIRECT), c.seq >= _first(question))
        .order_by(c.seq.desc())
        .limit(READ)
        .subquery("newest")
    )
    e, link = r.evidence.c, p.identity_link.c
    is_same = and_(e.tenant_id == question.scope.tenant_id, e.seq == newest.c.seq, e.activity == key)
    return (
        select(e.verb, link.person_id)
        .select_from(newest)
        .join(r.evidence, and_(is_same, e.relation == OBJECT))
        .outerjoin(p.identity_link, p.owns(p.identity_link, e.tenant_id, e.agent))
        .distinct()
    )


report = Report(
    name="activities",
    title="Activities",
    purpose="Shows what your sources really send: which activities statements are about, and which of them programs ask for.",
    grain="one row for each address of an activity that statements of these days are about, or that a program asks for",
    empty="No statement about an activity came in these days, and no program asks for any.",
    columns=(
        Column("iri", "Address", "iri", "IRI of the activity, as its source sends it or a program names it."),
        Column(
            "name",
            "Name",
            "text",
            "What its sources call it, in English if they do, else in their first language; where none named it, what programs call it.",
            sortable=False,
        ),
        Column(
            "state",
            "State",
            "word",
            "used: a program asks for it, and statements are about it; unused: no program asks for it; context: a program "
            "asks for it, and statements only name it beside what they are about, as the quiz of an attempt or the course "
            "of a quiz; silent: a program asks for it, and nothing ever came.",
        ),
        Column(
            "did_you_mean",
            "Did you mean",
            "iri",
            "Of a silent address: one that statements are about, that no program names, and that differs from it by slips. "
            "Of an unused one: the one that a program asks for; if statements are about that too, only if both are the same, "
            "written in two ways.",
            link=_INSTEAD,
            sortable=False,
        ),
        Column("difference", "Difference", "text", "In what the two differ.", sortable=False),
        Column(
            "programs",
            "Programs",
            "list",
            "Ids of the programs whose verdicts can change by what is said of it.",
            sortable=False,
        ),
        Column("activity", "Activity id", "text", "The id that programs use for it.", minor=True, sortable=False),
        Column(
            "statements",
            "Statements",
            "integer",
            f"Statements about it in these days, taken back or not; {COUNTED:,} stands for as many or more.",
            link=_STATEMENTS,
        ),
        Column(
            "learners",
            "Learners",
            "integer",
            f"People whom the newest {READ} of these statements are of; agents whom nobody knows are left out.",
            sortable=False,
        ),
        Column("verbs", "Verbs", "list", f"IRIs of the verbs of those {READ}.", sortable=False),
        Column(
            "in_context",
            "In context",
            "integer",
            f"Statements in these days that name it as parent, grouping and the like; {COUNTED:,} stands for as many or more.",
            link=_CONTEXTS,
        ),
        Column("last_seen", "Last seen", "instant", "When the newest statement about it was stored, however long ago."),
        Column("source", "Source", "text", "Name of the API key that sent that one."),
        Column("type", "Type", "iri", "IRI of the type that its sources give it.", minor=True, sortable=False),
    ),
    filters=(
        Filter("state", "State", "What becomes of it.", "choice", ("used", UNUSED, "context", SILENT)),
        PROGRAM_FILTER,
        Filter("source", "Source", "Name of an API key."),
        Filter("within", "Days", "Days up to the report's day.", "integer", default="90", single=True),
    ),
    key=("iri",),
    order=("state", "-statements"),
    select=_select,
    attach=_attach,
    prepare=_prepare,
    behind=(*EVIDENCE, DIRECTORY),
)
