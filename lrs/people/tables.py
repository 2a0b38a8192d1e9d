"""Tables of people and organisation.

Every row says from which feed number on it was known and until when (`known_from`, `known_to`; data-model 4): a change
closes the old row and adds a new one, so that any day can be judged as it was known on any other.  Days are whole days
since 1970-01-01.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    and_,
    or_,
)

from lrs.store.tables import Seq, metadata

person = Table(
    "person",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("person_id", String(200), primary_key=True),
    Column("known_from", Seq, primary_key=True),
    Column("known_to", Seq),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("timezone", String(64)),
    Column("hired_day", Integer),
    Column("left_day", Integer),
)

site = Table(
    "site",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("site_id", String(200), primary_key=True),
    Column("known_from", Seq, primary_key=True),
    Column("known_to", Seq),
    Column("timezone", String(64), nullable=False),
)

position = Table(
    "position",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("person_id", String(200), primary_key=True),
    Column("known_from", Seq, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("known_to", Seq),
    Column("from_day", Integer, nullable=False),
    Column("to_day", Integer),
    Column("job", String(200)),
    Column("level", String(200)),
    Column("site", String(200)),
    Column("unit", String(200)),
    Column("employment", String(200)),
)

manager = Table(
    "manager",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("person_id", String(200), primary_key=True),
    Column("known_from", Seq, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("manager_id", String(200), primary_key=True),
    Column("known_to", Seq),
    Column("from_day", Integer, nullable=False),
    Column("to_day", Integer),
    Column("place", Integer),
    Index("ix_manager_tenant_id_manager_id", "tenant_id", "manager_id"),
)
"""place: among the managers of a position, as people wrote them; None where that was not kept, which is by id."""

leave = Table(
    "leave",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("person_id", String(200), primary_key=True),
    Column("known_from", Seq, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("known_to", Seq),
    Column("from_day", Integer, nullable=False),
    Column("to_day", Integer, nullable=False),
)

identity_link = Table(
    "identity_link",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("agent", LargeBinary(16), primary_key=True),
    Column("person_id", String(200), primary_key=True),
    Column("known_from", Seq, primary_key=True),
    Column("known_to", Seq),
    Column("ifi", Text, nullable=False),
    Index("ix_identity_link_tenant_id_person_id", "tenant_id", "person_id"),
)

merged = Table(
    "merged",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("person_id", String(200), primary_key=True),
    Column("known_from", Seq, primary_key=True),
    Column("known_to", Seq),
    Column("into_id", String(200), nullable=False),
)
"""Who turned out to be somebody else: while such a row is known, nothing above is known of `person_id`."""

told = Table(
    "told",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("person_id", String(200), primary_key=True),
    Column("known_from", Seq, primary_key=True),
    Column("known_to", Seq),
    Column("document", Text, nullable=False),
)
"""What people files say of somebody, where a merge has the tables above say something else (`lrs.people.merging`)."""


def known(table: Table, known_at: int | None) -> ColumnElement[bool]:
    """The rows that were known at a feed number; None: those that are known now."""
    until = table.c.known_to.is_(None)
    return until if known_at is None else (table.c.known_from <= known_at) & (until | (table.c.known_to > known_at))


def holds(table: FromClause, tenant_id: Any, day: Any) -> ColumnElement[bool]:
    """The positions, manager lines or leaves of a tenant that hold on a day, as known now."""
    c = table.c
    began = and_(c.tenant_id == tenant_id, c.known_to.is_(None), c.from_day <= day)
    return and_(began, or_(c.to_day.is_(None), c.to_day >= day))


def owns(table: FromClause, tenant_id: Any, agent: Any) -> ColumnElement[bool]:
    """The links by which an agent of a tenant belongs to somebody, as known now; table: `identity_link`, or an alias."""
    c = table.c
    return and_(c.tenant_id == tenant_id, c.agent == agent, c.known_to.is_(None))


def is_here(table: FromClause, tenant_id: Any, day: Any) -> ColumnElement[bool]:
    """The people of a tenant who have not left by a day, as known now; table: `person`, or an alias of it."""
    c = table.c
    return and_(c.tenant_id == tenant_id, c.known_to.is_(None), or_(c.left_day.is_(None), c.left_day >= day))
