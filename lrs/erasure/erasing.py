"""Erasing a person: found out and done in one transaction, by the policies of all tables (docs/decisions/0114).

A structure stays as it was: each id and each identifier gets a pseudonym of its own, so merges, links, index keys, evidence
and decisions go on fitting together, and nothing has to be decided otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from sqlalchemy import Connection, func, insert, select, update

from lrs.clock import to_datetime
from lrs.db import by_tenant
from lrs.erasure.policies import Erasing, Policy
from lrs.erasure.pseudonyms import Pseudonyms, account_for, is_name
from lrs.erasure.remembered import AGENT, PERSON, Remembered, keys_of
from lrs.erasure.statements import holding
from lrs.erasure.whom import Found, gathered, ids_of, recognised, telling_of
from lrs.errors import Conflict, NotFound, Unavailable
from lrs.feed.items import newest
from lrs.people import tables as p
from lrs.people.changes import ERASED
from lrs.people.reading import to_day
from lrs.store import audit, chain
from lrs.store import tables as t
from lrs.xapi.actors import ifi_text

if TYPE_CHECKING:
    from lrs.prowess import Prowess

T = TypeVar("T")

_ATTEMPTS: Final = 3
_DIGITS: Final = 12


class Part(NamedTuple):
    """What happens, or happened, to a table.  word: `keep`, `scrub` or `delete`.  rows: how many it concerned."""

    plugin: str
    table: str
    word: str
    rows: int
    why: str


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure comes to.  pseudonym: the person's id from now on.  people: how many ids they had.

    identifiers: how many they were known by.  statements: how many mention them.
    """

    pseudonym: str
    people: int
    identifiers: int
    statements: int
    parts: Sequence[Part]


class Scan(NamedTuple):
    """Statements up to a number in whose bytes some texts stand: looked for before others have to wait."""

    texts: frozenset[str]
    upto: int
    seqs: Sequence[int]


def erase(prowess: Prowess, person: str, *, tenant_id: int = t.DEFAULT_TENANT) -> Erased:
    """Put a pseudonym wherever somebody stands, of all their ids, and remember nothing but digests.

    person: an id.  Raises NotFound, Conflict when they were erased already or work here, and Unavailable.
    """
    scan = _scan(prowess, tenant_id, person)
    done = _transacted(prowess, lambda conn: _erase_one(prowess, conn, tenant_id, person, scan))
    _collect(prowess)
    return done


def foresee(prowess: Prowess, person: str, *, tenant_id: int = t.DEFAULT_TENANT) -> Erased:
    """What `erase` would do: done, and taken back.  Others wait meanwhile.  Raises as `erase`."""
    scan = _scan(prowess, tenant_id, person)
    return prowess.database.tried(lambda conn: _erase_one(prowess, conn, tenant_id, person, scan))


def erase_again(
    prowess: Prowess, remembered: Mapping[bytes, Remembered], *, tenant_id: int = t.DEFAULT_TENANT
) -> list[Erased]:
    """Erase whom a list names, as far as they are here, under the pseudonyms of then; and remember all of the list.

    remembered: by digest, under this store's secret.
    """
    prowess.erasures.prepare()

    def work(conn: Connection) -> list[Erased]:
        _alone(prowess, conn)
        done = []
        groups = recognised(prowess, conn, tenant_id, remembered)
        for name, found in sorted(groups.items()):
            done.append(_execute(prowess, conn, tenant_id, found, name, None))
        _remember(prowess, conn, tenant_id, remembered)
        return done

    again = _transacted(prowess, work)
    _collect(prowess)
    return again


def refuse_erased(prowess: Prowess, text: str, tenant_id: int = t.DEFAULT_TENANT) -> None:
    """Raises Conflict when a text names somebody who was erased: an id, an address, an account, or their pseudonym."""
    prowess.erasures.reload()
    found = prowess.erasures.find(tenant_id, text)
    name = found.person if found else text if prowess.erasures.is_pseudonym(tenant_id, text) else None
    if name is not None:
        raise Conflict("they were erased already", hint=f"'{name}' is all that is left of them")


def _collect(prowess: Prowess) -> None:
    """Data that nobody names any more; where this ends early the job goes on with it."""
    while prowess.attachments.collect():
        pass


