"""Erasures that are under way: who it is, kept until nothing else is left of them, so that whoever comes can go on.

What is kept here names the person.  So does the rest of the store until the last piece, which takes this away as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from lrs.db import Database
from lrs.erasure.policies import Erasing
from lrs.erasure.pseudonyms import Pseudonyms
from lrs.store import tables as t
from lrs.xapi.actors import ifi_text
from lrs.xapi.canonical import Key
from lrs.xapi.postings import posting_key

if TYPE_CHECKING:
    from lrs.prowess import Prowess


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who is being erased.

    people, agents, exact, telling, logins, addresses: as `Pseudonyms` and `Erasing`.  words: texts that name them.
    identifiers: how many they were known by.
    """

    tenant_id: int
    name: str
    people: Mapping[str, str]
    agents: Mapping[str, Mapping[str, Any]]
    exact: Mapping[str, str]
    words: Sequence[str]
    telling: Sequence[str]
    logins: Sequence[str]
    addresses: Sequence[str]
    identifiers: int

    @property
    def known(self) -> dict[str, str]:
        """By text of each agent of theirs, as the register or statements have it, what it is now."""
        return {**{identity: str(ifi_text(agent)) for identity, agent in self.agents.items()}, **self.exact}

    @property
    def keys(self) -> list[bytes]:
        """The keys of those agents."""
        return [posting_key("agent", text) for text in self.known]

    def erasing(
        self,
        prowess: Prowess,
        conn: Connection,
        among: Mapping[str, ColumnElement[bool]] | None = None,
        *,
        is_rehearsal: bool = False,
    ) -> Erasing:
        """Their erasure in a transaction.  among: as `Erasing.among`."""
        meant = [prefix for plugin in prowess.plugins for prefix in plugin.extensions]
        return Erasing(
            conn=conn,
            dialect=prowess.database.dialect,
            tenant_id=self.tenant_id,
            now=prowess.clock.now(),
            pseudonyms=Pseudonyms(self.name, self.people, self.agents, frozenset(self.words), meant),
            exact=self.exact,
            telling=self.telling,
            logins=self.logins,
            addresses=self.addresses,
            among=among or {},
            is_rehearsal=is_rehearsal,
        )


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An erasure that has begun and is not over.  began_at, turned_at: numbers, hence instants; turned_at: None while the
    register still knows the person.  done: rows so far, by table.  said: keys whose documents are to be folded anew.
    """

    who: Who
    began_at: int
    turned_at: int | None
    done: Mapping[str, int] = field(default_factory=dict)
    said: frozenset[Key] = frozenset()

    @property
    def statements(self) -> int:
        return self.done.get(t.body.name, 0)

    def with_rows(self, rows: Mapping[str, int], said: Iterable[Key] = ()) -> UnderWay:
        """The same with so many more rows of tables."""
        more = {name: self.done.get(name, 0) + count for name, count in rows.items() if count}
        return replace(self, done={**self.done, **more}, said=self.said | frozenset(said))

    def without_said(self, key: Key) -> UnderWay:
        """The same when the document of a key was folded anew."""
        return replace(self, said=self.said - {key})


def all_under_way(database: Database) -> list[UnderWay]:
    """The oldest first."""
    c = t.erasing.c
    with database.read() as conn:
        rows = conn.execute(select(t.erasing).order_by(c.began_at, c.tenant_id, c.person_id)).all()
    return [_loaded(row) for row in rows]


def find(conn: Connection, tenant_id: int, name: str, *, to_change: bool = False) -> UnderWay | None:
    """The erasure under a pseudonym; None where it is over.  to_change: whoever else goes on with it waits."""
    query = select(t.erasing).where(_here(tenant_id, name))
    row = conn.execute(query.with_for_update() if to_change else query).first()
    return None if row is None else _loaded(row)


def begin(conn: Connection, who: Who, seq: int) -> UnderWay:
    """Remember that it has begun."""
    begun = UnderWay(who, seq, None)
    conn.execute(insert(t.erasing), {**_values(begun), "tenant_id": who.tenant_id, "person_id": who.name})
    return begun


def keep(conn: Connection, before: UnderWay, now: UnderWay) -> None:
    """Write down how far it is; what did not change since is not written again."""
    was, values = _values(before), _values(now)
    changed = {name: value for name, value in values.items() if value != was[name]}
    if changed:
        conn.execute(update(t.erasing).where(_here(now.who.tenant_id, now.who.name)).values(changed))


def end(conn: Connection, over: UnderWay) -> None:
    """Forget who it was."""
    conn.execute(delete(t.erasing).where(_here(over.who.tenant_id, over.who.name)))


def _here(tenant_id: int, name: str) -> ColumnElement[bool]:
    return and_(t.erasing.c.tenant_id == tenant_id, t.erasing.c.person_id == name)


def _values(one: UnderWay) -> dict[str, Any]:
    return {
        "began_at": one.began_at,
        "turned_at": one.turned_at,
        "who": json.dumps(asdict(one.who), ensure_ascii=False),
        "said": json.dumps(sorted(one.said), ensure_ascii=False),
        "done": json.dumps(one.done),
    }


def _loaded(row: Row[Any]) -> UnderWay:
    said = frozenset((kind, text) for kind, text in json.loads(row.said))
    return UnderWay(Who(**json.loads(row.who)), row.began_at, row.turned_at, json.loads(row.done), said)
