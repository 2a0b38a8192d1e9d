"""The consumer that turns the feed into evidence and says who must be decided again.

Evidence is keyed by agent and knows no rule (data-model 3).  Because one consumer reads statements, people and rulesets
in feed order, no statement can slip between an old ruleset and a new one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, or_, select, update

from lrs.db import by_tenant
from lrs.feed.consumer import Effect
from lrs.feed.items import OURS, STATEMENT, FeedItem
from lrs.people import tables as p
from lrs.people.chain import managers_above
from lrs.people.changes import ERASED, PERSON_CHANGED, SITE_CHANGED
from lrs.people.owners import agent_key, owners
from lrs.store import tables as t
from lrs.xapi.postings import posting_key
from rules import tables as r
from rules.decide import Evidence, affected, evidence_of, judged_by, rejudged
from rules.facts import dirty
from rules.language import Ruleset
from rules.published.store import RULESET_APPLIED, Published

if TYPE_CHECKING:
    from lrs.prowess import Prowess

CONSUMER = "rules.evidence"
AWARD_CHANGED = "award"
"""A fact of the feed: somebody's award changed, and others were observed by its holder."""


class _Touched(NamedTuple):
    """Whose evidence came, at which place of the feed, and in which programs it may change their verdicts."""

    seq: int
    tenant_id: int
    agent: bytes
    programs: frozenset[str]


@dataclass(slots=True)
class _Batch:
    """What one batch of the feed leads to."""

    evidence: list[tuple[Any, ...]] = field(default_factory=list)
    touched: list[_Touched] = field(default_factory=list)
    voids: list[tuple[int, int, UUID]] = field(default_factory=list)
    changes: list[tuple[FeedItem, frozenset[str]]] = field(default_factory=list)
    """Facts, each with the programs it may change the verdicts of: a ruleset those it judges otherwise, an award those
    in which its holder observes."""


class _Marks(dict[int, dict[tuple[str, str], int]]):
    """By tenant, the pairs to decide again, each since the first place of the feed that made it so."""

    def note(self, seq: int, tenant_id: int, people: Iterable[str], programs: Iterable[str]) -> None:
        mine = self.setdefault(tenant_id, {})
        for pair in product(people, programs):
            mine[pair] = min(seq, mine.get(pair, seq))


class EvidenceProjector:
    """Follows the feed; see the module."""

    name = CONSUMER
    batch = 50

    def __init__(self, prowess: Prowess, published: Published) -> None:
        self._prowess = prowess
        self._published = published

    def consume(self, items: Sequence[FeedItem]) -> Effect | None:
        batch = _Batch()
        rulesets = {tenant_id: self._ruleset(tenant_id) for tenant_id in {item.tenant_id for item in items}}
        for item in items:
            if item.kind == RULESET_APPLIED:
                batch.changes.append((item, self._changed(item)))
            elif item.kind == AWARD_CHANGED:
                judged = judged_by(rulesets[item.tenant_id])
                batch.changes.append((item, frozenset().union(*judged.values())))
            elif item.kind != STATEMENT:
                batch.changes.append((item, frozenset([dirty.EVERY_PROGRAM])))
            elif item.origin == OURS:
                continue
            elif item.voids is not None:
                batch.voids.append((item.seq, item.tenant_id, item.voids))
            else:
                _project(item, rulesets[item.tenant_id], batch)
        if batch == _Batch():
            return None
        marks = self._marks(batch)
        return lambda conn: self._write(conn, batch, marks)

    def _ruleset(self, tenant_id: int) -> Ruleset:
        """The rules that say whom evidence concerns.

        The newest ruleset is at least as new as any statement of the batch; when it is newer, its own place in the feed
        is still ahead and dirties everybody whom it may judge otherwise.
        """
        return self._published.current(tenant_id).ruleset

    def _changed(self, item: FeedItem) -> frozenset[str]:
        """The programs that a ruleset judges otherwise than the one before it; all when one of them is withdrawn."""
        before = self._published.current(item.tenant_id, known_at=item.seq - 1).ruleset
        after = self._published.edition(item.tenant_id, item.seq).ruleset
        if before.programs.keys() - after.programs.keys():
            return frozenset([dirty.EVERY_PROGRAM])
        changed = rejudged(before, after)
        return frozenset([dirty.EVERY_PROGRAM]) if changed == after.programs.keys() else changed

    def _marks(self, batch: _Batch) -> _Marks:
        """Whom the batch concerns, found out beside other writers.

        Whoever comes to belong to it meanwhile is told of by a fact that is still ahead, and is marked then.
        """
        marks = _Marks()
        if not batch.touched and not batch.changes:
            return marks
        with self._prowess.database.read(snapshot=True) as conn:
            persons: dict[int, dict[bytes, list[str]]] = {}
            for tenant_id, agents in by_tenant({(touched.tenant_id, touched.agent) for touched in batch.touched}):
                persons.setdefault(tenant_id, {}).update(owners(conn, tenant_id, agents))
            for touched in batch.touched:
                known = persons[touched.tenant_id].get(touched.agent, ())
                marks.note(touched.seq, touched.tenant_id, known, touched.programs)
            alike: dict[tuple[int, str, frozenset[str]], list[FeedItem]] = {}
            for item, programs in batch.changes:
                if programs:
                    alike.setdefault((item.tenant_id, item.kind, programs), []).append(item)
            for (tenant_id, kind, programs), changed in alike.items():
                people = concerned(conn, tenant_id, kind, {item.ref for item in changed})
                marks.note(changed[0].seq, tenant_id, people, programs)
        return marks

    def _write(self, conn: Connection, batch: _Batch, marks: _Marks) -> None:
        self._prowess.database.dialect.append(conn, [(r.evidence, batch.evidence)], anew=False)
        for seq, tenant_id, target in batch.voids:
            marks.note(seq, tenant_id, _void(conn, seq, tenant_id, target), [dirty.EVERY_PROGRAM])
        # All at once and in order: rows locked in two orders by two workers would be a deadlock.
        for tenant_id, mine in sorted(marks.items()):
            dirty.mark(conn, self._prowess.database.dialect, tenant_id, mine, self._prowess.ids.token())


