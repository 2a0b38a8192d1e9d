"""Whom a step tells: the learner, those above, the holders of a job, or one person, as the organisation is on that day.

A job's holders are those of the learner's own unit where it has any, else of the site, else all: an organisation with forty
HR partners does not want forty letters about one learner (docs/decisions/0106).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from lrs.people.roster import Person, Position, Roster
from rules.language.model import IfMissing, Step
from rules.language.naming import LEARNER, MANAGER, SKIP_MANAGER

_LEVELS = {MANAGER: 1, SKIP_MANAGER: 2}


class Recipient(NamedTuple):
    """Somebody to tell, and as what."""

    person: Person
    role: str


class Missing(NamedTuple):
    """A recipient that nobody is on that day, and why."""

    role: str
    reason: str


def recipients(step: Step, learner: Person, roster: Roster, on: date) -> tuple[list[Recipient], list[Missing]]:
    """Everybody a step tells, each once, and the recipients that are nobody."""
    found: dict[str, Recipient] = {}
    missing: list[Missing] = []
    for role in step.tell:
        people = _people(role, step.if_missing, learner, roster, on)
        if not people:
            missing.append(Missing(role, "nobody_above" if role in _LEVELS else "nobody_has_the_job"))
        for person in people:
            found.setdefault(person.id, Recipient(person, role))
    return list(found.values()), missing


def is_here(person: Person | None, on: date) -> bool:
    """Whether somebody works here on a day."""
    return person is not None and (person.left_on is None or on <= person.left_on)


def holds_job(person: Person, job: str, on: date) -> bool:
    return is_here(person, on) and any(one.job == job and one.holds_on(on) for one in person.positions)


def managers_of(person: Person, on: date) -> list[str]:
    """The ids of those whom somebody reports to on a day; of who has left, on their last one."""
    day = min(on, person.left_on) if person.left_on else on
    names = (name for one in person.positions if one.holds_on(day) for name in one.managers)
    return [name for name in dict.fromkeys(names) if name != person.id]


def _people(role: str, if_missing: IfMissing, learner: Person, roster: Roster, on: date) -> Sequence[Person]:
    if role == LEARNER:
        return [learner] if is_here(learner, on) else []
    if role in _LEVELS:
        return _above(_LEVELS[role], if_missing, learner, roster, on)
    holders = [person for person in roster.people.values() if holds_job(person, role, on)]
    if holders:
        return _nearest(holders, learner, on)
    person = roster.people.get(role)
    return [person] if person is not None and is_here(person, on) else []


def _above(level: int, if_missing: IfMissing, learner: Person, roster: Roster, on: date) -> list[Person]:
    """Those so many levels above; with next-up, the first level from there on that has anybody."""
    for number, people in enumerate(_levels(learner, roster, on), start=1):
        if number < level:
            continue
        here = [person for person in people if is_here(person, on)]
        if here or if_missing == "skip":
            return here
    return []


def _levels(learner: Person, roster: Roster, on: date) -> Iterator[list[Person]]:
    """Managers, their managers, and so on, until a level has nobody new; those who have left still lead further up.

    Who is the manager of a manager and a manager as well is on both levels: they are told as what a step names.
    """
    known, people = {learner.id}, [learner]
    is_further = True
    while is_further:
        names = dict.fromkeys(name for person in people for name in managers_of(person, on))
        people = [roster.people[name] for name in names if name in roster.people and name != learner.id]
        yield people
        is_further = not {person.id for person in people} <= known
        known |= {person.id for person in people}


def _nearest(holders: list[Person], learner: Person, on: date) -> list[Person]:
    mine = _places(learner, on)
    for attribute in ("unit", "site"):
        near = {getattr(one, attribute) for one in mine} - {None}
        here = [one for one in holders if any(getattr(place, attribute) in near for place in _places(one, on))]
        if here:
            return here
    return holders


def _places(person: Person, on: date) -> list[Position]:
    return [one for one in person.positions if one.holds_on(on)]
