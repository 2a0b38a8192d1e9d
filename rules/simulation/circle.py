"""The people a ladder may have to do with, as `rules.escalation.circle` finds them, in memory.

Steps look through everybody they are given: with whole organisations that would be everybody for everybody.
"""

from __future__ import annotations

from collections.abc import Collection

from lrs.people.roster import Person, Roster
from rules.language import Ruleset
from rules.language.naming import RECIPIENTS


def tellable(ruleset: Ruleset, roster: Roster) -> frozenset[str]:
    """Everybody whom a step of any ladder names by id or by a job they hold at some time."""
    steps = (step for escalation in ruleset.escalations.values() for step in escalation.steps)
    names = {name for step in steps for name in step.tell if name not in RECIPIENTS}
    people = roster.people.values()
    return frozenset(one.id for one in people if one.id in names or any(place.job in names for place in one.positions))


def circle(roster: Roster, learner: str, named: Collection[str]) -> Roster:
    """A learner, those who are named, and everybody above them."""
    people: dict[str, Person] = {}
    wanted = {learner, *named}
    while wanted:
        found = [roster.people[id_] for id_ in sorted(wanted) if id_ in roster.people]
        people |= {person.id: person for person in found}
        wanted = {name for one in found for place in one.positions for name in place.managers} - people.keys()
        wanted &= roster.people.keys()
    return Roster(people, roster.sites)
