"""Whose word counts: what an observer was to the learner, and was certified for, on the day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from lrs.people.roster import Person, Position
from rules.decide.facts import Evidence, Facts
from rules.decide.logic import MET, value_at
from rules.decide.office import is_of_job
from rules.language.model import Observers, Relation

if TYPE_CHECKING:
    from rules.decide.judging import Judging


def observer_of(judging: Judging, row: Evidence) -> str | None:
    """Who answers for a row: a person, however many identifiers they have."""
    found = judging.case.facts.observer(row)
    return row.instructor if found is None else found.person.id


def refusal(judging: Judging, row: Evidence, wanted: Observers) -> str | None:
    """Why an observer's word does not count: judged as of the day of the statement."""
    learner = judging.case.facts.person
    by_learner = row.instructor in learner.identifiers
    observer = judging.case.facts if by_learner else judging.case.facts.observer(row)
    needs_person = wanted.holds or wanted.jobs or wanted.relations
    if observer is None:
        return "observer_unknown" if needs_person or wanted.count > 1 else None
    day = judging.zones.day_at(row.at)
    if observer.person.id == learner.id and "self" not in wanted.relations:
        return "self_observed"
    if any(_is(relation, learner, observer.person, day) for relation in wanted.exclude):
        return "observer_excluded"
    if wanted.relations and not any(_is(relation, learner, observer.person, day) for relation in wanted.relations):
        return "wrong_relation"
    if wanted.jobs and not is_of_job(observer, wanted.jobs, day):
        return "wrong_job"
    return _uncertified(judging, observer, wanted, row.at)


def _uncertified(judging: Judging, observer: Facts, wanted: Observers, at: int) -> str | None:
    if wanted.holds is None or value_at(judging.case.holding(observer, wanted.holds), at) == MET:
        return None
    return "observer_not_certified"


def _is(relation: Relation, learner: Person, observer: Person, day: date) -> bool:
    """Whether an observer is this to a learner, by the positions they have on a day."""
    if relation == "self":
        return learner.id == observer.id
    if relation == "manager":
        return observer.id in _managers(learner, day)
    if relation == "direct-report":
        return learner.id in _managers(observer, day)
    return learner.id != observer.id and bool(_managers(learner, day) & _managers(observer, day))


def _managers(person: Person, day: date) -> set[str]:
    return {manager for position in _on(person, day) for manager in position.managers}


def _on(person: Person, day: date) -> list[Position]:
    return [position for position in person.positions if position.holds_on(day)]
