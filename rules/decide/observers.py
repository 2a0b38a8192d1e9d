"""Whose word counts: what an observer was to the learner, and was certified for, on the day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from lrs.people.roster import Person, Position
from rules.decide.evidence import Evidence
from rules.decide.facts import Facts
from rules.decide.judging import Judging
from rules.decide.logic import MET, value_at
from rules.decide.office import is_of_job
from rules.language.model import Observers, Relation


def observer_of(judging: Judging, row: Evidence) -> str | None:
    """Who answers for a row: a person, however many identifiers they have."""
    found = judging.case.facts.observer(row)
    return row.instructor if found is None else found.person.id


def refusal(judging: Judging, row: Evidence, wanted: Observers) -> str | None:
    """Why an observer's word does not count: judged as of the day of the statement."""
    learner = judging.case.facts.person
    by_learner = row.instructor in learner.identifiers
    observer = judging.case.facts if by_learner else judging.case.facts.observer(row)

    def is_held(one: Facts, program: str) -> bool:
        return value_at(judging.case.holding(one, program), row.at) == MET

    return objection(observer, learner, wanted, judging.zones.day_at(row.at), is_held)


def objection(
    observer: Facts | None, learner: Person, wanted: Observers, day: date, is_held: Callable[[Facts, str], bool]
) -> str | None:
    """Why somebody's word about a learner does not count on a day; observer: None is nobody of the organisation.

    is_held: whether the award of a program is valid for the observer then; asked last, for it is dear to find out.
    """
    needs_person = wanted.holds or wanted.jobs or wanted.relations
    if observer is None:
        return "observer_unknown" if needs_person or wanted.count > 1 else None
    if observer.person.id == learner.id and "self" not in wanted.relations:
        return "self_observed"
    if any(_is(relation, learner, observer.person, day) for relation in wanted.exclude):
        return "observer_excluded"
    if wanted.relations and not any(_is(relation, learner, observer.person, day) for relation in wanted.relations):
        return "wrong_relation"
    if wanted.jobs and not is_of_job(observer, wanted.jobs, day):
        return "wrong_job"
    if wanted.holds is not None and not is_held(observer, wanted.holds):
        return "observer_not_certified"
    return None


def _is(relation: Relation, learner: Person, observer: Person, day: date) -> bool:
    """Whether an observer is this to a learner, by the positions they have on a day."""
    if relation == "self":
        return learner.id == observer.id
    if relation == "manager":
        return observer.id in managers_on(learner, day)
    if relation == "direct-report":
        return learner.id in managers_on(observer, day)
    return learner.id != observer.id and bool(managers_on(learner, day) & managers_on(observer, day))


def managers_on(person: Person, day: date) -> set[str]:
    """Whom the positions that somebody has on a day name as managers."""
    return {manager for position in _on(person, day) for manager in position.managers}


def _on(person: Person, day: date) -> list[Position]:
    return [position for position in person.positions if position.holds_on(day)]
