"""Tables of connectors: what has to reach other systems, and whom our people are there.

A delivery stays after it was sent: it is the record of what an LMS was told, and when.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

from lrs.store.tables import NAMING, Seq

metadata = MetaData(naming_convention=NAMING)

delivery = Table(
    "delivery",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("id", LargeBinary(16), primary_key=True),
    Column("seq", Seq, nullable=False),
    Column("statement_id", LargeBinary(16), nullable=False),
    Column("connector", String(63), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("person_id", String(200), nullable=False),
    Column("program_id", String(200), nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Seq, nullable=False),
    Column("lease_until", Seq),
    Column("created_at", Seq, nullable=False),
    Column("first_tried_at", Seq),
    Column("sent_at", Seq),
    Column("remote_status", Integer),
    Column("last_error", Text),
    Column("acknowledged_at", Seq),
    Index("ix_delivery_state_connector_not_before_seq", "state", "connector", "not_before", "seq"),
    Index(
        "ix_delivery_tenant_id_person_id_program_id_connector_seq",
        "tenant_id",
        "person_id",
        "program_id",
        "connector",
        "seq",
    ),
)

remote_person = Table(
    "remote_person",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("connector", String(63), primary_key=True),
    Column("person_id", String(200), primary_key=True),
    Column("remote_id", String(200), nullable=False),
    Column("matched_by", Text, nullable=False),
    Column("matched_at", Seq, nullable=False),
)
