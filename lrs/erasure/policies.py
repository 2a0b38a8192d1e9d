"""What erasing a person does to a table: said by whoever owns the table, and done as it is said.

A table is kept, for a reason; or rows of theirs are deleted; or their pseudonym is put where they stand.  There is nothing
between what is declared and what happens (data-model 12).  It happens in pieces: rows are found beside other writers and
changed some at a time (`lrs.erasure.pieces`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property, partial
from typing import Any, Final, Protocol

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    Update,
    bindparam,
    delete,
    false,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy import Delete as Delete_

from lrs.batches import batches
from lrs.dialects.contract import Dialect
from lrs.erasure.pseudonyms import Pseudonyms
from lrs.xapi.actors import ifi_text
from lrs.xapi.edit import json_text
from lrs.xapi.postings import Kind, posting_key

_ROWS: Final = 1_000
_IN: Final = 400


Key = tuple[Any, ...]
"""The primary key of a row."""


@dataclass(eq=False)
class Erasing:
    """One erasure, in one of its transactions; or a rehearsal of it, which reads and writes nothing.

    telling: texts that are theirs and nobody else's, wherever they stand.  logins: names of accounts of theirs.
    addresses: their ids and mail addresses, as letters are addressed.
    exact: by text of an agent as statements have it, what it is now.  now: microseconds.
    among: by name of a table, the rows that this transaction may touch; of other tables it may touch all.
    statements: numbers of those that were changed.  said: keys of which they say something else now than before.
    data: attachment data (tenant, SHA-256) that may have lost its last name.
    """

    conn: Connection
    dialect: Dialect
    tenant_id: int
    now: int
    pseudonyms: Pseudonyms
    exact: Mapping[str, str]
    telling: Collection[str]
    logins: Collection[str]
    addresses: Collection[str]
    among: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)
    is_rehearsal: bool = False
    statements: list[int] = field(default_factory=list)
    said: set[tuple[Kind, str]] = field(default_factory=set)
    data: set[tuple[int, bytes]] = field(default_factory=set)

    @cached_property
    def agents(self) -> Mapping[bytes, bytes]:
        """By key of an agent, the key of what it is now."""
        known = {identity: str(ifi_text(agent)) for identity, agent in self.pseudonyms.agents.items()}
        return {posting_key("agent", old): posting_key("agent", new) for old, new in {**known, **self.exact}.items()}

    @cached_property
    def telling_only(self) -> Pseudonyms:
        """The same without names: others may have the same, and titles may hold them."""
        return replace(self.pseudonyms, words=self.telling)

    def here(self, table: Table) -> ColumnElement[bool]:
        """The rows that this transaction may touch: a part of each condition.  Else those of the tenant, where a table knows it."""
        return self.among[table.name] if table.name in self.among else self.mine(table)

    def mine(self, table: Table) -> ColumnElement[bool]:
        """The rows of the tenant, where a table knows tenants."""
        return table.c.tenant_id == self.tenant_id if "tenant_id" in table.c else true()

    def sought(self, table: Table, where: ColumnElement[bool]) -> ColumnElement[bool]:
        """A condition by which rows are found; of those that were found by it before it is not asked again, as others wait."""
        return true() if table.name in self.among else where

    def keys(self, table: Table, where: ColumnElement[bool]) -> list[Key]:
        """The rows that a condition finds, by their primary keys."""
        return [tuple(row) for row in self.conn.execute(select(*table.primary_key).where(self.here(table), where))]

    def do(self, change: Update | Delete_, rows: Sequence[Mapping[str, Any]] | None = None) -> int:
        """Change rows, or those of a list one by one; returns how many.  In a rehearsal they are only counted."""
        if rows is not None:
            if rows and not self.is_rehearsal:
                self.conn.execute(change, rows)
            return len(rows)
        if not self.is_rehearsal:
            return self.conn.execute(change).rowcount
        assert change.whereclause is not None
        found: int = self.conn.scalar(select(func.count()).select_from(change.table).where(change.whereclause)) or 0
        return found

    def replace(self, column: Column[Any], changes: Mapping[Any, Any]) -> int:
        """Put new values for old ones; returns of how many rows."""
        table, found = column.table, 0
        assert isinstance(table, Table)
        for old, new in changes.items():
            found += self.do(update(table).where(self.here(table), column == old).values({column.name: new}))
        return found

    def rewrite(
        self, column: Column[Any], change: Callable[[Any], Any], where: ColumnElement[bool] | None = None
    ) -> int:
        """Change what stands in the rows that a condition finds, by default those that name the person anywhere."""
        table = column.table
        assert isinstance(table, Table)
        keys = list(table.primary_key)
        where = self.sought(table, self.naming(column)) if where is None else where
        here = update(table).where(*(key == bindparam(f"key_{key.name}") for key in keys))
        found = 0
        rows = self.conn.execute(select(*keys, column.label("stands_")).where(self.here(table), where)).all()
        for some in batches(rows, _ROWS):
            changed = [
                {**{f"key_{key.name}": row[i] for i, key in enumerate(keys)}, "new_": new}
                for row in some
                if row.stands_ is not None and (new := change(row.stands_)) != row.stands_
            ]
            found += self.do(here.values({column.name: bindparam("new_")}), changed)
        return found

    def naming(self, column: Column[Any]) -> ColumnElement[bool]:
        """Where a column of text may name the person: by a word of theirs, or in JSON by an id or an agent, in quotes."""
        pseudonyms = self.pseudonyms
        values = {*pseudonyms.people, *self.logins}
        for identity in pseudonyms.agents:
            ((_, value),) = json.loads(identity).items()
            values.add(value["name"] if isinstance(value, dict) else value)
        texts = {shape for word in pseudonyms.words for shape in (word, json.dumps(word)[1:-1])}
        for value in values:
            texts |= {json.dumps(value), json.dumps(value, ensure_ascii=False), json.dumps(json.dumps(value))[1:-1]}
        return or_(false(), *(column.icontains(text, autoescape=True) for text in sorted(texts)))

    def holding(self, column: Any) -> ColumnElement[bool]:
        """Rows whose bytes hold what tells the person from others; their name alone does not, as others may have the same."""
        return holding(self.dialect, column, self.telling)

    def document(self, text: str, keys: Collection[str] = (), pseudonyms: Pseudonyms | None = None) -> str:
        """JSON as text, in which nothing names the person; where it is none, as text."""
        pseudonyms = pseudonyms or self.pseudonyms
        try:
            found = json.loads(text, parse_float=Decimal)
        except ValueError:
            return pseudonyms.text(text)
        said = pseudonyms.value(found, keys)
        return text if said == found else json_text(said)


def holding(dialect: Dialect, column: Any, texts: Iterable[str]) -> ColumnElement[bool]:
    """Rows whose bytes hold one of some texts, in these letters or in small ones, as text or as JSON."""
    shapes = {shape.encode() for text in texts for shape in (text, text.lower(), json.dumps(text)[1:-1])}
    return or_(false(), *(dialect.place_in(column, shape) > 0 for shape in sorted(shapes)))


class Policy(Protocol):
    """What happens to a table."""

    @property
    def word(self) -> str:
        """`keep`, `scrub` or `delete`."""
        ...

    @property
    def why(self) -> str: ...

    @property
    def is_worklist(self) -> bool:
        """Whether workers take their work from it: they are to be done with that before the person becomes the pseudonym."""
        ...

    def columns(self) -> Iterable[str]:
        """The columns it names, which must be there."""
        ...

    def turn(self, erasing: Erasing, table: Table) -> int:
        """Do what has to be in the one transaction in which the person becomes the pseudonym; returns of how many rows."""
        ...

    def rows(self, erasing: Erasing, table: Table) -> list[Key] | None:
        """The rows that `execute` is still to look at, for it to be called for some of them at a time; None: once, for all."""
        ...

    def execute(self, erasing: Erasing, table: Table) -> int:
        """Do it, to the rows that `Erasing.here` says; returns how many that changed.  Once more, it changes nothing."""
        ...

    def follow(self, erasing: Erasing, table: Table) -> int:
        """Do what follows from `Erasing.statements`, in the transaction in which they were changed."""
        ...

    def end(self, erasing: Erasing, table: Table) -> int:
        """Do what can only be done when nothing else is left."""
        ...


@dataclass(frozen=True, kw_only=True)
class Keep:
    """Nothing of the person stands there, or it has to stay.  why: in a few words, as the command shows them."""

    why: str
    word: str = field(default="keep", init=False)
    is_worklist: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        _needs_reason(self.why)

    def columns(self) -> Iterable[str]:
        return ()

    def turn(self, erasing: Erasing, table: Table) -> int:  # noqa: ARG002 - the contract's shape, here and below
        return 0

    def rows(self, erasing: Erasing, table: Table) -> list[Key] | None:  # noqa: ARG002
        return []

    def execute(self, erasing: Erasing, table: Table) -> int:  # noqa: ARG002
        return 0

    def follow(self, erasing: Erasing, table: Table) -> int:  # noqa: ARG002
        return 0

    def end(self, erasing: Erasing, table: Table) -> int:  # noqa: ARG002
        return 0


@dataclass(frozen=True, kw_only=True)
class _Change:
    """What changes a table, in pieces.

    by: what columns cannot say; it comes first, changes only rows that `Erasing.here` says, through `Erasing.do`, and
    returns how many.  which: the rows that it may have to change, found beside other writers; without it, it is called once
    for all, however many they are.
    at_once: the rows that are changed in the transaction in which the person becomes the pseudonym, as others are told by
    them who somebody is: so many as one person has.  first: columns of ids of which only those are put anew there.
    following: what follows from changed statements.  last: what is done in the end.
    """

    by: Callable[[Erasing, Table], int] | None = None
    which: Callable[[Erasing, Table], Iterable[Key]] | None = None
    at_once: Callable[[Erasing, Table], ColumnElement[bool]] | None = None
    first: Sequence[str] = ()
    following: Callable[[Erasing, Table], int] | None = None
    last: Callable[[Erasing, Table], int] | None = None
    why: str
    is_worklist: bool = False

    def __post_init__(self) -> None:
        _needs_reason(self.why)
        if not any((self.by, self.following, self.last, *self.columns())):
            raise ValueError("a policy that changes something says what")

    def columns(self) -> Iterable[str]:
        raise NotImplementedError

    def where(self, erasing: Erasing, table: Table) -> ColumnElement[bool]:
        """Rows whose columns may name the person."""
        raise NotImplementedError

    def execute(self, erasing: Erasing, table: Table) -> int:
        raise NotImplementedError

    def turn(self, erasing: Erasing, table: Table) -> int:
        found = 0
        if self.at_once is not None:
            mine = erasing.mine(table) & self.at_once(erasing, table)
            some = replace(erasing, among={**erasing.among, table.name: mine})
            found = self.execute(some, table)
        for name in self.first:
            erasing.replace(table.c[name], erasing.pseudonyms.people)
        return found

    def rows(self, erasing: Erasing, table: Table) -> list[Key] | None:
        if self.by is not None and self.which is None and self.at_once is None:
            return None
        found = dict.fromkeys(self.which(erasing, table)) if self.which else {}
        return list(found | dict.fromkeys(erasing.keys(table, self.where(erasing, table))))

    def follow(self, erasing: Erasing, table: Table) -> int:
        return self.following(erasing, table) if self.following else 0

    def end(self, erasing: Erasing, table: Table) -> int:
        return self.last(erasing, table) if self.last else 0


@dataclass(frozen=True, kw_only=True)
class Delete(_Change):
    """Rows go whose columns say that they are the person's: by id, by the key of an agent, or by address."""

    people: Sequence[str] = ()
    agents: Sequence[str] = ()
    addresses: Sequence[str] = ()
    word: str = field(default="delete", init=False)

    def columns(self) -> Iterable[str]:
        return (*self.people, *self.agents, *self.addresses)

    def where(self, erasing: Erasing, table: Table) -> ColumnElement[bool]:
        return or_(false(), *(table.c[name].in_(some) for name, some in self._named(erasing)))

    def execute(self, erasing: Erasing, table: Table) -> int:
        found = 0 if self.by is None else self.by(erasing, table)
        for name, some in self._named(erasing):
            found += erasing.do(delete(table).where(erasing.here(table), table.c[name].in_(some)))
        return found

    def _named(self, erasing: Erasing) -> Iterator[tuple[str, list[Any]]]:
        """Columns, each with values that are the person's there, so many as one IN takes."""
        for names, values in (
            (self.people, erasing.pseudonyms.people),
            (self.agents, erasing.agents),
            (self.addresses, erasing.addresses),
        ):
            yield from ((name, some) for name in names for some in batches(values, _IN))


