"""What erasing a person does to a table: said by whoever owns the table, and done as it is said.

A table is kept, for a reason; or rows of theirs are deleted; or their pseudonym is put where they stand.  There is nothing
between what is declared and what happens (data-model 12).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property, partial
from typing import Any, Final, Protocol

from sqlalchemy import Column, ColumnElement, Connection, Table, bindparam, delete, false, or_, select, true, update

from lrs.batches import batches
from lrs.dialects.contract import Dialect
from lrs.erasure.pseudonyms import Pseudonyms
from lrs.xapi.actors import ifi_text
from lrs.xapi.edit import json_text
from lrs.xapi.postings import Kind, posting_key

_ROWS: Final = 1_000
_IN: Final = 400


@dataclass(eq=False)
class Erasing:
    """One erasure, in its transaction.

    telling: texts that are theirs and nobody else's, wherever they stand; holding_seqs: numbers of statements in which
    one stands.  logins: names of accounts of theirs.  addresses: their ids and mail addresses, as letters are addressed.
    exact: by text of an agent as statements have it, what it is now.  now: microseconds.
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
    holding_seqs: Collection[int]
    logins: Collection[str]
    addresses: Collection[str]
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
        """The rows of the tenant, where a table knows tenants."""
        return table.c.tenant_id == self.tenant_id if "tenant_id" in table.c else true()

    def replace(self, column: Column[Any], changes: Mapping[Any, Any]) -> int:
        """Put new values for old ones; returns of how many rows."""
        table, found = column.table, 0
        assert isinstance(table, Table)
        for old, new in changes.items():
            change = update(table).where(self.here(table), column == old).values({column.name: new})
            found += self.conn.execute(change).rowcount
        return found

    def rewrite(
        self, column: Column[Any], change: Callable[[Any], Any], where: ColumnElement[bool] | None = None
    ) -> int:
        """Change what stands in the rows that a condition finds, by default those that name the person anywhere."""
        table = column.table
        assert isinstance(table, Table)
        keys = list(table.primary_key)
        where = self.naming(column) if where is None else where
        here = update(table).where(*(key == bindparam(f"key_{key.name}") for key in keys))
        found = 0
        rows = self.conn.execute(select(*keys, column.label("stands_")).where(self.here(table), where)).all()
        for some in batches(rows, _ROWS):
            changed = [
                {**{f"key_{key.name}": row[i] for i, key in enumerate(keys)}, "new_": new}
                for row in some
                if row.stands_ is not None and (new := change(row.stands_)) != row.stands_
            ]
            if changed:
                self.conn.execute(here.values({column.name: bindparam("new_")}), changed)
                found += len(changed)
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
        """Whether workers take their work from it: they are to be done with that before anything is changed."""
        ...

    def columns(self) -> Iterable[str]:
        """The columns it names, which must be there."""
        ...

    def execute(self, erasing: Erasing, table: Table) -> int:
        """Do it; returns how many rows that concerned."""
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

    def execute(self, erasing: Erasing, table: Table) -> int:  # noqa: ARG002 - the contract's shape
        return 0


@dataclass(frozen=True, kw_only=True)
class Delete:
    """Rows go whose columns say that they are the person's: by id, by the key of an agent, or by address.

    by: what columns cannot say; returns how many rows went.
    """

    people: Sequence[str] = ()
    agents: Sequence[str] = ()
    addresses: Sequence[str] = ()
    by: Callable[[Erasing, Table], int] | None = None
    why: str
    word: str = field(default="delete", init=False)
    is_worklist: bool = False

    def __post_init__(self) -> None:
        _needs_reason(self.why)
        if self.by is None and not any(True for _ in self.columns()):
            raise ValueError("a policy that deletes says which rows")

    def columns(self) -> Iterable[str]:
        return (*self.people, *self.agents, *self.addresses)

    def execute(self, erasing: Erasing, table: Table) -> int:
        found = 0 if self.by is None else self.by(erasing, table)
        for names, values in (
            (self.people, list(erasing.pseudonyms.people)),
            (self.agents, list(erasing.agents)),
            (self.addresses, list(erasing.addresses)),
        ):
            for name in names:
                for some in batches(values, _IN):
                    rows = delete(table).where(erasing.here(table), table.c[name].in_(some))
                    found += erasing.conn.execute(rows).rowcount
        return found


@dataclass(frozen=True, kw_only=True)
class Scrub:
    """The pseudonym is put where the person stands, and rows stay.

    people: columns of ids.  agents: of agents' keys.  identities: of agents as text.  logins: of names of accounts.
    texts: of free text.  documents: of JSON, each with the members in it whose value is somebody's id.
    by: what columns cannot say; it comes first, and returns how many rows it changed.
    """

    people: Sequence[str] = ()
    agents: Sequence[str] = ()
    identities: Sequence[str] = ()
    logins: Sequence[str] = ()
    texts: Sequence[str] = ()
    documents: Mapping[str, Collection[str]] = field(default_factory=dict)
    by: Callable[[Erasing, Table], int] | None = None
    why: str
    word: str = field(default="scrub", init=False)
    is_worklist: bool = False

    def __post_init__(self) -> None:
        _needs_reason(self.why)
        if self.by is None and not any(True for _ in self.columns()):
            raise ValueError("a policy that scrubs says what")

    def columns(self) -> Iterable[str]:
        return (*self.people, *self.agents, *self.identities, *self.logins, *self.texts, *self.documents)

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


def _needs_reason(why: str) -> None:
    if not why.strip():
        raise ValueError("a policy says why")
