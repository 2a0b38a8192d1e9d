"""Taking statements in: ids, conflicts, voids and references, many requests in one commit.

Nothing here looks at what a statement means to rules; that happens behind the feed.
"""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from threading import Lock
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from lrs.db import Database, by_tenant
from lrs.dialects.contract import Among, Dialect
from lrs.erasure.remembered import Erasures, Outdated
from lrs.errors import Conflict, Unavailable
from lrs.metrics.counts import Tally
from lrs.store import attachments
from lrs.store import tables as t
from lrs.store.blobs.contract import MissingBlob
from lrs.store.references import Arrival, inherited_by_new
from lrs.turns import Grouper, Priority, each_of, stopping
from lrs.xapi.attachment import DataReference
from lrs.xapi.intake import ASSIGNED_TIMESTAMP, Prepared
from lrs.xapi.sameness import HASH_VERSION, content_hash, same_timestamp
from lrs.xapi.versions import Version

_KNOWN_TERMS = 200_000
SCRUBBED: Final = -1
"""A `hash_version`: somebody was erased from the statement, so what is sent under its id can be compared no more."""


@dataclass(frozen=True, slots=True)
class Intake:
    """One request's statements, checked and ready to be numbered."""

    tenant_id: int
    credential_id: int
    statements: Sequence[Prepared]
    version: Version
    origin: int = 0
    claimed_stored: Mapping[UUID, int] = field(default_factory=dict)
    attachments: Mapping[UUID, Sequence[DataReference]] = field(default_factory=dict)
    """Data that `Attachments.keep` has made durable, by statement."""
    also: Callable[[Connection], None] | None = None
    """What must commit together with these statements, or not at all.  What raises Conflict has written nothing, and then
    nothing of this request is stored; it may not fail otherwise."""
    of_new: Callable[[Connection], None] | None = None
    """What must commit together with them where at least one is new; it may not fail."""


@dataclass(frozen=True, slots=True)
class Known:
    """A stored statement, as far as a resend must be compared with it."""

    seq: int
    content_hash: bytes
    timestamp: int | None
    """None when the store filled it in, or when the statement is not committed yet and had none."""
    is_scrubbed: bool = False


class Statements:
    """The one writer of statements in this process."""

    def __init__(self, database: Database, on_commit: Callable[[], None], stored: Tally, erasures: Erasures) -> None:
        self._database = database
        self.erasures = erasures
        self._on_commit = on_commit
        self._stored = stored
        self.lines: list[Callable[[], int]] = []
        """How many requests wait in front of `record_group`, of everybody who has a line there."""
        self._terms = KnownTerms(_KNOWN_TERMS)
        self._intake: Grouper[Intake, int] = Grouper(self._commit, weigh=lambda intake: len(intake.statements))

    @property
    def waiting(self) -> int:
        """How many requests wait to be recorded."""
        return self._intake.waiting + sum(line() for line in self.lines)

    def record(self, intake: Intake) -> int:
        """Store what is new; returns how many statements were.  All of it or nothing.

        Raises Conflict when an id is known with other content (XAPI-00142), Unavailable when the database is away.
        """
        if not intake.statements and intake.also is None:
            return 0
        return self._intake.submit(intake)

    def record_group(self, intakes: Sequence[Intake]) -> Sequence[int | BaseException]:
        """Store many requests in one commit; the count of each, or what `record` would have raised of it."""
        if self._intake.is_closed:
            return [stopping()] * len(intakes)
        return each_of(self._commit, intakes)

    def record_at_once(self, intakes: Sequence[Intake]) -> Sequence[int | Exception] | None:
        """As `record_group`, in a turn that `Database.ask` gave.

        None when that could not be as a whole: then nothing is stored, and `record_group` finds out why.  Raises
        Unavailable when it could not be at once.
        """
        if self._intake.is_closed:
            return None
        try:
            return self._commit(intakes, at_once=True)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, it is found again
            return None

    def close(self) -> None:
        self._intake.close()

    def _commit(self, intakes: Sequence[Intake], *, at_once: bool = False) -> Sequence[int | Exception]:
        write = self._database.write_at_once if at_once else partial(self._database.write, priority=Priority.INTAKE)
        while True:
            mark = self.erasures.mark
            group = _Group(self._database, self._terms, mark)
            wanted = [self._without_erased(intake) for intake in intakes] if mark else intakes
            try:
                results = write(partial(group.record, intakes=wanted))
                break
            except Outdated:
                self.erasures.reload()
        self._terms.learn(group.fresh_terms)
        if group.count:
            self._database.learn(group.last)
            for origin, count in group.origins.items():
                self._stored.add("own" if origin else "received", count=count)
            self._on_commit()
        return results

    def _without_erased(self, intake: Intake) -> Intake:
        """The same request with what stands for those who were erased, and without the data that they brought."""
        statements = [self.erasures.without(intake.tenant_id, one) for one in intake.statements]
        if all(one is other for one, other in zip(statements, intake.statements, strict=True)):
            return intake
        kept = {one.id: one.statement.get("attachments") for one in statements}
        data = {id_: brought for id_, brought in intake.attachments.items() if kept.get(id_)}
        return replace(intake, statements=statements, attachments=data)


