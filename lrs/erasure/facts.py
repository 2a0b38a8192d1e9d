"""What erasing does to what is known of people, to accounts, and to facts and acts that name them."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import Table, delete, or_, select, update

from lrs.erasure.policies import Erasing
from lrs.people.changes import SITE_CHANGED
from lrs.store import tables as t

_UPON_PEOPLE: Final = ("act.", "consequence.", "people.merge", "people.unmerge")
_UPON_ACCOUNTS: Final = ("account.",)
"""Beginnings of acts whose subject is an id, or the name of an account; others have names of their own, such as of systems."""


def rename_facts(erasing: Erasing, table: Table) -> int:
    """Facts of the feed about them; sites and rulesets have ids of their own."""
    c, found = table.c, 0
    for old, new in erasing.pseudonyms.people.items():
        here = (c.tenant_id == erasing.tenant_id) & (c.ref == old) & (c.kind != SITE_CHANGED)
        found += erasing.conn.execute(update(table).where(here).values(ref=new)).rowcount
    return found


def rename_subjects(erasing: Erasing, table: Table) -> int:
    """Acts upon them, or upon an account of theirs, by its whole name; and from where they acted."""
    c = table.c
    theirs = (c.tenant_id == erasing.tenant_id) & c.name.in_(list(erasing.logins))
    erasing.conn.execute(update(table).where(theirs).values(address=None))
    found, pseudonyms = 0, erasing.pseudonyms
    for beginnings, known in (
        (_UPON_PEOPLE, pseudonyms.people),
        (_UPON_ACCOUNTS, dict.fromkeys(erasing.logins, pseudonyms.name)),
    ):
        upon = (c.tenant_id == erasing.tenant_id) & or_(*(c.action.startswith(one) for one in beginnings))
        for old, new in known.items():
            found += erasing.conn.execute(update(table).where(upon, c.subject == old).values(subject=new)).rowcount
    return found


def end_sessions(erasing: Erasing, table: Table) -> int:
    """Before the accounts go."""
    a = t.account.c
    mine = select(a.id).where(a.tenant_id == erasing.tenant_id, a.person_id.in_(list(erasing.pseudonyms.people)))
    return erasing.conn.execute(delete(table).where(table.c.account_id.in_(mine))).rowcount


def forget_names(erasing: Erasing, table: Table) -> int:
    """In every row that was ever known."""
    c = table.c
    here = (c.tenant_id == erasing.tenant_id) & c.person_id.in_(list(erasing.pseudonyms.people))
    return erasing.conn.execute(update(table).where(here).values(name="", email=None)).rowcount


def forget_told(erasing: Erasing, table: Table) -> int:
    """What files said of them, and of others who reported to them."""
    pseudonyms = erasing.pseudonyms

    def change(text: str) -> str:
        said: dict[str, Any] = json.loads(text)
        found = {**pseudonyms.value(said, ("managers",)), "id": pseudonyms.people.get(said["id"], said["id"])}
        if said["id"] in pseudonyms.people:
            found |= {"name": "", "email": None, "identifiers": sorted(found["identifiers"])}
        return json.dumps(found, ensure_ascii=False)

    mine = or_(table.c.person_id.in_(list(pseudonyms.people)), erasing.naming(table.c.document))
    return erasing.rewrite(table.c.document, change, mine)
