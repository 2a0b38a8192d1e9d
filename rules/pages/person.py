"""One person: who they are, in which positions, where they stand in each program, and what happened."""

from __future__ import annotations

import json
from datetime import date
from functools import cache

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lrs.errors import NotFound
from lrs.http.access import signed_in_only
from lrs.people.roster import Person
from lrs.prowess import Prowess
from lrs.web.local_time import day_here
from lrs.web.statement_view import actor_id
from rules.decide import Facts
from rules.decide.zones import Zones
from rules.pages.busy import days_of
from rules.pages.doors import next_of
from rules.pages.history import MOST, History, names_of
from rules.pages.sight import Sight, sight
from rules.published.composition import published_of
from rules.recognition.badges import Badges
from rules.recognition.issued import TENANT
from rules.recognition.listing import Shown, shown


@signed_in_only
def show(person_id: str) -> ResponseReturnValue:
    """The page."""
    mine = sight()
    if (known_as := mine.known_as(person_id)) != person_id:
        return redirect(url_for("people.person", person_id=known_as), 303)
    roster = mine.prowess.people.roster(tenant_id=mine.tenant_id, people=[person_id])
    person = roster.people.get(person_id)
    if person is None:
        raise NotFound(f"no person has the id '{person_id}'", hint="find them by name on the page 'People'")
    managers = sorted({id_ for position in person.positions for id_ in position.managers})
    ruleset = published_of(mine.prowess).current(mine.tenant_id).ruleset
    programs = ruleset.programs

    @cache
    def zones_of(program_id: str) -> Zones:
        timezone = programs[program_id][-1].timezone if program_id in programs else "site"
        return Zones(timezone, Facts(person, (), roster.sites))

    with mine.prowess.database.read() as conn:
        history = History(conn, mine.tenant_id, person_id, mine.prowess.clock.now(), zones_of, ruleset.sources)
        standings = history.standings()
        past, coming = history.moments()
        names = names_of(conn, mine.tenant_id, managers)
    among = mine.among()
    return render_template(
        "rules/pages/person.html",
        person=person,
        names=names,
        visible=set(managers) if among is None else among & set(managers),
        is_self=mine.is_self(person_id),
        is_reader=mine.is_reader,
        positions=sorted(person.positions, key=lambda one: one.start, reverse=True),
        identifiers=_identifiers(person),
        merged=_merged(mine.prowess, mine.tenant_id, person_id),
        standings=standings,
        nexts={one.program_id: next_of(mine, person_id, one.program_id) for one in standings if one.is_open},
        badges=_badges(mine, person_id),
        past=list(days_of(past, day_here)),
        coming=coming,
        most=MOST,
    )


def _badges(mine: Sight, person_id: str) -> list[Shown]:
    """What they were given, the newest first; only they themselves are led to where it can be shown."""
    badges, now, is_theirs = Badges(mine.prowess), mine.prowess.clock.now(), mine.is_self(person_id)
    if not badges.is_on or mine.tenant_id != TENANT:
        return []
    return [shown(one, now, is_theirs=is_theirs) for one in badges.of(person_id)]


def _merged(prowess: Prowess, tenant_id: int, person_id: str) -> list[tuple[str, date]]:
    """Who turned out to be this person, each with the day since which that is known."""
    merges = prowess.people.merges(tenant_id)
    others = prowess.people.ids_of(person_id, tenant_id)[1:]
    return [(id_, day_here(merges[id_].since)) for id_ in others]


def _identifiers(person: Person) -> list[str]:
    """As people write them; the mail address stands elsewhere."""
    found = [actor_id(json.loads(one)) for one in person.identifiers]
    return [one for one in found if one.lower() != f"mailto:{person.email}".lower()]
