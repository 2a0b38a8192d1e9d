"""What rules show on the record store's own pages: the decisions a statement fed, or why it fed none."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import render_template
from markupsafe import Markup
from sqlalchemy import select

from lrs.feed.items import OURS
from lrs.people.owners import agent_key, owners
from lrs.store import tables as t
from lrs.store.search import Found
from lrs.web.panels import Panel
from lrs.web.visitors import READERS, SignedIn
from lrs.xapi.statement import is_voiding
from rules import tables as r
from rules.decide import affected, evidence_of
from rules.entry.pages.start import ways_of
from rules.entry.rights import enterer
from rules.explain.part import part_of
from rules.language import Ruleset
from rules.pages.doors import next_of
from rules.pages.history import History, names_of
from rules.pages.sight import Sight
from rules.published.composition import published_of

if TYPE_CHECKING:
    from lrs.prowess import Prowess


class Fed(NamedTuple):
    """A decision whose program looks for such a statement; `reasons` are those for which criteria rejected it."""

    name: str
    person: str
    program: str
    award: str
    is_used: bool
    reasons: tuple[str, ...]


def panels(prowess: Prowess) -> Iterable[Panel]:
    """The panels of this package."""
    return [
        Panel("rules.fed", "statement", FedPanel(prowess).render, order=20),
        Panel("rules.mine", "home", MinePanel(prowess).render, order=40),
        Panel("rules.enter", "home", EnterPanel(prowess).render, order=50),
    ]


class MinePanel:
    """The section of the home page that tells somebody where they stand themselves."""

    def __init__(self, prowess: Prowess) -> None:
        self._prowess = prowess

    def render(self, who: SignedIn) -> Markup | None:
        person_id = who.account.person_id
        if person_id is None:
            return None
        with self._prowess.database.read() as conn:
            standings = History(conn, who.tenant_id, person_id, self._prowess.clock.now()).standings()
        if not standings and who.account.role in READERS:
            return None
        mine = Sight(self._prowess, who)
        is_known = person_id in self._prowess.people.roster(tenant_id=who.tenant_id, people=[person_id]).people
        open_ = [one.program_id for one in standings if one.is_open and is_known]
        nexts = {id_: next_of(mine, person_id, id_) for id_ in open_}
        return Markup(  # noqa: S704 - a template made it, which escapes
            render_template("rules/pages/mine.html", person_id=person_id, standings=standings, nexts=nexts)
        )


class EnterPanel:
    """The section of the home page for those who come to enter something, not to read."""

    def __init__(self, prowess: Prowess) -> None:
        self._prowess = prowess

    def render(self, who: SignedIn) -> Markup | None:
        if who.account.role in READERS:
            return None
        ways = ways_of(enterer(self._prowess, who))
        return Markup(render_template("rules/entry/panel.html", ways=ways))  # noqa: S704 - a template made it, which escapes


class FedPanel:
    """The section of a statement's page."""

    def __init__(self, prowess: Prowess) -> None:
        self._prowess = prowess

    def render(self, found: Found) -> Markup | None:
        with self._prowess.database.read() as conn:
            row = conn.execute(
                select(t.statement.c.tenant_id, t.statement.c.origin).where(t.statement.c.seq == found.seq)
            ).one()
            if row.origin == OURS:
                return None
            ruleset = published_of(self._prowess).current(row.tenant_id).ruleset
            if not ruleset.programs:
                return None
            statement = json.loads(found.body, parse_float=Decimal)
            people = _people(conn, row.tenant_id, statement)
            readers = _readers(ruleset, statement)
            fed = sorted(_fed(conn, row.tenant_id, people, readers, str(found.id)), key=lambda one: one[:3])
        titles = {program_id: versions[-1].title or program_id for program_id, versions in ruleset.programs.items()}
        target = statement["object"].get("id") if is_voiding(statement) else None
        return Markup(  # noqa: S704 - a template made it, which escapes
            render_template(
                "rules/fed.html", fed=fed, people=people, titles=titles, voided=found.voided_seq, target=target
            )
        )


def _people(conn: Any, tenant_id: int, statement: Mapping[str, Any]) -> dict[str, str]:
    """The persons behind the actor today, with their names."""
    key = agent_key(statement["actor"])
    return {} if key is None else names_of(conn, tenant_id, owners(conn, tenant_id, [key]).get(key, ()))


def _readers(ruleset: Ruleset, statement: Mapping[str, Any]) -> set[str]:
    """The programs with a criterion that looks at what the statement is about."""
    readers = affected(ruleset)
    return {
        program for row in evidence_of(statement, known=0, voided=None) for program in readers.get(row.activity, ())
    }


def _fed(
    conn: Any, tenant_id: int, people: Mapping[str, str], programs: Collection[str], statement_id: str
) -> Iterator[Fed]:
    d = r.decision.c
    query = select(d.person_id, d.program_id, d.document).where(
        d.tenant_id == tenant_id, d.person_id.in_(people), d.program_id.in_(programs)
    )
    for row in conn.execute(query):
        document = json.loads(row.document)
        used, reasons = part_of(document["proof"], statement_id)
        name = people[row.person_id]
        yield Fed(name, row.person_id, row.program_id, document["award"], used, tuple(sorted(reasons)))
