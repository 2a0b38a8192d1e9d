"""Deciding a person's pairs: those of the programs that are published, and for the last time those of withdrawn ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, and_, or_, select

from lrs.db import Database, by_tenant
from rules import tables as r
from rules.decide import Decision, Facts, Segment, decide_with_timeline, decide_withdrawn, hash_of
from rules.decisions.scoring import score_of
from rules.decisions.transitions import Document
from rules.facts.reader import FactsReader
from rules.language import Program, Ruleset
from rules.published.store import Edition, Published


@dataclass(frozen=True, slots=True)
class Verdict:
    """One pair, decided and not yet stored; `is_last` when its program is withdrawn."""

    program: Program
    decision: Decision
    document: Document
    hash: str
    segments: Sequence[Segment]
    score: Callable[[], str | None]
    """The score that goes with it, worked out when somebody is told."""
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """A pair whose program was withdrawn, with the ruleset that held until then and what was known by then."""

    ruleset: Ruleset
    program_id: str
    facts: Facts
    at: int

    def verdict(self) -> Verdict:
        decision, segments = decide_withdrawn(self.ruleset, self.program_id, self.facts, at=self.at)
        return _verdict(self.ruleset, self.facts, decision, segments, is_last=True)


def verdicts(edition: Edition, facts: Facts, now: int, programs: Iterable[str]) -> Iterable[Verdict]:
    """Decide one person's pairs in these programs, in their order."""
    for program_id in programs:
        decision, segments = decide_with_timeline(edition.ruleset, program_id, facts, as_of=now)
        yield _verdict(edition.ruleset, facts, decision, segments)


def _verdict(
    ruleset: Ruleset, facts: Facts, decision: Decision, segments: Sequence[Segment], *, is_last: bool = False
) -> Verdict:
    document = decision.as_json()
    program = ruleset.programs[decision.program][-1]
    score = partial(score_of, ruleset, facts, document)
    return Verdict(program, decision, document, hash_of(document), segments, score, is_last)


class Endings:
    """Finds the pairs of withdrawn programs that were decided and not yet for the last time."""

    def __init__(self, database: Database, published: Published, reader: FactsReader) -> None:
        self._database = database
        self._published = published
        self._reader = reader

    def read(self, tenant_id: int, people: Sequence[str], known_at: int) -> Mapping[str, Sequence[Ending]]:
        """By person, for programs withdrawn up to a feed number."""
        withdrawn = self._published.withdrawn(tenant_id, known_at=known_at) if people else {}
        if not withdrawn:
            return {}
        with self._database.read() as conn:
            open_ = _open(conn, tenant_id, people, withdrawn)
        found: dict[str, list[Ending]] = {}
        for seq in sorted({withdrawn[program_id] for _, program_id in open_}):
            pairs = sorted(pair for pair in open_ if withdrawn[pair[1]] == seq)
            ruleset = self._published.current(tenant_id, known_at=seq - 1).ruleset
            facts = self._reader.read(tenant_id, ruleset, sorted({person for person, _ in pairs}), known_at=seq)
            for person, program_id in pairs:
                if person in facts:
                    found.setdefault(person, []).append(Ending(ruleset, program_id, facts[person], seq))
        return found


def _open(conn: Connection, tenant_id: int, people: Sequence[str], programs: Iterable[str]) -> set[tuple[str, str]]:
    """Pairs with a decision, or with nothing but the log: the caches are being rebuilt from it."""
    said, decision, status = r.decision_log.c, r.decision.c, r.status.c
    decided, derived = (
        select(table.person_id)
        .where(
            table.tenant_id == said.tenant_id, table.person_id == said.person_id, table.program_id == said.program_id
        )
        .exists()
        for table in (decision, status)
    )
    found: set[tuple[str, str]] = set()
    for _, some in by_tenant((tenant_id, person) for person in people):
        query = select(said.person_id, said.program_id).where(
            and_(said.tenant_id == tenant_id, said.person_id.in_(some), said.program_id.in_(programs)),
            or_(decided, ~derived),
        )
        found |= {(row.person_id, row.program_id) for row in conn.execute(query.distinct())}
    return found
