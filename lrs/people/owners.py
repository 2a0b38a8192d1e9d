"""To whom the agents of statements belong: asked here by every room, so that all give the same answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from lrs.db import by_tenant
from lrs.people import tables as p
from lrs.people.identity import identity_of
from lrs.xapi.postings import posting_key


def agent_key(agent: Mapping[str, Any]) -> bytes | None:
    """The key by which an Agent, or an identified Group, is somebody's; None for an anonymous group."""
    identity = identity_of(agent)
    return None if identity is None else posting_key("agent", identity)


def owners(
    conn: Connection, tenant_id: int, agents: Iterable[bytes], known_at: int | None = None
) -> dict[bytes, list[str]]:
    """The ids of those to whom agents belong, as known at a feed number, by default now.

    An agent of nobody is left out.  The register gives none to two people; where a damaged one does, both are told, by id.
    """
    link = p.identity_link.c
    found: dict[bytes, list[str]] = {}
    for _, some in by_tenant((tenant_id, agent) for agent in agents):
        query = select(link.agent, link.person_id).where(
            link.tenant_id == tenant_id, link.agent.in_(some), p.known(p.identity_link, known_at)
        )
        for row in conn.execute(query.order_by(link.person_id)):
            found.setdefault(row.agent, []).append(row.person_id)
    return found


def person_of(
    conn: Connection, tenant_id: int, agents: Iterable[bytes], known_at: int | None = None
) -> dict[bytes, str]:
    """The same where one person is wanted."""
    return {agent: people[-1] for agent, people in owners(conn, tenant_id, agents, known_at).items()}
