"""The score that goes with an award: what an LMS's grade book is told."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from rules.decide import Facts
from rules.decide.compiled import compiled
from rules.decide.scores import share_of
from rules.decisions.transitions import Document, evidence_used
from rules.language import Ruleset

_PLACES: Final = Decimal("0.0001")


def score_of(ruleset: Ruleset, facts: Facts, document: Document) -> str | None:
    """The newest score among the statements a decision was built on, from 0 to 1 with four decimals; None without one."""
    used = set(evidence_used(document))
    source_of = compiled(ruleset, document["program"]).source_of
    scores = [
        (row.at, row.tie, share)
        for row in facts.evidence
        if row.statement in used and (share := share_of(row, source_of(row)[1].scale)) is not None
    ]
    if not scores:
        return None
    *_, newest = max(scores)
    return str(max(Decimal(0), min(Decimal(1), newest)).quantize(_PLACES, ROUND_HALF_EVEN))