def _transacted(prowess: Prowess, work: Callable[[Connection], T]) -> T:
    """Once more where others hold what this waits for while they wait for what it holds."""
    for _ in range(_ATTEMPTS - 1):
        with suppress(Unavailable):
            return prowess.database.write(work)
    return prowess.database.write(work)


def _scan(prowess: Prowess, tenant_id: int, person: str) -> Scan:
    """Reads every statement, beside other writers."""
    prowess.erasures.prepare()
    with prowess.database.read(snapshot=True) as conn:
        texts = telling_of(gathered(conn, tenant_id, ids_of(conn, tenant_id, person), set()))
        upto = newest(conn)
        return Scan(texts, upto, holding(conn, prowess.database.dialect, tenant_id, texts, 0))


def _erase_one(prowess: Prowess, conn: Connection, tenant_id: int, person: str, scan: Scan) -> Erased:
    _alone(prowess, conn)
    ids = ids_of(conn, tenant_id, person)
    root = ids[0]
    c = p.person.c
    here = select(c.left_day).where(c.tenant_id == tenant_id, c.person_id == root, c.known_to.is_(None))
    row = conn.execute(here).first()
    if row is None:
        raise NotFound(f"no person has the id '{person}'")
    _refuse_working(prowess, conn, tenant_id, root, row.left_day)
    name = f"erased-{prowess.ids.uuid().hex[:_DIGITS]}"
    found = gathered(conn, tenant_id, ids, set())
    return _execute(prowess, conn, tenant_id, found, name, scan)


def _alone(prowess: Prowess, conn: Connection) -> None:
    """Nobody else changes what is about people, follows the feed, decides or numbers until this is over."""
    dialect = prowess.database.dialect
    dialect.exclude(conn, p.person)
    dialect.exclude(conn, t.consumer)
    for _, table, policy in _policies(prowess):
        if policy.is_worklist:
            dialect.exclude(conn, table)
    dialect.lock(conn)


def _refuse_working(prowess: Prowess, conn: Connection, tenant_id: int, person: str, left: int | None) -> None:
    today = to_day(to_datetime(prowess.clock.now()).date())
    if left is not None and today is not None and left <= today:
        return
    c = p.position.c
    held = select(c.ordinal).where(p.holds(p.position, tenant_id, today), c.person_id == person).limit(1)
    if conn.scalar(held) is not None:
        raise Conflict(
            f"'{person}' works here: programs would go on asking things of the pseudonym, and files go on naming them",
            hint="give them a last day (left_on) in the people file, import it, and erase them then",
        )


def _execute(prowess: Prowess, conn: Connection, tenant_id: int, found: Found, name: str, scan: Scan | None) -> Erased:
    """Let every policy do what it says, then say so to the feed, the list and the audit."""
    home = f"{prowess.settings.public_url}/people"
    own = {id_: str(ifi_text({"account": {"homePage": home, "name": id_}})) for id_ in found.ids}
    telling, dialect = telling_of(found), prowess.database.dialect
    if scan is None or scan.texts != telling:
        scan = Scan(telling, 0, ())
    seqs = [*scan.seqs, *holding(conn, dialect, tenant_id, telling, scan.upto)]
    people, agents = _named(found, name, home, own, telling)
    texts = telling | set(filter(is_name, found.names))
    meant = [prefix for plugin in prowess.plugins for prefix in plugin.extensions]
    pseudonyms = Pseudonyms(name, people, agents, frozenset(texts), meant)
    erasing = Erasing(
        conn=conn,
        dialect=dialect,
        tenant_id=tenant_id,
        now=prowess.clock.now(),
        pseudonyms=pseudonyms,
        exact=_variants(conn, tenant_id, agents),
        telling=telling,
        holding_seqs=seqs,
        logins=sorted(found.logins),
        addresses=sorted({*found.ids, *found.addresses, *(one.lower() for one in found.addresses)}),
    )
    lines = chain.said(conn, tenant_id)
    parts = [
        Part(plugin, table.name, policy.word, policy.execute(erasing, table), policy.why)
        for plugin, table, policy in _policies(prowess)
    ]
    conn.execute(update(t.consumer).values(fence=t.consumer.c.fence + 1))  # what they have read is no more so
    conn.exec_driver_sql("DROP TABLE IF EXISTS backup_seal")  # of the backup that the store once was
    seq = prowess.feed.record(conn, tenant_id, ERASED, [name])
    _list(prowess, conn, tenant_id, pseudonyms, erasing.exact, seq)
    told: dict[str, object] = {part.table: part.rows for part in parts if part.rows}
    if changed := chain.rewritten(conn, tenant_id, lines):
        told[chain.REWRITTEN] = changed
    audit.record(conn, chain.ERASES, name, told, at=seq, tenant_id=tenant_id)
    return Erased(name, len(people), len(found.identities), len(erasing.statements), parts)


