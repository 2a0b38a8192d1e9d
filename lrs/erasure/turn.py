"""The two writes of an erasure that are one for everybody: closing the door, and the person's becoming the pseudonym.

Both touch what there is of one person and not what there is of statements, so they are short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, update

from lrs.erasure import under_way
from lrs.erasure.facts import share_links
from lrs.erasure.policies import Policy
from lrs.erasure.remembered import keys_of
from lrs.erasure.under_way import UnderWay, Who
from lrs.people import tables as p
from lrs.people.changes import ERASING
from lrs.store import audit, chain
from lrs.store import tables as t

if TYPE_CHECKING:
    from lrs.prowess import Prowess


def policies_of(prowess: Prowess) -> Iterator[tuple[Table, Policy]]:
    """Each table with what happens to it, in the order in which that is to be done."""
    for plugin in prowess.plugins:
        if plugin.metadata is not None:
            yield from ((plugin.metadata.tables[name], policy) for name, policy in plugin.erasure.items())


def close_door(prowess: Prowess, conn: Connection, who: Who) -> UnderWay:
    """From the commit on nobody brings them back: they are on the list, and what names them is the pseudonym's."""
    prowess.database.dialect.exclude(conn, p.person)
    share_links(who.erasing(prowess, conn))
    forget_seal(conn)
    seq = _list(prowess, conn, who)
    audit.record(conn, chain.ERASES, who.name, {"begun": True}, at=seq, tenant_id=who.tenant_id)
    return under_way.begin(conn, who, seq)


def list_more(prowess: Prowess, conn: Connection, now: UnderWay, more: Who) -> UnderWay:
    """The same of what was found of them since.  more: who they are, with that."""
    _list(prowess, conn, more)
    return replace(now, who=more)


def turn(prowess: Prowess, conn: Connection, now: UnderWay) -> UnderWay:
    """The person is the pseudonym: to the register, to whoever decides, and to whoever signs in."""
    if now.turned_at is not None:  # by another process
        return now
    dialect = prowess.database.dialect
    dialect.exclude(conn, p.person)
    raise_fences(prowess, conn)  # what they have read is no more so
    for table, policy in policies_of(prowess):
        if policy.is_worklist:
            dialect.exclude(conn, table)
    dialect.lock(conn)
    erasing = now.who.erasing(prowess, conn)
    rows = {table.name: policy.turn(erasing, table) for table, policy in policies_of(prowess)}
    seq = prowess.feed.record(conn, now.who.tenant_id, ERASING, [now.who.name])
    return replace(now.with_rows(rows), turned_at=seq)


def raise_fences(prowess: Prowess, conn: Connection, upto: int | None = None) -> None:
    """Nobody follows the feed until the commit; what was read before is read again, by those who have `upto` before them."""
    prowess.database.dialect.exclude(conn, t.consumer)
    raised = update(t.consumer).values(fence=t.consumer.c.fence + 1)
    conn.execute(raised if upto is None else raised.where(t.consumer.c.cursor < upto))


def forget_seal(conn: Connection) -> None:
    """It is no more the backup that it once was."""
    conn.exec_driver_sql("DROP TABLE IF EXISTS backup_seal")


def _list(prowess: Prowess, conn: Connection, who: Who) -> int:
    """Remember every id, identity, and way in which statements wrote one; returns the fact that says so."""
    seq = prowess.feed.record(conn, who.tenant_id, ERASING, [who.name])
    now: Mapping[str, str] = {**who.known, **who.people}
    rows = {prowess.erasures.digest(kind, key): now[text] for kind, key, text in keys_of(who.people, who.known)}
    put = prowess.database.dialect.insert(t.erasure).on_conflict_do_nothing()
    named = {"tenant_id": who.tenant_id, "person_id": who.name, "seq": seq}
    conn.execute(put, [{**named, "digest": digest, "pseudonym": text} for digest, text in sorted(rows.items())])
    return seq