class KnownTerms:
    """Which index keys are surely in the term table: filled from commits only, bounded."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._keys: OrderedDict[tuple[int, bytes], None] = OrderedDict()
        self._guard = Lock()

    def unknown(self, keys: Iterable[tuple[int, bytes]]) -> set[tuple[int, bytes]]:
        with self._guard:
            return {key for key in keys if key not in self._keys}

    def learn(self, keys: Iterable[tuple[int, bytes]]) -> None:
        with self._guard:
            self._keys.update((key, None) for key in keys)
            while len(self._keys) > self._most:
                self._keys.popitem(last=False)


@dataclass(slots=True)
class _New:
    """A statement of this group that gets a number."""

    intake: Intake
    prepared: Prepared
    seq: int = 0


class _Group:
    """One transaction's worth of requests."""

    def __init__(self, database: Database, terms: KnownTerms, mark: int) -> None:
        self._database = database
        self._terms = terms
        self._mark = mark
        self.count = 0
        self.origins: Counter[int] = Counter()
        """How many statements are new, by `origin`."""
        self.last = 0
        """The highest number given."""
        self.fresh_terms: set[tuple[int, bytes]] = set()

    def record(self, conn: Connection, intakes: Sequence[Intake]) -> list[int | Exception]:
        self._database.dialect.lock(conn)
        known = _known(conn, self._database.dialect, intakes)
        results: list[int | Exception] = []
        new: list[_New] = []
        for intake in intakes:
            try:
                fresh = _fresh(intake, known)
                self._confirm(conn, intake, fresh)
                if intake.also is not None:
                    self._next_seq(conn)
                    intake.also(conn)
                if fresh and intake.of_new is not None:
                    intake.of_new(conn)
            except (Conflict, MissingBlob) as refusal:
                self._next_seq(conn)  # what is no conflict once somebody was erased is found out before it is said
                results.append(refusal)
            else:
                known |= {(intake.tenant_id, p.id): Known(0, p.content_hash, p.timestamp) for p in fresh}
                new += [_New(intake, prepared) for prepared in fresh]
                results.append(len(fresh))
        if new:
            self._number(conn, new)
            self._insert(conn, new)
        self.count = len(new)
        self.origins.update(item.intake.origin for item in new)
        return results

    def _confirm(self, conn: Connection, intake: Intake, fresh: Iterable[Prepared]) -> None:
        references = [one for prepared in fresh for one in intake.attachments.get(prepared.id, ())]
        if references:
            attachments.confirm(conn, intake.tenant_id, references, self._next_seq(conn))

    def _number(self, conn: Connection, new: Sequence[_New]) -> None:
        first = self._next_seq(conn)
        for offset, item in enumerate(new):
            item.seq = first + offset
        self.last = new[-1].seq
        self._database.dialect.advance(conn, self.last)

    def _next_seq(self, conn: Connection) -> int:
        """Raises Outdated, before anything is numbered."""
        first, erased = self._database.dialect.next_seq(conn, self._database.now)
        Erasures.check(erased, self._mark)
        return first

    def _insert(self, conn: Connection, new: Sequence[_New]) -> None:
        waiting = _awaited_voids(conn, self._database.dialect, new)
        postings = self._postings(new)
        keys, statements, bodies = _rows(new, waiting)
        self._database.dialect.append(
            conn, [(t.statement_key, keys), (t.statement, statements), (t.body, bodies), (t.posting, postings)]
        )
        attachments.name(conn, [(i.intake.tenant_id, i.seq, i.intake.attachments.get(i.prepared.id, ())) for i in new])
        self._learn_terms(conn, new)
        inherited_by_new(conn, self._database.dialect, map(_arrival, new))
        void(conn, [(i.intake.tenant_id, i.prepared.voids.bytes, i.seq) for i in new if i.prepared.voids])

    def _postings(self, new: Sequence[_New]) -> list[tuple[int, bytes, int, int]]:
        """In the order of the index: sorted pages are written once."""
        return sorted(
            (item.intake.tenant_id, posting.key, t.class_of(posting), item.seq)
            for item in new
            for posting in item.prepared.postings
        )

    def _learn_terms(self, conn: Connection, new: Sequence[_New]) -> None:
        terms = {
            (item.intake.tenant_id, posting.key): (posting.kind, posting.text)
            for item in new
            for posting in item.prepared.postings
        }
        self.fresh_terms = self._terms.unknown(terms)
        fresh = [(*key, *terms[key]) for key in sorted(self.fresh_terms)]
        if fresh:
            self._database.dialect.append(conn, [(t.term, fresh)], anew=False)


