"""Tables of rules: what was published, the evidence that statements left, and what was decided.

Evidence, dirty pairs, decisions and status are caches: they can be thrown away and come out equal (design 2.2).  Rulesets
and the decision log are history and stay.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    and_,
    case,
    func,
    not_,
    text,
)

from lrs.store.tables import NAMING, Seq
from rules.owed import owed_kind

RELATIONS = ("object", "parent", "credit", "override")
"""How a row of evidence is about its activity, by the number that the table keeps."""

metadata = MetaData(naming_convention=NAMING)

ruleset = Table(
    "ruleset",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("applied_seq", Seq, primary_key=True),
    Column("hash", LargeBinary(32), nullable=False),
    Column("announce_history", SmallInteger, nullable=False),
    Column("documents", Text, nullable=False),
    Column("applied_by", String(200)),
    Column("restores_seq", Seq),
)

program = Table(
    "program",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("program_id", String(200), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("title", Text, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("applied_seq", Seq, nullable=False),
    Column("current", SmallInteger, nullable=False),
    Column("withdrawn_seq", Seq),
)

activity = Table(
    "activity",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    Column("activity_id", String(200), primary_key=True),
    Column("title", Text, nullable=False),
    Column("iri", Text, nullable=False),
    sqlite_with_rowid=False,
)

evidence = Table(
    "evidence",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("agent", LargeBinary(16), primary_key=True),
    Column("activity", LargeBinary(16), primary_key=True),
    Column("seq", Seq, primary_key=True),
    Column("relation", SmallInteger, primary_key=True),
    Column("statement_id", LargeBinary(16), nullable=False),
    Column("timestamp", Seq, nullable=False),
    Column("tie", LargeBinary(32), nullable=False),
    Column("voided_seq", Seq),
    Column("verb", Text, nullable=False),
    Column("activity_type", Text),
    Column("object_type", Text),
    Column("score_raw", Text),
    Column("score_min", Text),
    Column("score_max", Text),
    Column("score_scaled", Text),
    Column("success", SmallInteger),
    Column("completion", SmallInteger),
    Column("credential_id", Integer, nullable=False),
    Column("platform", Text),
    Column("home_page", Text),
    Column("instructor", LargeBinary(16)),
    Column("attempt", Text),
    Column("details", Text),
    Index("ix_evidence_tenant_id_seq", "tenant_id", "seq"),
    Index(
        "ix_evidence_instructors",
        "tenant_id",
        "instructor",
        sqlite_where=text("instructor IS NOT NULL"),
        postgresql_where=text("instructor IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

dirty = Table(
    "dirty",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("person_id", String(200), primary_key=True),
    Column("program_id", String(200), primary_key=True),
    Column("gen", BigInteger, nullable=False),
    Column("not_before", Seq, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("since", Seq, nullable=False, server_default="0"),
    Index("ix_dirty_not_before", "not_before"),
)

decision = Table(
    "decision",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("person_id", String(200), primary_key=True),
    Column("program_id", String(200), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("document", Text, nullable=False),
    Column("decided_at", Seq, nullable=False),
    Column("watermark", Seq, nullable=False),
    Column("next_change_at", Seq),
    Column("timeline", LargeBinary(16)),
    Column("grounds", LargeBinary(16)),
    Index("ix_decision_next_change_at", "next_change_at"),
)

decision_log = Table(
    "decision_log",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("person_id", String(200), nullable=False),
    Column("program_id", String(200), nullable=False),
    Column("decided_at", Seq, nullable=False),
    Column("watermark", Seq, nullable=False),
    Column("engine", String(40), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_decision_log_tenant_id_person_id_program_id", "tenant_id", "person_id", "program_id"),
)

status = Table(
    "status",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("person_id", String(200), primary_key=True),
    Column("program_id", String(200), primary_key=True),
    Column("from_us", Seq, primary_key=True),
    Column("until_us", Seq, nullable=False),
    Column("version", Integer, nullable=False),
    Column("assignment", String(12), nullable=False),
    Column("progress", String(12), nullable=False),
    Column("award", String(12), nullable=False),
    Column("overdue", SmallInteger, nullable=False),
    Column("late", SmallInteger, nullable=False),
    Column("renewable", SmallInteger, nullable=False),
    Column("in_grace", SmallInteger, nullable=False),
    Column("pending_evidence", SmallInteger, nullable=False),
    Column("due_day", Integer),
    Column("met_day", Integer),
    Column("valid_from_day", Integer),
    Column("expires_day", Integer),
    Column("renewable_day", Integer),
    Column("grace_day", Integer),
    Index("ix_status_tenant_id_program_id_until_us", "tenant_id", "program_id", "until_us"),
)

emission = Table(
    "emission",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("id", LargeBinary(16), primary_key=True),
    Column("person_id", String(200), nullable=False),
    Column("program_id", String(200), nullable=False),
    Column("transition", String(20), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", Seq, nullable=False),
    Column("recorded", SmallInteger, nullable=False),
    Index("ix_emission_recorded", "recorded"),
    Index("ix_emission_tenant_id_person_id_program_id", "tenant_id", "person_id", "program_id"),
)


def last_good_day(table: FromClause) -> ColumnElement[int | None]:
    """`rules.owed.last_good_day` in SQL, of the rows of `status` or an alias of it: built from the same rule, case by case."""
    award, due, expires = table.c.award, table.c.due_day, table.c.expires_day
    later = func.coalesce(due > expires, and_(due.is_not(None), expires.is_(None)))
    days = {"due": due, "expiry": expires}
    lost = [(word, is_later) for word in ("expired", "lapsed") for is_later in (True, False)]
    cases = [
        (and_(award == word, later if is_later else not_(later)), days[owed_kind(word, is_due_later=is_later)])
        for word, is_later in lost
    ]
    return case(*cases, else_=due)


def holds(table: FromClause, at: Any) -> ColumnElement[bool]:
    """The rows of `status`, or an alias of it, that say how things stand at an instant: one for each person and program."""
    return and_(table.c.from_us <= at, table.c.until_us > at)
