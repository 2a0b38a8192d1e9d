"""Who was erased, remembered so that they do not come back: digests under a secret, each with what stands there now.

Each process has the list in its memory and knows of which fact of the feed on it is that; whoever takes numbers is told
the newest such fact, so a store that has erased nobody asks nothing more than before (docs/decisions/0114).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, or_, select

from lrs.db import Database, by_tenant
from lrs.erasure.pseudonyms import Pseudonyms, identity_in, is_name, names_in, words_of
from lrs.errors import Forbidden
from lrs.ids import Ids
from lrs.people.identity import identity_of
from lrs.people.named import identity_meant
from lrs.store import tables as t
from lrs.store.server_secrets import server_secret
from lrs.xapi.edit import json_text
from lrs.xapi.intake import Prepared
from lrs.xapi.postings import posting_key, postings
from lrs.xapi.sameness import content_hash

SECRET: Final = "erasure"  # noqa: S105 - its name
AGENT: Final = "agent"
PERSON: Final = "person"
_MBOX: Final = '{"mbox":'


class Outdated(Exception):
    """Somebody was erased since the list was read: nothing of this commit is to stay."""


class Remembered(NamedTuple):
    """What stands for an identifier or an id now.  person: the pseudonym of whose it was."""

    person: str
    pseudonym: str


class Erasures:
    """One process's list.  meant: as `Pseudonyms.meant`."""

    def __init__(self, database: Database, ids: Ids, meant: Sequence[str] = ()) -> None:
        self._database = database
        self._ids = ids
        self._meant = tuple(meant)
        self._secret: bytes | None = None
        self._known: Mapping[tuple[int, bytes], Remembered] = {}
        self.mark = 0
        """The newest fact that the list knows of."""

    @staticmethod
    def check(newest: int, mark: int) -> None:
        """Raises Outdated when somebody was erased since the list was as it was at a mark.

        The mark is taken before the list is asked: another thread may read it anew in between.
        """
        if newest != mark:
            raise Outdated

    def reload(self) -> None:
        """Read the list anew."""
        with self._database.read(snapshot=True) as conn:
            rows = conn.execute(select(t.erasure)).all()
        self._known = {(row.tenant_id, row.digest): Remembered(row.person_id, row.pseudonym) for row in rows}
        self.mark = max((row.seq for row in rows), default=0)

    def catch_up(self, newest: int) -> None:
        """The same where the fact that somebody was erased last is another one than the list goes up to."""
        if newest != self.mark:
            self.reload()

    def prepare(self) -> None:
        """Have the secret, which may have to be made, before a write that needs digests."""
        self._secret = server_secret(self._database, self._ids, SECRET)

    def digest(self, kind: str, key: bytes) -> bytes:
        """What is remembered of an id, or of an agent's key."""
        if self._secret is None:
            self.prepare()
        assert self._secret is not None
        return digest_of(self._secret, kind, key)

    def of_agent(self, tenant_id: int, identity: str) -> Remembered | None:
        """What stands for an identity (`identity_of`)."""
        return self._of(tenant_id, AGENT, posting_key("agent", identity))

    def of_person(self, tenant_id: int, id_: str) -> Remembered | None:
        return self._of(tenant_id, PERSON, id_.encode())

    def find(self, tenant_id: int, text: str) -> Remembered | None:
        """What stands for somebody erased whom a text names: by id, mail address or account; None for others."""
        if not self._known:
            return None
        identity = identity_meant(text)
        return self.of_person(tenant_id, text) or (self.of_agent(tenant_id, identity) if identity else None)

    def id_now(self, tenant_id: int, text: str) -> str | None:
        """The id of somebody erased whom a text names; None for others."""
        found, by_id = self.find(tenant_id, text), self.of_person(tenant_id, text)
        return by_id.pseudonym if by_id else found.person if found else None

    def is_pseudonym(self, tenant_id: int, id_: str) -> bool:
        """Whether somebody's id is all that is left of them."""
        return any(id_ in one for (tenant, _), one in self._known.items() if tenant == tenant_id)

    def refuse(self, tenant_id: int, agent: bytes | None) -> None:
        """Nothing is kept under the key of an agent who was erased.  Raises Forbidden."""
        if self._known and agent is not None and self._of(tenant_id, AGENT, agent) is not None:
            raise Forbidden(
                "the agent of this document was erased, and nothing is kept of them any more",
                hint="stop sending documents of theirs; docs/people.md tells what erasing means",
            )

    def without(self, tenant_id: int, statement: Prepared) -> Prepared:
        """A statement with what stands for those who were erased; the same one where it names none of them."""
        if not self._known:
            return statement
        agents = (posting.text for posting in statement.postings if posting.kind == "agent")
        found = self._named_in(tenant_id, (text.lower() if text.startswith(_MBOX) else text for text in agents))
        if not found:
            return statement
        said = json.loads(statement.body, parse_float=Decimal)
        for person, known in found.items():
            said = self._pseudonyms(tenant_id, person, known, said).statement(said)
        return rewritten(statement, said)

    def set_aside(self, tenant_id: int, source: bytes, flaws: str) -> tuple[bytes, str]:
        """What is no statement, and what is wrong with it, with what stands for those who were erased; as far as it is JSON."""
        if not self._known:
            return source, flaws
        try:
            said = json.loads(source, parse_float=Decimal)
        except ValueError:
            return source, flaws
        for person, agents in self._named_in(tenant_id, _identities_in(said)).items():
            pseudonyms = self._pseudonyms(tenant_id, person, agents, said)
            said = pseudonyms.value(said)
            source, flaws = json_text(said).encode(), pseudonyms.text(flaws)
        return source, flaws

    def _named_in(self, tenant_id: int, identities: Iterable[str]) -> dict[str, dict[str, Mapping[str, Any]]]:
        """By pseudonym, those of some identities who were erased."""
        found: dict[str, dict[str, Mapping[str, Any]]] = {}
        for identity in identities:
            if one := self.of_agent(tenant_id, identity):
                found.setdefault(one.person, {})[identity] = json.loads(one.pseudonym)
        return found

    def _pseudonyms(
        self, tenant_id: int, person: str, agents: Mapping[str, Mapping[str, Any]], said: Any
    ) -> Pseudonyms:
        """What is known of somebody erased: who they are is in what was sent, or nowhere."""
        words = {word for identity in agents for word in words_of(identity)} | set(
            filter(is_name, names_in(said, agents))
        )
        return Pseudonyms(person, _Ids(self, tenant_id), agents, words, self._meant)

    def _of(self, tenant_id: int, kind: str, key: bytes) -> Remembered | None:
        return self._known.get((tenant_id, self.digest(kind, key))) if self._known else None


