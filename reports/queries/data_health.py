"""Whether the other reports can be trusted: what each source sent, how late, and what could not be used."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, and_, case, cast, func, select

from lrs.clock import DAY
from lrs.feed.items import OURS
from lrs.people import tables as p
from lrs.store import tables as t
from reports.declaration import Chart, Column, Filter, Question, Report
from reports.population import narrowed
from reports.queries.columns import drill
from reports.semantics import parse_day
from rules import tables as r

DEFAULT_DAYS: Final = 30
_SECOND: Final = 1_000_000


def _select(question: Question) -> Select[Any]:
    days, unknown, parked = _days(question), _unknown(question), _parked(question)
    d, source = days.c, t.credential.alias("source")
    query = (
        select(
            func.coalesce(source.c.name, "(unknown)").label("source"),
            *(d[name] for name in ("day", "statements", "lag_p50", "lag_p95", "voids")),
            func.coalesce(unknown.c.agents, 0).label("unknown_actors"),
            func.coalesce(parked.c.stuck, 0).label("parked"),
            d.last_seen,
            d.credential_id,
        )
        .select_from(days)
        .outerjoin(source, source.c.id == d.credential_id)
        .outerjoin(unknown, and_(unknown.c.credential_id == d.credential_id, unknown.c.day == d.day))
        .outerjoin(parked, and_(parked.c.credential_id == d.credential_id, parked.c.day == d.day))
    )
    return narrowed(query, question, "source", source.c.name)


def _days(question: Question) -> Subquery:
    """One row for each source and day; percentiles are the nearest rank of the lags in order."""
    arrived = _arrived(question)
    a = arrived.c
    return (
        select(
            a.credential_id,
            a.day,
            func.count().label("statements"),
            func.max(case((a.place == (a.many * 50 + 99) // 100, a.lag // _SECOND))).label("lag_p50"),
            func.max(case((a.place == (a.many * 95 + 99) // 100, a.lag // _SECOND))).label("lag_p95"),
            func.sum(a.voiding).label("voids"),
            func.max(a.seq).label("last_seen"),
        )
        .group_by(a.credential_id, a.day)
        .subquery("days")
    )


def _window(question: Question, seq: Any) -> tuple[ColumnElement[bool], ...]:
    """The days asked for, by default the last thirty, and nothing stored after the report's instant."""
    first = max((parse_day(text, "from") for text in question.values("from")), default=None)
    last = min((parse_day(text, "to") for text in question.values("to")), default=question.day)
    first = last - DEFAULT_DAYS + 1 if first is None else first
    return seq >= first * DAY, seq < (last + 1) * DAY, seq <= question.as_of


def _day(seq: Any) -> ColumnElement[int]:
    return cast(seq // DAY, BigInteger)


def _arrived(question: Question) -> Subquery:
    """Each statement of others with its lag (stored after it happened) and its place among its source's of the day."""
    s = t.statement.c
    lag, each = s.seq - s.timestamp, [s.credential_id, _day(s.seq)]
    return (
        select(
            s.credential_id,
            _day(s.seq).label("day"),
            s.seq,
            lag.label("lag"),
            case((s.voids.is_not(None), 1), else_=0).label("voiding"),
            func.row_number().over(partition_by=each, order_by=[lag, s.seq]).label("place"),
            func.count().over(partition_by=each).label("many"),
        )
        .where(s.tenant_id == question.scope.tenant_id, s.origin != OURS, *_window(question, s.seq))
        .subquery("arrived")
    )


def _unknown(question: Question) -> Subquery:
    """How many agents of the evidence belong to nobody."""
    evidence, link = r.evidence.alias("evidence"), p.identity_link.alias("link")
    e, day = evidence.c, _day(evidence.c.seq)
    return (
        select(e.credential_id, day.label("day"), func.count(e.agent.distinct()).label("agents"))
        .select_from(evidence)
        .outerjoin(link, p.owns(link, e.tenant_id, e.agent))
        .where(e.tenant_id == question.scope.tenant_id, link.c.person_id.is_(None), *_window(question, e.seq))
        .group_by(e.credential_id, day)
        .subquery("unknown")
    )


def _parked(question: Question) -> Subquery:
    """How many statements some consumer could not digest."""
    s, day = t.statement.c, _day(t.statement.c.seq)
    return (
        select(s.credential_id, day.label("day"), func.count(s.seq.distinct()).label("stuck"))
        .select_from(t.parked)
        .join(t.statement, s.seq == t.parked.c.seq)
        .where(s.tenant_id == question.scope.tenant_id, *_window(question, s.seq))
        .group_by(s.credential_id, day)
        .subquery("parked_items")
    )


report = Report(
    name="data-health",
    title="Data health",
    purpose="Tells whether the other reports can be trusted: what each source sent, how late, and what could not be used.",
    grain="one row for each source (API key) and UTC day of storing; our own statements left out",
    empty="No source sent anything in these days. Create a key with: prowess key create --name NAME --scope all",
    columns=(
        Column(
            "source",
            "Source",
            "text",
            "Name of the API key that sent.",
            link=drill("data-health", {"source": "source"}),
        ),
        Column("day", "Day", "day", "UTC day of storing."),
        Column("statements", "Statements", "integer", "Statements stored.", total="sum"),
        Column(
            "lag_p50", "Median lag", "integer", "Median of stored minus happened; below zero a clock is fast.", unit="s"
        ),
        Column("lag_p95", "95 % within", "integer", "The same for the slowest twentieth.", unit="s"),
        Column("voids", "Voids", "integer", "Voiding statements among them.", total="sum"),
        Column("unknown_actors", "Unknown actors", "integer", "Agents with evidence who are linked to no person."),
        Column("parked", "Parked", "integer", "Statements that a consumer could not digest.", total="sum"),
        Column("last_seen", "Last seen", "instant", "When the newest one was stored."),
        Column("credential_id", "Credential", "integer", "The key's number.", hidden=True),
    ),
    filters=(
        Filter("source", "Source", "Name of an API key."),
        Filter("from", "From", "First day; by default thirty days in all.", type="day", single=True),
        Filter("to", "To", "Last day; by default the day of as_of.", type="day", single=True),
    ),
    key=("day", "credential_id"),
    order=("-day", "source"),
    select=_select,
    chart=Chart("line", "Statements stored, by day", by="day", measures=("statements",), noun="statements", most=400),
)
