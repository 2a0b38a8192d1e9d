"""Tables of reports: letters on their way, up to when each digest was planned, and who wants no more of them.

A mailing stays after it was sent: it is the record of who was told what, and when.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

from lrs.erasure.policies import Delete, Keep, Policy
from lrs.store.tables import NAMING, Seq

metadata = MetaData(naming_convention=NAMING)

mailing = Table(
    "mailing",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("id", LargeBinary(16), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("name", String(200), nullable=False),
    Column("period", String(40), nullable=False),
    Column("recipient", String(320), nullable=False),
    Column("view", String(20), nullable=False),
    Column("as_of", Seq, nullable=False),
    Column("created_at", Seq, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(40)),
    Column("not_before", Seq, nullable=False),
    Column("give_up_at", Seq, nullable=False),
    Column("lease_until", Seq),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", Seq),
    Column("last_error", Text),
    Index("ix_mailing_state_not_before", "state", "not_before"),
    Index("ix_mailing_tenant_id_kind_name_created_at", "tenant_id", "kind", "name", "created_at"),
)

rota = Table(
    "rota",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("planned_until", Seq, nullable=False),
)

opt_out = Table(
    "opt_out",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("recipient", String(320), primary_key=True),
    Column("since", Seq, nullable=False),
)

ERASURE: Final[dict[str, Policy]] = {
    "mailing": Delete(addresses=("recipient",), why="letters to them; what was in them is not kept"),
    "rota": Keep(why="up to when digests were planned"),
    "opt_out": Delete(addresses=("recipient",), why="which letters they wanted no more of"),
}
