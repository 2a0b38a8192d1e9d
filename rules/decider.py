"""The job that decides dirty pairs, and the one that makes pairs dirty when time alone changes them.

Facts are read and decided outside any write; a short transaction then stores decision, status, log and what is to be
announced, and takes the pair off the list, unless it was dirtied again meanwhile: then nothing is kept and it comes
round again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, insert, select

from lrs import __version__
from lrs.clock import SECOND, to_text
from lrs.db import Priority
from lrs.failpoints import reach
from lrs.jobs import MAIN
from lrs.logs import get_logger
from lrs.people.register import to_day
from rules import dirty
from rules import tables as r
from rules import vocabulary as v
from rules.decide import FOREVER, Decision, Facts, Segment, decide_with_timeline
from rules.dirty import Claim
from rules.facts_reader import FactsReader
from rules.projector import CONSUMER
from rules.published import Edition, Published
from rules.scoring import score_of
from rules.transitions import ASSIGNMENTS, Document, emission_id, statement_of, transitions

if TYPE_CHECKING:
    from lrs.prowess import Prowess

log = get_logger(__name__)

ENGINE = f"prowess {__version__}"
_CLAIMS = 200
_COMMIT = 20
_RETRY = 60 * SECOND
_FLAGS = ("overdue", "late", "renewable", "in_grace", "pending_evidence")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One pair, decided and not yet stored."""

    decision: Decision
    document: Document
    segments: Sequence[Segment]
    score: str | None


@dataclass(slots=True)
class _Decided:
    """A claim with its verdicts and what they were decided from."""

    claim: Claim
    edition: Edition
    facts: Facts | None
    verdicts: list[Verdict] = field(default_factory=list)


class Decider:
    """The job that decides whatever is dirty."""

    name = "rules.decide"
    lane = MAIN

    def __init__(self, prowess: Prowess, published: Published) -> None:
        self._prowess = prowess
        self._published = published
        self._reader = FactsReader(prowess.database, prowess.people)

    def run(self) -> bool:
        """Decide the next dirty persons; False when there are none."""
        now = self._prowess.clock.now()
        with self._prowess.database.read() as conn:
            claims = dirty.find(conn, now, _CLAIMS)
        if not claims:
            return False
        by_tenant: dict[int, list[Claim]] = {}
        for claim in claims:
            by_tenant.setdefault(claim.tenant_id, []).append(claim)
        for tenant_id, mine in by_tenant.items():
            self._decide_claims(tenant_id, mine, now)
        return True

    def next_due(self) -> int | None:
        with self._prowess.database.read() as conn:
            return dirty.next_due(conn)

    def _decide_claims(self, tenant_id: int, claims: Sequence[Claim], now: int) -> None:
        edition = self._published.current(tenant_id)
        watermark = self._prowess.feed.cursor(CONSUMER)
        people = [claim.person_id for claim in claims]
        facts = self._reader.read(tenant_id, edition.ruleset, people)
        decided: list[_Decided] = []
        for claim in claims:
            try:
                one = _Decided(claim, edition, facts.get(claim.person_id))
                if one.facts is not None:
                    one.verdicts = list(verdicts(edition, one.facts, now, claim.programs))
                decided.append(one)
            except Exception as error:
                log.exception("cannot decide", person=claim.person_id)
                self._postpone(claim, now, repr(error))
        reach("rules.before-decision")
        for start in range(0, len(decided), _COMMIT):
            chunk = decided[start : start + _COMMIT]
            self._prowess.database.write(
                lambda conn, chunk=chunk: self._store_all(conn, chunk, now, watermark),  # type: ignore[misc]
                priority=Priority.DECISION,
            )
        reach("rules.after-decision")

    def _postpone(self, claim: Claim, now: int, error: str) -> None:
        self._prowess.database.write(lambda conn: dirty.postpone(conn, claim, now + _RETRY, error))

    def _store_all(self, conn: Connection, decided: Iterable[_Decided], now: int, watermark: int) -> None:
        for one in decided:
            with conn.begin_nested() as savepoint:
                if not dirty.settle(conn, one.claim):
                    savepoint.rollback()
                    continue
                self._store(conn, one, now, watermark)

    def _store(self, conn: Connection, one: _Decided, now: int, watermark: int) -> None:
        claim = one.claim
        known = _known_decisions(conn, claim)
        if claim.programs is None:
            current = {verdict.document["program"] for verdict in one.verdicts}
            for program_id in known.keys() - current:
                _forget(conn, claim, program_id)
        if any(verdict.document["program"] not in known for verdict in one.verdicts):
            known = {**_last_said(conn, claim), **known}
        for verdict in one.verdicts:
            document = verdict.document
            before = known.get(document["program"])
            _store_decision(conn, claim, verdict, before, now, watermark)
            if one.facts is not None:
                self._announce(conn, one, one.facts, verdict, before, now)

    def _announce(
        self, conn: Connection, one: _Decided, facts: Facts, verdict: Verdict, before: Document | None, now: int
    ) -> None:
        tenant_id, document = one.claim.tenant_id, verdict.document
        names = transitions(before, document)
        if before is None and not one.edition.announce_history and _is_history(facts, one.edition):
            names = [name for name in names if name in ASSIGNMENTS]
        if not names:
            return
        program = one.edition.ruleset.programs[document["program"]][-1]
        revision = _revision(conn, tenant_id, document)
        for place, name in enumerate(names):
            id_ = emission_id(tenant_id, name, document, revision[name in ASSIGNMENTS])
            statement = statement_of(
                name,
                document,
                id_=id_,
                person=facts.person,
                program=program,
                public_url=self._prowess.settings.public_url,
                timestamp=to_text(now),
                score=verdict.score,
            )
            row = {
                "tenant_id": tenant_id,
                "id": id_.bytes,
                "person_id": document["person"],
                "program_id": document["program"],
                "transition": name,
                "body": json.dumps(statement, ensure_ascii=False).encode(),
                "created_at": now + place,  # the emitter keeps this order: assigned before awarded
                "recorded": 0,
            }
            conn.execute(self._prowess.database.dialect.insert(r.emission).on_conflict_do_nothing(), row)


