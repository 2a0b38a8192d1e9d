"""Secrets of the store's own, by name: what signs `more` links, launch credentials and badges, and hides who was erased."""

from __future__ import annotations

import hashlib
from typing import Final

from sqlalchemy import Connection, delete, select, update

from lrs.db import Database
from lrs.ids import Ids
from lrs.store import tables as t

NAMES: Final = ("more", "launch", "erasure", "badges")


def make_server_secrets(database: Database, ids: Ids) -> None:
    """Have all of them before the first request, which else would wait behind whoever writes.  Raises Unavailable."""
    for name in NAMES:
        server_secret(database, ids, name)


def server_secret(database: Database, ids: Ids, name: str) -> bytes:
    """The 32 bytes of that name, made when first needed and shared by all processes of this store."""
    query = select(t.server_secret.c.value).where(t.server_secret.c.name == name)
    with database.read() as conn:
        value: bytes | None = conn.scalar(query)
    if value is not None:
        return value

    def make(conn: Connection) -> bytes:
        row = {"name": name, "value": hashlib.sha256(ids.secret().encode()).digest()}
        conn.execute(database.dialect.insert(t.server_secret).on_conflict_do_nothing(), row)
        stored: bytes | None = conn.scalar(query)
        assert stored is not None
        return stored

    return database.write(make)


def secrets_like(conn: Connection, beginning: str) -> dict[str, bytes]:
    """Those whose names begin so, by name, in order."""
    c = t.server_secret.c
    query = select(c.name, c.value).where(c.name.startswith(beginning, autoescape=True)).order_by(c.name)
    return {row.name: row.value for row in conn.execute(query)}


def add_secret(database: Database, conn: Connection, name: str, value: bytes) -> bool:
    """Keep one of that name, in a write; False where another process was first and nothing is changed."""
    row = {"name": name, "value": value}
    conn.execute(database.dialect.insert(t.server_secret).on_conflict_do_nothing(), row)
    stored: bytes | None = conn.scalar(select(t.server_secret.c.value).where(t.server_secret.c.name == name))
    return stored == value


def replace_secret(conn: Connection, name: str, value: bytes | None) -> None:
    """Another value from now on; None: it is forgotten."""
    here = t.server_secret.c.name == name
    if value is None:
        conn.execute(delete(t.server_secret).where(here))
    else:
        conn.execute(update(t.server_secret).where(here).values(value=value))
