"""What erasing does to what is known of people, to accounts, and to facts and acts that name them."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import Table, delete, or_, select, update

from lrs.erasure.policies import Erasing, Key
from lrs.people import tables as p
from lrs.people.changes import SITE_CHANGED
from lrs.store import tables as t
from lrs.xapi.actors import ifi_text
from lrs.xapi.postings import posting_key

_UPON_PEOPLE: Final = ("act.", "consequence.", "people.merge", "people.unmerge")
_UPON_ACCOUNTS: Final = ("account.",)
"""Beginnings of acts whose subject is an id, or the name of an account; others have names of their own, such as of systems."""


def facts_about(erasing: Erasing, table: Table) -> list[Key]:
    """Facts of the feed about them; sites and rulesets have ids of their own."""
    c = table.c
    return erasing.keys(table, c.ref.in_(list(erasing.pseudonyms.people)) & (c.kind != SITE_CHANGED))


def rename_facts(erasing: Erasing, table: Table) -> int:
    """Those facts are the pseudonym's, under their numbers."""
    c, found = table.c, 0
    for old, new in erasing.pseudonyms.people.items():
        found += erasing.do(
            update(table).where(erasing.here(table), c.ref == old, c.kind != SITE_CHANGED).values(ref=new)
        )
    return found


def subjects(erasing: Erasing, table: Table) -> list[Key]:
    """Acts whose subject is called as they are, or an account of theirs."""
    return erasing.keys(table, table.c.subject.in_([*erasing.pseudonyms.people, *erasing.logins]))


def rename_subjects(erasing: Erasing, table: Table) -> int:
    """Acts upon them, or upon an account of theirs, by its whole name; and from where they acted."""
    c = table.c
    theirs = erasing.here(table) & c.name.in_(list(erasing.logins)) & c.address.is_not(None)
    erasing.do(update(table).where(theirs).values(address=None))
    found, pseudonyms = 0, erasing.pseudonyms
    for beginnings, known in (
        (_UPON_PEOPLE, pseudonyms.people),
        (_UPON_ACCOUNTS, dict.fromkeys(erasing.logins, pseudonyms.name)),
    ):
        upon = erasing.here(table) & or_(*(c.action.startswith(one) for one in beginnings))
        for old, new in known.items():
            found += erasing.do(update(table).where(upon, c.subject == old).values(subject=new))
    return found


def end_sessions(erasing: Erasing, table: Table) -> int:
    """Before the accounts go."""
    a = t.account.c
    mine = select(a.id).where(a.tenant_id == erasing.tenant_id, a.person_id.in_(list(erasing.pseudonyms.people)))
    return erasing.do(delete(table).where(table.c.account_id.in_(mine)))


def share_links(erasing: Erasing) -> None:
    """Let them have, beside each identifier, the one that will stand for it: whichever of the two a statement says, it is theirs."""
    c = p.identity_link.c
    mine = select(p.identity_link).where(
        c.tenant_id == erasing.tenant_id,
        c.person_id.in_(list(erasing.pseudonyms.people)),
        c.ifi.in_(list(erasing.pseudonyms.agents)),
    )
    rows = [{**row._asdict(), **_beside(erasing, row.ifi)} for row in erasing.conn.execute(mine)]
    if rows:
        erasing.conn.execute(erasing.dialect.insert(p.identity_link).on_conflict_do_nothing(), rows)
    erasing.rewrite(
        p.told.c.document,
        lambda text: _told_beside(erasing, text),
        p.told.c.person_id.in_(list(erasing.pseudonyms.people)),
    )


def _beside(erasing: Erasing, identity: str) -> dict[str, Any]:
    now = str(ifi_text(erasing.pseudonyms.agents[identity]))
    return {"ifi": now, "agent": posting_key("agent", now)}


def _told_beside(erasing: Erasing, text: str) -> str:
    said: dict[str, Any] = json.loads(text)
    known = erasing.pseudonyms.agents
    also = {str(ifi_text(known[one])) for one in said["identifiers"] if one in known}
    return json.dumps({**said, "identifiers": sorted({*said["identifiers"], *also})}, ensure_ascii=False)


def drop_links(erasing: Erasing, table: Table) -> int:
    """All their statements say the pseudonym by now, so only that is left of what was shared."""
    c = table.c
    mine = c.person_id.in_(list(erasing.pseudonyms.people)) & c.ifi.in_(list(erasing.pseudonyms.agents))
    return erasing.do(delete(table).where(erasing.here(table), mine))


def forget_names(erasing: Erasing, table: Table) -> int:
    """In every row that was ever known."""
    mine = table.c.person_id.in_(list(erasing.pseudonyms.people))
    return erasing.do(update(table).where(erasing.here(table), mine).values(name="", email=None))


def told_about(erasing: Erasing, table: Table) -> list[Key]:
    """What files said of others that names them."""
    return erasing.keys(table, erasing.naming(table.c.document))


def forget_told(erasing: Erasing, table: Table) -> int:
    """What files said of them, and of others who reported to them."""
    pseudonyms = erasing.pseudonyms

    def change(text: str) -> str:
        said: dict[str, Any] = json.loads(text)
        found = {**pseudonyms.value(said, ("managers",)), "id": pseudonyms.people.get(said["id"], said["id"])}
        if said["id"] in pseudonyms.people:
            found |= {"name": "", "email": None, "identifiers": sorted(set(found["identifiers"]))}
        return json.dumps(found, ensure_ascii=False)

    mine = or_(table.c.person_id.in_(list(pseudonyms.people)), erasing.naming(table.c.document))
    return erasing.rewrite(table.c.document, change, erasing.sought(table, mine))
