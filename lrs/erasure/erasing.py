"""Erasing a person: found out beside other writers, then done piece by piece, by the policies of all tables (docs/decisions/0114).

A structure stays as it was: each id and each identifier gets a pseudonym of its own, so merges, links, index keys, evidence
and decisions go on fitting together, and nothing has to be decided otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import Connection, insert, select

from lrs.clock import to_datetime
from lrs.erasure import under_way
from lrs.erasure.keys import NamedKey, named_after
from lrs.erasure.pieces import Pieces, Step, repeated
from lrs.erasure.remembered import PERSON, Remembered
from lrs.erasure.turn import close_door, policies_of
from lrs.erasure.under_way import UnderWay, Who
from lrs.erasure.whom import gathered, ids_of, recognised, who_of
from lrs.errors import Conflict, NotFound, Unavailable
from lrs.failpoints import reach
from lrs.feed.items import newest
from lrs.people import tables as p
from lrs.people.changes import ERASED, ERASING, PERSON_CHANGED
from lrs.people.reading import to_day
from lrs.store import tables as t

if TYPE_CHECKING:
    from lrs.prowess import Prowess

_ATTEMPTS: Final = 5
_DIGITS: Final = 12
_KINDS: Final = (PERSON_CHANGED, ERASED, ERASING)

Tell = Callable[[Step], None]


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

    identifiers: how many they were known by.  statements: how many mention them.  keys: named after them, where that is
    foreseen; when it is done nobody can tell any more.
    """

    pseudonym: str
    people: int
    identifiers: int
    statements: int
    parts: Sequence[Part]
    keys: Sequence[NamedKey] = ()


class _Begun(Exception):
    """They are being erased already; it names the pseudonym."""


class _Outrun(Exception):
    """What is known of people changed since it was read."""


def erase(
    prowess: Prowess, person: str, *, tenant_id: int = t.DEFAULT_TENANT, tell: Tell = lambda _: None
) -> Erased | None:
    """Put a pseudonym wherever somebody stands, of all their ids, and remember nothing but digests.

    person: an id.  Goes on with what was begun.  Returns None where another process ended it meanwhile.
    Raises NotFound, Conflict when they work here, and Unavailable; then, and when the process dies, what was done stays,
    and the next call goes on.
    """
    prowess.erasures.prepare()

    def who(conn: Connection) -> Who:
        return _whom(prowess, conn, tenant_id, person)

    try:
        name = _begin(prowess, who, is_new=True)
    except _Begun as already:
        name = str(already)
    except NotFound:
        begun = under_way_of(prowess, person, tenant_id)
        if begun is None:
            refuse_erased(prowess, person, tenant_id)
            raise
        name = begun.who.name
    return go_on(prowess, name, tenant_id=tenant_id, tell=tell)


def go_on(
    prowess: Prowess, name: str, *, tenant_id: int = t.DEFAULT_TENANT, tell: Tell = lambda _: None
) -> Erased | None:
    """Do what is left of an erasure, by its pseudonym; None where there is none, or another process ended it."""
    over = Pieces(prowess, tenant_id, name, tell).run()
    return None if over is None else _told(prowess, over.who, over.done)


def foresee(prowess: Prowess, person: str, *, tenant_id: int = t.DEFAULT_TENANT) -> Erased:
    """What `erase` would do, counted beside other writers.  Raises as `erase`."""
    with prowess.database.read(snapshot=True) as conn:
        who = _whom(prowess, conn, tenant_id, person)
        erasing = who.erasing(prowess, conn, is_rehearsal=True)
        rows = {
            table.name: policy.execute(erasing, table) + policy.follow(erasing, table) + policy.end(erasing, table)
            for table, policy in policies_of(prowess)
        }
        return replace(_told(prowess, who, rows), keys=named_after(prowess, conn, who))


def erase_again(
    prowess: Prowess, remembered: Mapping[bytes, Remembered], *, tenant_id: int = t.DEFAULT_TENANT
) -> list[Erased]:
    """Erase whom a list names, as far as they are here, under the pseudonyms of then; and remember all of the list.

    remembered: by digest, under this store's secret.
    """
    prowess.erasures.prepare()
    again = [go_on(prowess, one.who.name, tenant_id=tenant_id) for one in unfinished(prowess, tenant_id)]
    repeated(lambda: prowess.database.write(lambda conn: _remember(prowess, conn, tenant_id, remembered)))
    with prowess.database.read(snapshot=True) as conn:
        names = sorted(recognised(prowess, conn, tenant_id, remembered))
    for name in names:

        def who(conn: Connection, name: str = name) -> Who:
            found = recognised(prowess, conn, tenant_id, remembered)[name]
            return who_of(prowess, conn, tenant_id, found, name)

        _begin(prowess, who, is_new=False)
        again.append(go_on(prowess, name, tenant_id=tenant_id))
    return [one for one in again if one is not None]