class TimeJob:
    """Time is an event: pairs whose next change has come become dirty (an indexed lookup, no nightly scan)."""

    name = "rules.time"
    lane = MAIN

    def __init__(self, prowess: Prowess) -> None:
        self._prowess = prowess

    def run(self) -> bool:
        now = self._prowess.clock.now()
        d = r.decision.c
        waiting = (
            select(r.dirty.c.person_id)
            .where(
                r.dirty.c.tenant_id == d.tenant_id,
                r.dirty.c.person_id == d.person_id,
                r.dirty.c.program_id == d.program_id,
            )
            .exists()
        )
        query = select(d.tenant_id, d.person_id, d.program_id).where(d.next_change_at <= now, ~waiting).limit(500)
        with self._prowess.database.read() as conn:
            rows = conn.execute(query).all()
        if not rows:
            return False
        pairs: dict[int, dict[tuple[str, str], int]] = {}
        for row in rows:
            pairs.setdefault(row.tenant_id, {})[row.person_id, row.program_id] = now

        def commit(conn: Connection) -> None:
            for tenant_id, marks in pairs.items():
                dirty.mark(conn, self._prowess.database.dialect, tenant_id, marks, self._prowess.ids.token())

        self._prowess.database.write(commit)
        return True

    def next_due(self) -> int | None:
        with self._prowess.database.read() as conn:
            due: int | None = conn.scalar(select(func.min(r.decision.c.next_change_at)))
            return due


def verdicts(edition: Edition, facts: Facts, now: int, programs: Iterable[str] | None) -> Iterable[Verdict]:
    """Decide one person's pairs, prerequisites before what builds on them."""
    wanted = None if programs is None else set(programs)
    for level in edition.ruleset.strata:
        for program_id in level:
            if wanted is None or program_id in wanted:
                decision, segments = decide_with_timeline(edition.ruleset, program_id, facts, as_of=now)
                document = decision.as_json()
                yield Verdict(decision, document, segments, score_of(edition.ruleset, facts, document))