def _named(
    found: Found, name: str, home: str, own: Mapping[str, str], telling: Collection[str]
) -> tuple[dict[str, str], dict[str, Mapping[str, Any]]]:
    """What stands for each id and each identity: numbered, so that whoever was two stays two."""
    taken = {name, *(json.dumps(one.pseudonym) for one in found.given.values())}
    free = (one for one in (f"{name}.{i}" for i in count(1)) if not any(one in text for text in taken))
    people, agents = {}, dict[str, Mapping[str, Any]]()
    for i, id_ in enumerate(found.ids):
        given = found.given.get((PERSON, id_))
        people[id_] = given.pseudonym if given else next(free) if i else name
        agents[own[id_]] = {"account": {"homePage": home, "name": people[id_]}}
    for identity in sorted(found.identities - agents.keys()):
        given = found.given.get((AGENT, identity))
        agents[identity] = json.loads(given.pseudonym) if given else account_for(identity, home, next(free), telling)
    return people, agents


def _variants(conn: Connection, tenant_id: int, agents: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Mailboxes that statements write with other capital letters: to the store they are others, to the register they are not."""
    c, found = t.term.c, {}
    mboxes = [identity for identity in agents if identity.startswith('{"mbox":')]
    for _, some in by_tenant((tenant_id, identity) for identity in mboxes):
        query = select(c.text).where(c.tenant_id == tenant_id, c.kind == "agent", func.lower(c.text).in_(some))
        for text in conn.scalars(query):
            found[text] = str(ifi_text(agents[text.lower()]))
    return found


def _policies(prowess: Prowess) -> Iterable[tuple[str, Any, Policy]]:
    for plugin in prowess.plugins:
        if plugin.metadata is not None:
            yield from ((plugin.name, plugin.metadata.tables[name], policy) for name, policy in plugin.erasure.items())


def _list(
    prowess: Prowess, conn: Connection, tenant_id: int, pseudonyms: Pseudonyms, exact: Mapping[str, str], seq: int
) -> None:
    """Remember every id, identity, and way in which statements wrote one."""
    known = {identity: str(ifi_text(agent)) for identity, agent in pseudonyms.agents.items()}
    now = {**known, **exact, **pseudonyms.people}
    rows = {
        prowess.erasures.digest(kind, key): now[text]
        for kind, key, text in keys_of(pseudonyms.people, {**known, **exact})
    }
    put = prowess.database.dialect.insert(t.erasure).on_conflict_do_nothing()
    named = {"tenant_id": tenant_id, "person_id": pseudonyms.name, "seq": seq}
    conn.execute(put, [{**named, "digest": digest, "pseudonym": text} for digest, text in sorted(rows.items())])


def _remember(prowess: Prowess, conn: Connection, tenant_id: int, remembered: Mapping[bytes, Remembered]) -> None:
    """The whole list, also of those who are not here: they do not come back either."""
    known = set(conn.scalars(select(t.erasure.c.digest).where(t.erasure.c.tenant_id == tenant_id)))
    new = {digest: one for digest, one in sorted(remembered.items()) if digest not in known}
    if not new:
        return
    seq = prowess.feed.record(conn, tenant_id, ERASED, sorted({one.person for one in new.values()}))
    named = {"tenant_id": tenant_id, "seq": seq}
    rows = [
        {**named, "digest": digest, "person_id": one.person, "pseudonym": one.pseudonym} for digest, one in new.items()
    ]
    conn.execute(insert(t.erasure), rows)