class _Ids(Mapping[str, str]):
    """Ids of people who were erased, each with what it is now: they can be asked for, and not told."""

    def __init__(self, erasures: Erasures, tenant_id: int) -> None:
        self._erasures, self._tenant_id = erasures, tenant_id

    def __getitem__(self, id_: str) -> str:
        found = self._erasures.of_person(self._tenant_id, id_)
        if found is None:
            raise KeyError(id_)
        return found.pseudonym

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def rewritten(statement: Prepared, said: Mapping[str, Any]) -> Prepared:
    """The same statement saying something else about the same."""
    return replace(
        statement,
        body=json_text(said).encode(),
        content_hash=content_hash(said),
        postings=tuple(sorted(postings(said))),
        statement=said,
        sent_hash=statement.sent_hash or statement.content_hash,
    )


def pseudonyms_among(conn: Connection, tenant_id: int, people: Iterable[str]) -> set[str]:
    """Those ids that stand for somebody who was erased."""
    c, found = t.erasure.c, set[str]()
    for _, some in by_tenant((tenant_id, id_) for id_ in people):
        theirs = (c.person_id.in_(some), c.pseudonym.in_(some))
        rows = conn.execute(select(c.person_id, c.pseudonym).where(c.tenant_id == tenant_id, or_(*theirs)))
        found.update(id_ for row in rows for id_ in row)
    return found


def digest_of(secret: bytes, kind: str, key: bytes) -> bytes:
    """HMAC-SHA-256: without the secret nobody can try out whose identifier it may be."""
    return hmac.digest(secret, kind.encode() + b"\0" + key, hashlib.sha256)


def _identities_in(value: Any) -> Iterator[str]:
    """Everybody who may be meant by a part of some JSON."""
    if isinstance(value, Mapping):
        if identity := identity_in(value):
            yield identity
        for one in value.values():
            yield from _identities_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from _identities_in(one)
    elif isinstance(value, str) and "@" in value:  # an address without `mailto:` is a usual flaw
        yield str(identity_of({"mbox": f"mailto:{value.strip().removeprefix('mailto:')}"}))


def keys_of(people: Iterable[str], identities: Iterable[str]) -> list[tuple[str, bytes, str]]:
    """Kind, key and text of what is to be remembered."""
    return [
        *((PERSON, id_.encode(), id_) for id_ in people),
        *((AGENT, posting_key("agent", identity), identity) for identity in identities),
    ]