def _is_history(facts: Facts, edition: Edition) -> bool:
    """Whether everything known about a person was known before the ruleset held."""
    return all(row.known <= edition.applied_seq for row in facts.evidence)


def _known_decisions(conn: Connection, claim: Claim) -> Mapping[str, Document]:
    d = r.decision.c
    rows = conn.execute(
        select(d.program_id, d.document).where(d.tenant_id == claim.tenant_id, d.person_id == claim.person_id)
    )
    return {row.program_id: json.loads(row.document) for row in rows}


def _last_said(conn: Connection, claim: Claim) -> Mapping[str, Document]:
    """What the log says was decided last: decisions are a cache, and rebuilding it is no news to anybody."""
    log_ = r.decision_log.c
    newest = (
        select(func.max(log_.id))
        .where(log_.tenant_id == claim.tenant_id, log_.person_id == claim.person_id)
        .group_by(log_.program_id)
    )
    rows = conn.execute(select(log_.program_id, log_.document).where(log_.id.in_(newest)))
    return {row.program_id: json.loads(row.document) for row in rows}


def _pair(table: Any, claim: Claim, program_id: str) -> Any:
    return (
        (table.c.tenant_id == claim.tenant_id)
        & (table.c.person_id == claim.person_id)
        & (table.c.program_id == program_id)
    )


def _forget(conn: Connection, claim: Claim, program_id: str) -> None:
    """A program that is no longer published has no decisions; the log keeps what was said."""
    for table in (r.decision, r.status):
        conn.execute(delete(table).where(_pair(table, claim, program_id)))


def _store_decision(
    conn: Connection, claim: Claim, verdict: Verdict, before: Document | None, now: int, watermark: int
) -> None:
    document = verdict.document
    program_id = document["program"]
    pair = {"tenant_id": claim.tenant_id, "person_id": claim.person_id, "program_id": program_id}
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    common = {
        **pair,
        "hash": bytes.fromhex(verdict.decision.hash),
        "document": text,
        "decided_at": now,
        "watermark": watermark,
    }
    change = verdict.decision.next_change_at
    conn.execute(delete(r.decision).where(_pair(r.decision, claim, program_id)))
    conn.execute(
        insert(r.decision),
        {**common, "version": document["version"], "next_change_at": None if change == FOREVER else change},
    )
    if before is None or _state(before) != _state(document):
        conn.execute(insert(r.decision_log), {**common, "engine": ENGINE})
    conn.execute(delete(r.status).where(_pair(r.status, claim, program_id)))
    conn.execute(insert(r.status), [{**pair, **_segment_row(segment)} for segment in verdict.segments])


_MOVING = frozenset({"as_of", "known_at", "next_change_at"})


def _state(document: Document) -> Document:
    """What of a decision is news when it differs."""
    return {key: value for key, value in document.items() if key not in _MOVING}


def _segment_row(segment: Segment) -> dict[str, Any]:
    state = segment.state
    return {
        "from_us": segment.from_us,
        "until_us": segment.until_us,
        "version": state.version,
        "assignment": state.assignment,
        "progress": state.progress,
        "award": state.award,
        **{name: int(name in state.flags) for name in _FLAGS},
        "due_day": to_day(state.due_on),
        "met_day": to_day(state.met_on),
        "valid_from_day": to_day(state.valid_from),
        "expires_day": to_day(state.expires_on),
        "renewable_day": to_day(state.renewable_from),
        "grace_day": to_day(state.grace_until),
    }


def _revision(conn: Connection, tenant_id: int, document: Document) -> Mapping[bool, int]:
    """How often this pair was revoked (False) or unassigned (True) before: what comes after is something new."""
    e = r.emission.c
    rows = conn.execute(
        select(e.transition, func.count().label("n"))
        .where(
            e.tenant_id == tenant_id,
            e.person_id == document["person"],
            e.program_id == document["program"],
            e.transition.in_([v.REVOKED, v.UNASSIGNED]),
        )
        .group_by(e.transition)
    )
    counts = {row.transition: row.n for row in rows}
    return {False: counts.get(v.REVOKED, 0), True: counts.get(v.UNASSIGNED, 0)}
