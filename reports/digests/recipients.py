"""Who gets a digest on a day: managers for their teams, holders of a job, one person, or an address for the whole."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from lrs.people import tables as p
from reports.mailings.holders import here, holders
from reports.mailings.outbox import EVERYTHING, TEAM, TEAM_AND_BELOW, Addressee
from reports.settings import MANAGERS, DigestSettings
from reports.tables import opt_out


def addressees(conn: Connection, tenant_id: int, digest: DigestSettings, day: int) -> list[Addressee]:
    """Everybody who gets this digest, each once for each view; who wants none is left out."""
    found: dict[Addressee, None] = {}
    for name in digest.to:
        found |= dict.fromkeys(_named(conn, tenant_id, digest, name, day))
    query = select(opt_out.c.recipient).where(opt_out.c.tenant_id == tenant_id, opt_out.c.name == digest.name)
    unwilling = set(conn.scalars(query))
    return [one for one in found if one.recipient not in unwilling]


def unknown(conn: Connection, tenant_id: int, names: Iterable[str], day: int) -> list[str]:
    """The names that are nobody on a day: neither `managers`, an address, a job nor a person."""
    return [name for name in names if name != MANAGERS and "@" not in name and not holders(conn, tenant_id, name, day)]


def _named(conn: Connection, tenant_id: int, digest: DigestSettings, name: str, day: int) -> list[Addressee]:
    if name == MANAGERS:
        m = p.manager.c
        query = select(m.manager_id).where(p.holds(p.manager, tenant_id, day)).distinct().order_by(m.manager_id)
        view = TEAM_AND_BELOW if digest.team == "all" else TEAM
        return [Addressee(one, view) for one in here(conn, tenant_id, conn.scalars(query), day)]
    if "@" in name:
        return [Addressee(name)]
    return [Addressee(one, EVERYTHING) for one in holders(conn, tenant_id, name, day)]