_VOID_WAIT = ("tenant_id", "target_id", "seq")


_STORED = Among(
    "key.id, key.seq, key.content_hash, key.hash_version, statement.timestamp, statement.assigned",
    "statement_key AS key JOIN statement ON statement.seq = key.seq",
    "key.tenant_id",
    "key.id",
)


def _known(conn: Connection, dialect: Dialect, intakes: Sequence[Intake]) -> dict[tuple[int, UUID], Known]:
    """The stored statements that have an id of this group."""
    known: dict[tuple[int, UUID], Known] = {}
    for tenant_id, ids in by_tenant((one.tenant_id, p.id.bytes) for one in intakes for p in one.statements):
        for id_, *stored in dialect.among(conn, _STORED, tenant_id, ids):
            known[tenant_id, UUID(bytes=id_)] = _as_known(conn, *stored)
    return known


def _as_known(conn: Connection, seq: int, content: bytes, hash_version: int, timestamp: int, assigned: int) -> Known:
    if hash_version not in (HASH_VERSION, SCRUBBED):
        stored = conn.scalar(select(t.body.c.bytes).where(t.body.c.seq == seq))
        content = content_hash(json.loads(stored or b"{}", parse_float=Decimal))
    sent = None if assigned & ASSIGNED_TIMESTAMP else timestamp
    return Known(seq, content, sent, hash_version == SCRUBBED)


def _fresh(intake: Intake, known: Mapping[tuple[int, UUID], Known]) -> list[Prepared]:
    """The statements of a request that are not stored yet.  Raises Conflict on one that is stored otherwise."""
    fresh = []
    for prepared in intake.statements:
        stored = known.get((intake.tenant_id, prepared.id))
        if stored is None:
            fresh.append(prepared)
        elif not _is_same(stored, prepared, intake.version):
            raise Conflict(
                f"statement {prepared.id} is stored already with other content",
                hint="a statement never changes; void it and send a new one under a new id (XAPI-00142)",
                statement=str(prepared.id),
            )
    return fresh