@dataclass(frozen=True, kw_only=True)
class Scrub(_Change):
    """The pseudonym is put where the person stands, and rows stay.

    people: columns of ids.  agents: of agents' keys.  identities: of agents as text.  logins: of names of accounts.
    texts: of free text.  documents: of JSON, each with the members in it whose value is somebody's id.
    """

    people: Sequence[str] = ()
    agents: Sequence[str] = ()
    identities: Sequence[str] = ()
    logins: Sequence[str] = ()
    texts: Sequence[str] = ()
    documents: Mapping[str, Collection[str]] = field(default_factory=dict)
    word: str = field(default="scrub", init=False)

    def columns(self) -> Iterable[str]:
        return (*self.people, *self.agents, *self.identities, *self.logins, *self.texts, *self.documents)

    def where(self, erasing: Erasing, table: Table) -> ColumnElement[bool]:
        c = table.c
        named = [erasing.naming(c[name]) for name in (*self.documents, *self.texts)]
        for names, values in (
            (self.logins, erasing.logins),
            (self.identities, erasing.pseudonyms.agents),
            (self.agents, erasing.agents),
            (self.people, erasing.pseudonyms.people),
        ):
            named += [c[name].in_(some) for name in names for some in batches(values, _IN)]
        return or_(false(), *named)

    def execute(self, erasing: Erasing, table: Table) -> int:
        """Counts rows by the column that changes most of them."""
        found = [0 if self.by is None else self.by(erasing, table)]
        pseudonyms, c = erasing.pseudonyms, table.c
        found += [
            erasing.rewrite(c[name], partial(erasing.document, keys=keys)) for name, keys in self.documents.items()
        ]
        found += [erasing.rewrite(c[name], pseudonyms.text) for name in self.texts]
        found += [erasing.replace(c[name], dict.fromkeys(erasing.logins, pseudonyms.name)) for name in self.logins]
        identities = {identity: str(ifi_text(agent)) for identity, agent in pseudonyms.agents.items()}
        found += [erasing.replace(c[name], identities) for name in self.identities]
        found += [erasing.replace(c[name], erasing.agents) for name in self.agents]
        found += [erasing.replace(c[name], pseudonyms.people) for name in self.people]
        return max(found)


def theirs(*names: str) -> Callable[[Erasing, Table], ColumnElement[bool]]:
    """For `at_once`: the rows in which one of some columns of ids is theirs."""

    def rows(erasing: Erasing, table: Table) -> ColumnElement[bool]:
        return or_(*(table.c[name].in_(list(erasing.pseudonyms.people)) for name in names))

    return rows


def everything(_: Erasing, __: Table) -> ColumnElement[bool]:
    """For `at_once`: whatever a policy changes, as nobody has many such rows."""
    return true()


def every_row(erasing: Erasing, table: Table) -> Iterable[Key]:
    """For `which`: all rows, where only looking at them tells."""
    return erasing.keys(table, true())


def _needs_reason(why: str) -> None:
    if not why.strip():
        raise ValueError("a policy says why")
