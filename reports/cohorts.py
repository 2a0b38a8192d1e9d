"""Who is in which cohort, as SQL: stays in a program, and the days of assignment that each of its cohorts gathers.

The calendar is `rules.cohorts`; here it becomes a few rows of days that a query can be joined to.  A stay begins with an
assignment; an absence no longer than the program's clock resumes after goes on with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    Subquery,
    and_,
    case,
    column,
    func,
    literal,
    select,
    values,
)

from lrs.clock import DAY
from lrs.people.reading import from_day, to_day
from reports.declaration import Question
from reports.population import Statuses, statuses
from reports.semantics import MET, REQUIRED, SUGGESTED
from rules import tables as r
from rules.cohorts import cohorts
from rules.facts.pairs import KEY
from rules.language import Program
from rules.published.composition import published_of
from rules.published.in_force import program_of

if TYPE_CHECKING:
    from lrs.prowess import Prowess

ASSIGNED: Final = (REQUIRED, SUGGESTED)
_SHIFT: Final = 13 * 3_600_000_000
"""A day begins between 13 hours before and 11 hours after it does in UTC, everywhere but on a few islands."""
_NOBODY: Final = ("", 1, 0, 0)


@dataclass(frozen=True, slots=True)
class Span:
    """The days of assignment, both included, of those who begin together."""

    program_id: str
    first: int
    last: int
    begins: int
    gap_us: int
    """How long an absence may be that does not begin a new stay."""


def prepare(prowess: Prowess, question: Question) -> Question:
    """The question, with the cohorts that there are by then."""
    tenant_id, today = question.scope.tenant_id, from_day(question.day)
    assert today is not None
    ruleset = published_of(prowess).current(tenant_id).ruleset
    spans: list[Span] = []
    with prowess.database.read() as conn:
        for program_id in ruleset.programs:
            program = program_of(ruleset, program_id, question.as_of)
            if program is None or program.about.cadence is None:
                continue
            gaps = {program_id: gap_of(program)}
            stays = _stays(question, gaps).subquery("stays")
            on = _day(stays.c.joined_us)
            found = conn.execute(select(on, func.count()).select_from(stays).group_by(on))
            spans += _spans(program, {row[0]: row[1] for row in found}, gaps[program_id], today)
    return replace(question, prepared=tuple(spans))


def _spans(program: Program, found: Mapping[int, int], gap: int, today: date) -> list[Span]:
    assert program.about.cadence is not None
    assigned = {day: count for number, count in found.items() if (day := from_day(number)) is not None}
    return [
        Span(program.id, _number(one.first), _number(one.last), _number(one.begins), gap)
        for one in cohorts(program.about.cadence, assigned, today)
        if one.members
    ]


@dataclass(frozen=True, slots=True)
class Stayed:
    """Everybody who is assigned, since when, and how their stay came out; `met` is when the path was first met in it."""

    query: Select[Any]
    statuses: Statuses
    assigned: ColumnElement[int]
    met: ColumnElement[int]
    outcome: ColumnElement[str]
    begins: Any = None
    """Of members of cohorts: the day of their cohort."""


def stayed(question: Question, gaps: Mapping[str, int], *, with_manager: bool = False) -> Stayed:
    """One row for each person and program among those of `gaps`, about the newest stay."""
    s = statuses(question, with_manager=with_manager)
    status, stays = s.status, _newest(question, gaps)
    same = and_(stays.c.person_id == status.c.person_id, stays.c.program_id == status.c.program_id)
    query = s.query.join(stays, same).where(status.c.assignment.in_(ASSIGNED))
    met_us = _first_met(question, status, stays)
    outcome = case(
        (and_(met_us.is_not(None), _was_late(status, met_us) == 0), "on_time"),
        (met_us.is_not(None), "late"),
        (status.c.overdue == 1, "overdue"),
        else_=status.c.progress,
    )
    return Stayed(query, s, _day(stays.c.joined_us), _day(met_us), outcome)


def members(question: Question, *, with_manager: bool = False) -> Stayed:
    """One row for each person and program with cohorts, in the cohort of the newest stay."""
    spans = _table(question)
    found = stayed(question, {one.program_id: one.gap_us for one in question.prepared}, with_manager=with_manager)
    inside = and_(
        spans.c.program_id == found.statuses.status.c.program_id,
        spans.c.first <= found.assigned,
        spans.c.last >= found.assigned,
    )
    return replace(found, query=found.query.join(spans, inside), begins=spans.c.begins)


def _stays(question: Question, gaps: Mapping[str, int]) -> Select[Any]:
    """Each beginning of a stay up to the question's instant: an assignment that follows no other closely."""
    stay, before = r.status.alias("stay"), r.status.alias("stay_before")
    gap = case(
        *((stay.c.program_id == name, literal(us, BigInteger)) for name, us in gaps.items()),
        else_=literal(0, BigInteger),
    )
    goes_on = (
        select(before.c.from_us)
        .where(
            before.c.tenant_id == stay.c.tenant_id,
            before.c.person_id == stay.c.person_id,
            before.c.program_id == stay.c.program_id,
            before.c.assignment.in_(ASSIGNED),
            before.c.from_us < stay.c.from_us,
            before.c.until_us >= stay.c.from_us - gap,
        )
        .correlate(stay)
        .exists()
    )
    return select(stay.c.person_id, stay.c.program_id, stay.c.from_us.label("joined_us")).where(
        stay.c.tenant_id == question.scope.tenant_id,
        stay.c.program_id.in_(gaps),
        stay.c.assignment.in_(ASSIGNED),
        stay.c.from_us <= question.as_of,
        ~goes_on,
    )


def _newest(question: Question, gaps: Mapping[str, int]) -> Subquery:
    """The beginning of each person's last stay; earlier ones keep their cohorts as large as they were."""
    each = _stays(question, gaps or {"": 0}).subquery("each_stay")
    return (
        select(each.c.person_id, each.c.program_id, func.max(each.c.joined_us).label("joined_us"))
        .group_by(each.c.person_id, each.c.program_id)
        .subquery("newest_stay")
    )


def _first_met(question: Question, status: Any, stays: Subquery) -> Any:
    """When the path was met for the first time in this stay."""
    met = r.status.alias("met")
    return (
        select(func.min(met.c.from_us))
        .where(*_same(met, status), met.c.progress == MET, met.c.from_us <= question.as_of)
        .where(met.c.from_us >= stays.c.joined_us)
        .correlate(status, stays)
        .scalar_subquery()
    )


def _was_late(status: Any, met_us: Any) -> Any:
    then = r.status.alias("then")
    return select(then.c.late).where(*_same(then, status), then.c.from_us == met_us).scalar_subquery()


def _same(one: Any, other: Any) -> tuple[ColumnElement[bool], ...]:
    return tuple(one.c[name] == other.c[name] for name in KEY)


def _table(question: Question) -> Any:
    rows = [(one.program_id, one.first, one.last, one.begins) for one in question.prepared]
    days: list[ColumnElement[Any]] = [column(name, BigInteger) for name in ("first", "last", "begins")]
    return values(column("program_id", String), *days, name="span").data(rows or [_NOBODY]).cte("span")


def _day(us: Any) -> Any:
    """The civil day that begins at an instant."""
    return (us + _SHIFT) // DAY


def gap_of(program: Program) -> int:
    """How long an absence does not begin a new stay."""
    clock = program.clock
    return (clock.resume_within.months * 31 + clock.resume_within.days) * DAY if clock.resumes else 0


def _number(day: date) -> int:
    number = to_day(day)
    assert number is not None
    return number