def _void(conn: Connection, seq: int, tenant_id: int, target: UUID) -> set[str]:
    """Take voided evidence out; returns those who built on it."""
    key, evidence = t.statement_key.c, r.evidence.c
    target_seq = conn.scalar(select(key.seq).where(key.tenant_id == tenant_id, key.id == target.bytes))
    if target_seq is None:
        return set()
    here = (evidence.tenant_id == tenant_id) & (evidence.seq == target_seq)
    rows = conn.execute(select(evidence.agent).where(here).distinct()).all()
    later = or_(
        evidence.voided_seq.is_(None), evidence.voided_seq > seq
    )  # the first void counts, whichever comes first
    conn.execute(update(r.evidence).where(here, later).values(voided_seq=seq))
    return _people(conn, tenant_id, (row.agent for row in rows))


def concerned(conn: Connection, tenant_id: int, kind: str, refs: Collection[str]) -> set[str]:
    """Whom facts may concern: of people those above as well, and those they answered for; of awards only these."""
    if kind in {PERSON_CHANGED, ERASED}:
        return {*refs, *managers_above(conn, tenant_id, refs), *learners_of(conn, tenant_id, refs)}
    if kind == AWARD_CHANGED:
        return learners_of(conn, tenant_id, refs)
    if kind in {SITE_CHANGED, RULESET_APPLIED}:
        return _everybody(conn, tenant_id)
    return set()


def _project(item: FeedItem, ruleset: Ruleset, batch: _Batch) -> None:
    agent, rows = _evidence(item)
    if not rows or agent is None:
        return
    batch.evidence += [_row(item, agent, row) for row in rows]
    readers = affected(ruleset)
    programs: frozenset[str] = frozenset().union(*(readers.get(row.activity, frozenset()) for row in rows))
    if programs:
        batch.touched.append(_Touched(item.seq, item.tenant_id, agent, programs))


def rows_of(item: FeedItem) -> list[tuple[Any, ...]]:
    """The rows of `evidence` that a statement is, values in the order of the columns."""
    agent, rows = _evidence(item)
    return [] if agent is None else [_row(item, agent, row) for row in rows]


def _evidence(item: FeedItem) -> tuple[bytes | None, list[Evidence]]:
    agent = agent_key(item.statement["actor"])
    return agent, evidence_of(item.statement, known=item.seq, voided=item.voided_seq) if agent else []


def _row(item: FeedItem, agent: bytes, evidence: Evidence) -> tuple[Any, ...]:
    """A row of `evidence`, values in the order of the columns."""
    return (
        item.tenant_id,
        agent,
        posting_key("activity", evidence.activity),
        item.seq,
        r.RELATIONS.index(evidence.relation),
        item.id and item.id.bytes,
        evidence.at,
        evidence.tie,
        evidence.voided,
        evidence.verb,
        evidence.activity_type,
        evidence.object_type,
        _text(evidence.raw),
        _text(evidence.min),
        _text(evidence.max),
        _text(evidence.scaled),
        None if evidence.success is None else int(evidence.success),
        None if evidence.completion is None else int(evidence.completion),
        item.credential_id,
        evidence.platform and evidence.platform.replace("\0", "\ufffd"),  # PostgreSQL's text holds no NUL
        evidence.home_page,
        posting_key("agent", evidence.instructor) if evidence.instructor else None,
        evidence.attempt and evidence.attempt.replace("\0", "\ufffd"),
        evidence.details,
    )


def _text(number: object) -> str | None:
    return None if number is None else str(number)


def learners_of(conn: Connection, tenant_id: int, observers: Iterable[str]) -> set[str]:
    """Everybody with evidence that these people answered for: it is judged by what they were on the day."""
    link, e = p.identity_link.c, r.evidence.c
    keys = conn.scalars(
        select(link.agent).where(link.tenant_id == tenant_id, link.person_id.in_(list(observers)))
    ).all()
    agents = conn.scalars(select(e.agent).where(e.tenant_id == tenant_id, e.instructor.in_(keys)).distinct()).all()
    return _people(conn, tenant_id, agents)


def _people(conn: Connection, tenant_id: int, agents: Iterable[bytes]) -> set[str]:
    """Everybody to whom any of these agents belongs today."""
    return {person for people in owners(conn, tenant_id, agents).values() for person in people}


def _everybody(conn: Connection, tenant_id: int) -> set[str]:
    rows = conn.execute(
        select(p.person.c.person_id).where(p.person.c.tenant_id == tenant_id, p.person.c.known_to.is_(None))
    )
    return {row.person_id for row in rows}
