"""What somebody did: attempts, scores and verdicts in each activity that programs speak of."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, or_, select

from lrs.people import tables as p
from reports.declaration import Column, Drill, Filter, Question, Report
from reports.population import PERSON_FILTERS, narrowed, people
from reports.queries.columns import EVIDENCE, PERSON, PERSON_ID, UNIT, drill
from reports.scales import prepare, share_of
from reports.semantics import VALID
from rules import tables as r

_ADL: Final = "http://adlnet.gov/expapi/"
_PASSED, _FAILED, _COMPLETED = (f"{_ADL}verbs/{verb}" for verb in ("passed", "failed", "completed"))
_ATTEMPTED_IN_PARENT: Final = (
    f"{_ADL}activities/assessment",
    "https://w3id.org/xapi.edlm/profiles/edlm-lms/concepts/activity-types/assignment",
    "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/assignment",
)
"""Parents that an attempt is an attempt at; the section and the course are parents too and are not."""
OBJECT: Final = 0

_STATEMENTS = Drill("web.statements", {"agent": "agent", "activity": "iri"}, as_of=False)


def _select(question: Question) -> Select[Any]:
    taken, persons = _ranked(question), people(question)
    c = taken.c
    judged = or_(c.score.is_not(None), c.verdict.is_not(None))
    query = (
        select(
            persons.c.person_id,
            persons.c.name.label("person"),
            persons.c.unit,
            c.activity_id,
            func.max(c.title).label("activity"),
            _count(judged).label("attempts"),
            func.max(case((and_(c.score.is_not(None), c.score_place == 1), c.score))).label("first_score"),
            func.max(c.score).label("best_score"),
            func.max(case((and_(c.score.is_not(None), c.score_back == 1), c.score))).label("latest_score"),
            _count(c.verdict == 1).label("passes"),
            _count(c.verdict == 0).label("failures"),
            _word(func.max(case((c.verdict_back == 1, c.verdict)))).label("latest_verdict"),
            func.max(c.completed).label("completed"),
            func.min(c.timestamp).label("first_seen"),
            func.max(c.timestamp).label("last_seen"),
            _certificates(question, persons).label("certificates_held"),
            func.min(c.ifi).label("agent"),
            func.min(c.iri).label("iri"),
        )
        .select_from(persons)
        .join(taken, taken.c.person_id == persons.c.person_id)
        .group_by(persons.c.tenant_id, persons.c.person_id, persons.c.name, persons.c.unit, c.activity_id)
    )
    return narrowed(query, question, "activity", c.activity_id)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _word(verdict: ColumnElement[Any]) -> ColumnElement[str | None]:
    return case((verdict == 1, "passed"), (verdict == 0, "failed"), else_=None)


def _taken(question: Question) -> Subquery:
    """Each statement about a person and an activity once, through however many agents and IRIs it was found."""
    link, evidence, activity = p.identity_link.alias("link"), r.evidence.alias("evidence"), r.activity.alias("activity")
    e = evidence.c
    passed, failed = e.verb == _PASSED, e.verb == _FAILED
    verdict = case((e.success.is_not(None), e.success), (passed, 1), (failed, 0), else_=None)
    completed = case((or_(e.completion == 1, e.verb == _COMPLETED), 1), else_=0)
    query = (
        select(
            link.c.person_id,
            activity.c.activity_id,
            e.seq,
            func.max(activity.c.title).label("title"),
            func.max(e.timestamp).label("timestamp"),
            func.max(e.tie).label("tie"),
            func.max(share_of(evidence, question)).label("score"),
            func.max(verdict).label("verdict"),
            func.max(completed).label("completed"),
            func.min(link.c.ifi).label("ifi"),
            func.min(activity.c.iri).label("iri"),
        )
        .select_from(link)
        .join(evidence, and_(e.tenant_id == link.c.tenant_id, e.agent == link.c.agent))
        .join(activity, and_(activity.c.tenant_id == e.tenant_id, activity.c.key == e.activity))
        .where(
            link.c.tenant_id == question.scope.tenant_id,
            link.c.known_to.is_(None),
            e.voided_seq.is_(None),
            e.timestamp <= question.as_of,
            or_(e.relation == OBJECT, e.activity_type.in_(_ATTEMPTED_IN_PARENT)),
        )
        .group_by(link.c.person_id, activity.c.activity_id, e.seq)
    )
    return narrowed(query, question, "person", link.c.person_id).subquery("taken")


def _ranked(question: Question) -> Subquery:
    """Numbered from the first and from the latest scored statement, and from the latest one with a verdict."""
    taken = _taken(question)
    c = taken.c
    unscored, unjudged = case((c.score.is_(None), 1), else_=0), case((c.verdict.is_(None), 1), else_=0)
    each = [c.person_id, c.activity_id]
    first = func.row_number().over(partition_by=each, order_by=[unscored, c.timestamp, c.tie, c.seq])
    back = [c.timestamp.desc(), c.tie.desc(), c.seq.desc()]
    return select(
        *c,
        first.label("score_place"),
        func.row_number().over(partition_by=each, order_by=[unscored, *back]).label("score_back"),
        func.row_number().over(partition_by=each, order_by=[unjudged, *back]).label("verdict_back"),
    ).subquery("ranked")


def _certificates(question: Question, persons: Any) -> Any:
    status = r.status.alias("held")
    return (
        select(func.count())
        .select_from(status)
        .where(
            status.c.tenant_id == question.scope.tenant_id,
            status.c.person_id == persons.c.person_id,
            r.holds(status, question.as_of),
            status.c.award == VALID,
        )
        .correlate(persons)
        .scalar_subquery()
    )


report = Report(
    name="transcript",
    title="Transcript",
    purpose="Shows what people did: attempts, scores and verdicts in each activity that a program speaks of.",
    grain="one row for each person and activity",
    empty="Nothing was done yet, or its statements belong to agents who are not linked to a person (see 'Data health').",
    columns=(
        PERSON_ID,
        PERSON,
        UNIT,
        Column("activity_id", "Activity id", "text", "The id that programs use for the activity."),
        Column("activity", "Activity", "text", "Title of the activity."),
        Column(
            "attempts",
            "Attempts",
            "integer",
            "Statements that carry a score or a verdict.",
            total="sum",
            link=_STATEMENTS,
        ),
        Column("first_score", "First score", "share", "Score of the first scored attempt, between 0 and 1."),
        Column("best_score", "Best score", "share", "Highest score."),
        Column("latest_score", "Latest score", "share", "Score of the latest scored attempt."),
        Column("passes", "Passes", "integer", "Statements with a positive verdict.", total="sum", minor=True),
        Column("failures", "Failures", "integer", "Statements with a negative verdict.", total="sum", minor=True),
        Column("latest_verdict", "Latest verdict", "word", "passed or failed; empty when nobody judged."),
        Column("completed", "Completed", "flag", "Whether any statement says that the activity was completed."),
        Column("first_seen", "First", "instant", "When the first statement about it happened.", minor=True),
        Column("last_seen", "Last seen", "instant", "When the latest statement about it happened."),
        Column(
            "certificates_held",
            "Certificates",
            "integer",
            "Certificates the person holds on that day, from whatever activity.",
            link=drill("certification-register", {"person": "person_id"}, award="valid"),
        ),
        Column("agent", "Agent", "text", "An identifier of the person.", hidden=True),
        Column("iri", "IRI", "text", "An IRI of the activity.", hidden=True),
    ),
    filters=(*PERSON_FILTERS, Filter("activity", "Activity", "Activity id.")),
    key=("person_id", "activity_id"),
    order=("person", "activity"),
    select=_select,
    prepare=prepare,
    behind=EVIDENCE,
)
