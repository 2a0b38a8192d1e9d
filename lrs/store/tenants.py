"""Tenants by name: who shares a database without seeing anything of each other."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import func, insert, select

from lrs.db import Database
from lrs.errors import BadRequest, NotFound
from lrs.store import tables as t

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


def find_tenant(database: Database, slug: str) -> int:
    """The tenant of that name.  Raises NotFound."""
    with database.read() as conn:
        found: int | None = conn.scalar(select(t.tenant.c.id).where(t.tenant.c.slug == slug))
    if found is None:
        raise NotFound(f"no tenant '{slug}'", hint="prowess key create --tenant NAME makes one")
    return found


def ensure_tenant(database: Database, slug: str) -> int:
    """The tenant of that name, made when there is none.  Raises BadRequest when it cannot be a name."""
    if not _SLUG.fullmatch(slug):
        raise BadRequest(f"'{slug}' cannot name a tenant", hint="use up to 63 lower-case letters, digits and hyphens")
    query = select(t.tenant.c.id).where(t.tenant.c.slug == slug)

    def commit(conn: Any) -> int:
        database.dialect.lock(conn)  # two processes must not take the same number
        found: int | None = conn.scalar(query)
        if found is None:
            found = (conn.scalar(select(func.max(t.tenant.c.id))) or 0) + 1
            conn.execute(insert(t.tenant), {"id": found, "slug": slug})
        return found

    return database.write(commit)
