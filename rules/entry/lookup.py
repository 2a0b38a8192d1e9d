"""From what people type to what it means: persons, activities, programs, days.  Each refusal says what is near."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Final

from lrs.clock import to_text
from lrs.days import day_meant
from lrs.errors import BadRequest, NotFound, near
from lrs.people.merges import targets
from lrs.people.merging import Merges, root_of
from lrs.people.named import identity_meant, the_one
from lrs.people.roster import Person, Roster
from lrs.prowess import Prowess
from lrs.xapi.postings import posting_key
from lrs.xapi.timestamp import instant
from rules.decide.calendar import midnight
from rules.decide.facts import Facts
from rules.decide.zones import Zones
from rules.decisions.transitions import actor_of
from rules.entry.statement import Json, activity_object
from rules.language import Program, Ruleset
from rules.language.model import Activity
from rules.published.composition import published_of
from rules.vocabulary import BADGE_TYPE, JOB_TYPE

_MOST_ASKED_FOR: Final = 2_000
"""More people in one query are slower than everybody."""
NOBODY: Final = Person("")
_HOUR: Final = 3_600_000_000


@dataclass(frozen=True)
class When:
    """A day or an instant as it was given, and the instant that stands for it."""

    text: str
    at: int


@dataclass(frozen=True)
class Lookup:
    """What is known of one tenant at one moment."""

    roster: Roster
    ruleset: Ruleset
    public_url: str
    now: int
    merges: Merges = field(default_factory=dict)
    """Whoever was merged is entered about under the id that they have now."""
    permit: Callable[[Person], None] | None = None
    """Raises Forbidden for learners about whom nothing may be entered here."""
    everybody: Callable[[], Collection[str]] = tuple
    """All ids, for hints: asked for only when somebody is not found, and nobody's for those who may not see them all."""

    def learner(self, text: str) -> Person:
        """A person about whom something may be entered.  Raises NotFound, BadRequest, Forbidden."""
        person = self.person(text)
        if self.permit is not None:
            self.permit(person)
        return person

    def person(self, text: str) -> Person:
        """The person of an id, a mail address or an account.

        Raises NotFound, and BadRequest for two whom it may name and for one whom no statement can name.
        """
        owner = self._by_identifier.get(identity_meant(text) or "")
        found = {id_ for id_ in (root_of(self.merges, text), owner) if id_ in self.roster.people}
        id_ = the_one(text, {one for one in found if one is not None}, self.everybody)
        person = self.roster.people[id_]
        if not person.identifiers:
            raise BadRequest(
                f"'{id_}' has no identifier, so no statement can be about them",
                hint="give them an email or an identifier in the people file and import it",
            )
        return person

    def activity(self, text: str) -> Activity:
        """The activity of an id or an IRI.  Raises NotFound."""
        found = self.ruleset.activities.get(text) or self._by_iri.get(text)
        if found is None:
            hint = near(text, self.ruleset.activities) or "publish activities with: prowess apply"
            raise NotFound(f"no published activity is called '{text}'", hint=hint)
        return found

    def program(self, text: str) -> Program:
        """The version of a program that is in force.  Raises NotFound."""
        if text not in self.ruleset.programs:
            hint = near(text, self.ruleset.programs) or "publish programs with: prowess apply"
            raise NotFound(f"no program '{text}' is published", hint=hint)
        program = self.ruleset.in_force(text, self.today(None))
        assert program is not None
        return program

    def about(self, activity: Activity) -> Json:
        """An activity as a statement's object.  Raises BadRequest when all its IRIs belong to some source."""
        iri = next((one.iri for one in activity.iris if one.source is None), None)
        if iri is None:
            raise BadRequest(
                f"activity '{activity.id}' has no IRI that everybody may use",
                hint="add one without `source` to its iris",
            )
        return activity_object(iri, activity.title)

    def about_program(self, program: Program) -> Json:
        """A program as a statement's object: the same as in the statements that Prowess itself makes of it."""
        type_ = BADGE_TYPE if program.kind == "curriculum" else JOB_TYPE
        return activity_object(f"{self.public_url}/programs/{program.id}", program.title or program.id, type_)

    def agent(self, person: Person) -> Json:
        return actor_of(person, self.public_url)

    def when(self, text: str, person: Person | None) -> When:
        """A day or an instant, not in the future.  Raises BadRequest.

        Today is now, so that what is entered after something comes after it; another day is its noon where the person
        works (without a person: in UTC), which is that day in every zone near by.
        """
        day = day_meant(text)
        if day is not None:
            if day > self.today(person):
                raise BadRequest(f"{text} lies in the future", hint="enter what has happened")
            if day == date.min:
                raise BadRequest(f"{text} is no day on which anything can have happened", hint="enter the real one")
            noon = midnight(self._zones(person).on(day), day) + 12 * _HOUR
            return When(str(day), self.now if day == self.today(person) else noon)
        try:
            at = instant(text)
        except ValueError as error:
            hint = "write 2026-01-31 or 2026-01-31T12:00:00Z"
            raise BadRequest(f"'{text}' is neither a day nor an instant", hint=hint) from error
        if at > self.now:
            raise BadRequest(f"{text} lies in the future", hint="enter what has happened")
        return When(to_text(at), at)

    def today(self, person: Person | None) -> date:
        """The day it is where a person works."""
        return self._zones(person).day_at(self.now)

    def _zones(self, person: Person | None) -> Zones:
        return Zones("site", Facts(person or NOBODY, (), self.roster.sites))

    @cached_property
    def _by_identifier(self) -> dict[str, str]:
        return {identifier: id_ for id_, one in self.roster.people.items() for identifier in one.identifiers}

    @cached_property
    def _by_iri(self) -> dict[str, Activity]:
        return {iri.iri: activity for activity in self.ruleset.activities.values() for iri in activity.iris}


def lookup(
    prowess: Prowess,
    tenant_id: int,
    people: Iterable[str] = (),
    permit: Callable[[Person], None] | None = None,
) -> Lookup:
    """What is known now of activities and programs, and of these people, by id, mail address or account."""
    names = {name for name in people if "\0" not in name}  # PostgreSQL cannot even be asked for it
    identities = {identity for name in names if (identity := identity_meant(name))}
    owners = prowess.people.person_of({posting_key("agent", one) for one in identities}, tenant_id=tenant_id)
    merges = targets(prowess.people.merges(tenant_id))
    wanted = {root_of(merges, name) for name in names} | set(owners.values())
    return Lookup(
        _roster(prowess, tenant_id, sorted(wanted)),
        published_of(prowess).current(tenant_id).ruleset,
        prowess.settings.public_url,
        prowess.clock.now(),
        merges,
        permit,
        tuple if permit else lambda: prowess.people.ids(tenant_id),
    )


def _roster(prowess: Prowess, tenant_id: int, ids: list[str]) -> Roster:
    """The roster of these people; where they are very many, everybody's."""
    return prowess.people.roster(tenant_id=tenant_id, people=ids if len(ids) <= _MOST_ASKED_FOR else None)