def _is_same(stored: Known, prepared: Prepared, version: Version) -> bool:
    if stored.is_scrubbed:
        return True
    # While somebody is erased, what is stored may still say who: then it is compared with what was sent.
    return stored.content_hash in (prepared.content_hash, prepared.sent_hash) and same_timestamp(
        stored.timestamp, prepared.timestamp, version
    )


def _arrival(item: _New) -> Arrival:
    prepared = item.prepared
    return Arrival(item.intake.tenant_id, prepared.id, item.seq, prepared.target, prepared.postings)


Row = tuple[Any, ...]


def _rows(new: Sequence[_New], waiting: Mapping[tuple[int, bytes], int]) -> tuple[list[Row], list[Row], list[Row]]:
    """The rows of new statements in `statement_key`, `statement` and `body`, values in the order of the columns."""
    keys, statements, bodies = [], [], []
    for item in new:
        prepared, intake, seq = item.prepared, item.intake, item.seq
        id_ = prepared.id.bytes
        voided = None if prepared.voids else waiting.get((intake.tenant_id, id_))
        keys.append((intake.tenant_id, id_, seq, prepared.content_hash, HASH_VERSION))
        statements.append(
            (
                seq,
                intake.tenant_id,
                id_,
                intake.credential_id,
                intake.origin,
                int(prepared.assigned),
                seq if prepared.timestamp is None else prepared.timestamp,
                intake.claimed_stored.get(prepared.id),
                prepared.voids.bytes if prepared.voids else None,
                voided,
            )
        )
        bodies.append((seq, 0, prepared.body))
    return keys, statements, bodies


_AWAITED = Among("target_id, min(seq)", "void_wait", "tenant_id", "target_id", "GROUP BY target_id", rare=True)


def _awaited_voids(conn: Connection, dialect: Dialect, new: Sequence[_New]) -> dict[tuple[int, bytes], int]:
    """Voids that arrived before their target, by target; they are taken off the waiting list (S-26)."""
    found: dict[tuple[int, bytes], int] = {}
    wait = t.void_wait.c
    for tenant_id, targets in by_tenant((item.intake.tenant_id, item.prepared.id.bytes) for item in new):
        hits = {(tenant_id, target): seq for target, seq in dialect.among(conn, _AWAITED, tenant_id, targets)}
        if hits:
            conn.execute(delete(t.void_wait).where(wait.tenant_id == tenant_id, wait.target_id.in_(targets)))
            found |= hits
    return found


def void(conn: Connection, voids: Sequence[tuple[int, bytes, int]]) -> None:
    """Mark targets voided, or note that they are awaited.  A voiding statement cannot be voided (XAPI-00016).

    voids: tenant, target and the number of each voiding statement, in order; the first one to void a target stays (S-25).
    """
    key, statement = t.statement_key.c, t.statement.c
    place: dict[tuple[int, bytes], int] = {}
    for tenant_id, ids in by_tenant((tenant_id, target) for tenant_id, target, _ in voids):
        found = conn.execute(select(key.id, key.seq).where(key.tenant_id == tenant_id, key.id.in_(ids)))
        place |= {(tenant_id, row.id): row.seq for row in found}
    here = [{"target": place[one[:2]], "void": one[2]} for one in voids if one[:2] in place]
    awaited = [dict(zip(_VOID_WAIT, one, strict=True)) for one in voids if one[:2] not in place]
    if here:
        mark = update(t.statement).where(
            statement.seq == bindparam("target"), statement.voids.is_(None), statement.voided_seq.is_(None)
        )
        conn.execute(mark.values(voided_seq=bindparam("void")), here)
    if awaited:
        conn.execute(insert(t.void_wait), awaited)
