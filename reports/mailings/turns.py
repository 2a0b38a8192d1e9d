"""Whose turn it is: up to which instant each series of letters was planned, so that each issue is planned once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, update

from reports.mailings import outbox
from reports.mailings.outbox import Addressee
from reports.tables import rota

if TYPE_CHECKING:
    from lrs.prowess import Prowess

Readers = Callable[[Connection], Iterable[Addressee]]


def take_turn(
    prowess: Prowess,
    readers: Readers,
    *,
    tenant_id: int,
    series: str,
    kind: str,
    name: str,
    period: str,
    at: int,
    now: int,
) -> bool:
    """Make the letters of the issue of an instant, once; one from before the series was first seen is let go."""
    r = rota.c
    here = (r.tenant_id == tenant_id) & (r.name == series)
    with prowess.database.read() as conn:
        until = conn.scalar(select(r.planned_until).where(here))
        if until is not None and until >= at:
            return False
        to = [] if until is None else list(readers(conn))

    def commit(conn: Connection) -> bool:
        if until is None:
            first = {"tenant_id": tenant_id, "name": series, "planned_until": at}
            conn.execute(prowess.database.dialect.insert(rota).on_conflict_do_nothing(), first)
            return False
        mine = update(rota).where(here, r.planned_until == until).values(planned_until=at)
        if not conn.execute(mine).rowcount:
            return False
        outbox.put(conn, prowess.database, to, tenant_id=tenant_id, kind=kind, name=name, period=period, now=now)
        return True

    return prowess.database.write(commit)