def unfinished(prowess: Prowess, tenant_id: int = t.DEFAULT_TENANT) -> list[UnderWay]:
    """The erasures of a tenant that are under way."""
    return [one for one in under_way.all_under_way(prowess.database) if one.who.tenant_id == tenant_id]


def under_way_of(prowess: Prowess, text: str, tenant_id: int = t.DEFAULT_TENANT) -> UnderWay | None:
    """The erasure of somebody whom a text names, by whatever named them before or by their pseudonym; None where none is."""
    prowess.erasures.reload()
    found = prowess.erasures.find(tenant_id, text)
    name = found.person if found else text
    return next((one for one in unfinished(prowess, tenant_id) if name == one.who.name), None)


def refuse_erased(prowess: Prowess, text: str, tenant_id: int = t.DEFAULT_TENANT) -> None:
    """Raises Conflict when a text names somebody who was erased: an id, an address, an account, or their pseudonym."""
    prowess.erasures.reload()
    found = prowess.erasures.find(tenant_id, text)
    name = found.person if found else text if prowess.erasures.is_pseudonym(tenant_id, text) else None
    if name is not None:
        raise Conflict("they were erased already", hint=f"'{name}' is all that is left of them")


def _whom(prowess: Prowess, conn: Connection, tenant_id: int, person: str) -> Who:
    """Raises NotFound, and Conflict for somebody who works here."""
    ids = ids_of(conn, tenant_id, person)
    c = p.person.c
    here = select(c.left_day).where(c.tenant_id == tenant_id, c.person_id == ids[0], c.known_to.is_(None))
    row = conn.execute(here).first()
    if row is None:
        raise NotFound(f"no person has the id '{person}'")
    _refuse_working(prowess, conn, tenant_id, ids[0], row.left_day)
    name = f"erased-{prowess.ids.uuid().hex[:_DIGITS]}"
    return who_of(prowess, conn, tenant_id, gathered(conn, tenant_id, ids, set()), name)


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


def _begin(prowess: Prowess, whom: Callable[[Connection], Who], *, is_new: bool) -> str:
    """Find out who it is, then close the door if that is still so; returns the pseudonym.

    Raises _Begun where somebody else has closed it, unless it `is_new` to nobody, and what `whom` raises.
    """
    for _ in range(_ATTEMPTS):
        with prowess.database.read(snapshot=True) as conn:
            seen, who = newest(conn), whom(conn)
        close = partial(_close, prowess, seen=seen, who=who, is_new=is_new)
        try:
            repeated(partial(prowess.database.write, close))
        except _Outrun:
            continue
        reach("lrs.erasure.begun")
        return who.name
    raise Unavailable("what is known of people changes all the time", hint="try again in a quiet minute")


def _close(prowess: Prowess, conn: Connection, *, seen: int, who: Who, is_new: bool) -> None:
    prowess.database.dialect.exclude(conn, p.person)
    e, c = t.event.c, t.erasure.c
    newer = select(e.seq).where(e.seq > seen, e.tenant_id == who.tenant_id, e.kind.in_(_KINDS)).limit(1)
    if conn.scalar(newer) is not None:
        raise _Outrun
    digests = [prowess.erasures.digest(PERSON, id_.encode()) for id_ in who.people]
    listed = select(c.person_id).where(c.tenant_id == who.tenant_id, c.digest.in_(digests)).limit(1)
    if is_new and (name := conn.scalar(listed)) is not None:
        raise _Begun(name)
    close_door(prowess, conn, who)


def _told(prowess: Prowess, who: Who, rows: Mapping[str, int]) -> Erased:
    parts = [
        Part(plugin.name, name, policy.word, rows.get(name, 0), policy.why)
        for plugin in prowess.plugins
        for name, policy in plugin.erasure.items()
    ]
    return Erased(who.name, len(who.people), who.identifiers, rows.get(t.body.name, 0), parts)


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
