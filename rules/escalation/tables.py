"""Tables of escalation: which ladders are to be looked at when, what people were told, and what followed.

`ladder` is a cache of instants and can be rebuilt; notices and consequences are history and stay.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, SmallInteger, String, Table, Text

from lrs.store.tables import Seq
from rules.tables import metadata

ladder = Table(
    "ladder",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("person_id", String(200), primary_key=True),
    Column("program_id", String(200), primary_key=True),
    Column("gen", Seq, nullable=False),
    Column("next_at", Seq),
    Column("escalation_id", String(200)),
    Column("since", Seq, nullable=False),
    Index("ix_ladder_next_at", "next_at"),
)

notice = Table(
    "notice",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("id", LargeBinary(16), primary_key=True),
    Column("person_id", String(200), nullable=False),
    Column("program_id", String(200), nullable=False),
    Column("escalation_id", String(200), nullable=False),
    Column("deadline", String(10), nullable=False),
    Column("deadline_day", Integer, nullable=False),
    Column("step", String(40), nullable=False),
    Column("recipient_id", String(200), nullable=False),
    Column("role", String(200), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("planned_at", Seq, nullable=False),
    Column("created_at", Seq, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(40)),
    Column("announced", SmallInteger, nullable=False),
    Column("not_before", Seq, nullable=False),
    Column("give_up_at", Seq, nullable=False),
    Column("lease_until", Seq),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", Seq),
    Column("last_error", Text),
    Index("ix_notice_state_not_before", "state", "not_before"),
    Index("ix_notice_announced_not_before", "announced", "not_before"),
    Index("ix_notice_tenant_id_person_id_program_id", "tenant_id", "person_id", "program_id"),
)

consequence = Table(
    "consequence",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("id", LargeBinary(16), primary_key=True),
    Column("person_id", String(200), nullable=False),
    Column("program_id", String(200), nullable=False),
    Column("escalation_id", String(200), nullable=False),
    Column("deadline", String(10), nullable=False),
    Column("deadline_day", Integer, nullable=False),
    Column("step", String(40), nullable=False),
    Column("action", String(40), nullable=False),
    Column("approve", String(200)),
    Column("state", String(10), nullable=False),
    Column("reason", String(40)),
    Column("round", Integer, nullable=False),
    Column("raised_at", Seq, nullable=False),
    Column("decided_at", Seq),
    Column("decided_by", String(200)),
    Column("note", Text),
    Column("ended_at", Seq),
    Index("ix_consequence_tenant_id_state", "tenant_id", "state"),
    Index("ix_consequence_tenant_id_person_id_program_id", "tenant_id", "person_id", "program_id"),
)
