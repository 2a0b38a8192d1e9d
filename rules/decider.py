"""The job that decides dirty pairs, and the one that makes pairs dirty when time alone changes them.

Everybody is judged by the ruleset that held where the projector has come to; a newer one is still ahead in the feed.
Facts are read and decided outside any write; a short transaction then stores decision, status, log and what is to be
announced, and takes the pair off the list, unless it was dirtied again meanwhile: then nothing is kept and it comes
round again.  A pair that rests on what its decision rested on is not decided anew before that decision's next change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from lrs.clock import SECOND
from lrs.failpoints import reach
from lrs.jobs import MAIN
from lrs.logs import get_logger
from lrs.turns import Priority
from rules import tables as r
from rules.decide import Facts, Grounds, judged_by
from rules.decisions.announcing import Announcing
from rules.decisions.keeping import Keeping, Known, is_unchanged, standing_grounds
from rules.decisions.transitions import ASSIGNMENTS, Document, transitions
from rules.decisions.verdicts import Endings, Verdict, verdicts
from rules.escalation import ladders
from rules.facts import dirty
from rules.facts.dirty import Claim
from rules.facts.projector import AWARD_CHANGED, CONSUMER
from rules.facts.reader import FactsReader
from rules.published.store import Edition, Published

if TYPE_CHECKING:
    from lrs.prowess import Prowess

log = get_logger(__name__)

_CLAIMS = 200
_COMMIT = 20
_RETRY = 60 * SECOND


@dataclass(slots=True)
class _Decided:
    """A claim with its verdicts and what they were decided from."""

    claim: Claim
    edition: Edition
    facts: Facts | None
    """None of somebody who turned out to be somebody else."""
    verdicts: list[Verdict] = field(default_factory=list)
    grounds: Mapping[str, bytes] = field(default_factory=dict)
    """By program, also of those that rest on what they rested on before and have no verdict."""


class Decider:
    """The job that decides whatever is dirty."""

    name = "rules.decide"
    lane = MAIN

    def __init__(self, prowess: Prowess, published: Published) -> None:
        self._prowess = prowess
        self._published = published
        self._reader = FactsReader(prowess.database, prowess.people)
        self._endings = Endings(prowess.database, published, self._reader)

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
        watermark = self._prowess.feed.cursor(CONSUMER)
        now = max(now, watermark)  # a clock that steps back undoes nothing that was known
        edition = self._published.current(tenant_id, known_at=watermark)
        facts = self._reader.read(tenant_id, edition.ruleset, [claim.person_id for claim in claims])
        whole = [claim.person_id for claim in claims if claim.programs is None]
        endings = self._endings.read(tenant_id, whole, watermark)
        with self._prowess.database.read() as conn:
            standing = standing_grounds(conn, tenant_id, list(facts), now)
        grounds = Grounds(edition.ruleset)
        decided: list[_Decided] = []
        for claim in claims:
            try:
                one = _Decided(claim, edition, facts.get(claim.person_id))
                if one.facts is not None:
                    one.grounds = _grounds(grounds, one.facts, edition, claim)
                    kept = standing.get(claim.person_id, {})
                    moved = [program_id for program_id, found in one.grounds.items() if found != kept.get(program_id)]
                    one.verdicts = list(verdicts(edition, one.facts, now, moved))
                    one.verdicts += [ending.verdict() for ending in endings.get(claim.person_id, ())]
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

    def _store_all(self, conn: Connection, decided: Sequence[_Decided], now: int, watermark: int) -> None:
        taken = {id(claim) for claim in dirty.settle(conn, [one.claim for one in decided])}
        settled = [one for one in decided if id(one.claim) in taken]
        known = Known(conn, ((one.claim.tenant_id, one.claim.person_id) for one in settled if one.verdicts))
        keeping, announcing = Keeping(now, watermark), Announcing(now, self._prowess.settings.public_url)
        moved: dict[int, set[str]] = {}
        for one in settled:
            if self._store(conn, one, known, keeping, announcing):
                moved.setdefault(one.claim.tenant_id, set()).add(one.claim.person_id)
        keeping.write(conn)
        announcing.write(conn, self._prowess.database.dialect)
        for tenant_id, people in sorted(moved.items()):
            self._prowess.feed.record(conn, tenant_id, AWARD_CHANGED, sorted(people))

    def _store(self, conn: Connection, one: _Decided, known: Known, keeping: Keeping, announcing: Announcing) -> bool:
        """Keep what is new of a claim; returns whether an award changed on which verdicts about others rest."""
        observers, has_moved = judged_by(one.edition.ruleset), False
        claim, dialect, gen = one.claim, self._prowess.database.dialect, self._prowess.ids.token()
        if one.facts is None:
            keeping.forget(claim.tenant_id, claim.person_id)
            ladders.leave(conn, claim.tenant_id, claim.person_id, gen)
            return False
        versions = [one.edition.ruleset.programs[program_id] for program_id in one.grounds]
        versions += [(verdict.program,) for verdict in one.verdicts if verdict.is_last]
        for some in versions:  # also of what rests as it was: another ladder, or another manager, is no other ground
            ladders.touch(conn, dialect, claim.tenant_id, claim.person_id, some, gen)
        for verdict in one.verdicts:
            pair = (claim.tenant_id, claim.person_id, verdict.program.id)
            kept, grounds = known.decision(*pair), one.grounds.get(verdict.program.id)
            if is_unchanged(verdict, kept):
                keeping.confirm(*pair, grounds)
                continue
            before = known.said(*pair)
            moved = keeping.keep(claim.tenant_id, verdict, kept, before, grounds)
            has_moved |= moved and verdict.program.id in observers
            announcing.tell(claim.tenant_id, one.facts.person, verdict, _news(one, one.facts, verdict, before))
        return has_moved


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


def _news(one: _Decided, facts: Facts, verdict: Verdict, before: Document | None) -> list[str]:
    """What is to be announced of a verdict: of what was known before the ruleset held, assignments only."""
    names = transitions(before, verdict.document)
    is_new = before is None and not one.edition.announce_history
    if is_new and all(row.known <= one.edition.applied_seq for row in facts.evidence):
        return [name for name in names if name in ASSIGNMENTS]
    return names


def _grounds(grounds: Grounds, facts: Facts, edition: Edition, claim: Claim) -> Mapping[str, bytes]:
    """What each pair of a claim rests on now, prerequisites before what builds on them.

    Programs that are published no more are left out.
    """
    published = (program_id for level in edition.ruleset.strata for program_id in level)
    wanted = claim.programs
    return {
        program_id: grounds.of(facts, program_id) for program_id in published if wanted is None or program_id in wanted
    }
