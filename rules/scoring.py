"""The score that goes with an award: what an LMS's grade book is told."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from rules.decide import Facts
from rules.decide.compiled import compiled
from rules.decide.scores import share_of
from rules.language import Ruleset
from rules.transitions import Document, evidence_used

_PLACES: Final = Decimal("0.0001")


def score_of(ruleset: Ruleset, facts: Facts, document: Document) -> str | None:
    """The newest score among the statements a decision was built on, from 0 to 1 with four decimals; None without one."""
    used = set(evidence_used(document))
    if not used:
        return None
    source_of = compiled(ruleset, document["program"]).source_of
    best: tuple[int, bytes, Decimal] | None = None
    for row in facts.evidence:
        if row.statement in used:
            share = share_of(row, source_of(row)[1].scale)
            if share is not None and (best is None or (row.at, row.tie) > best[:2]):
                best = (row.at, row.tie, share)
    if best is None:
        return None
    return str(max(Decimal(0), min(Decimal(1), best[2])).quantize(_PLACES, ROUND_HALF_EVEN))
