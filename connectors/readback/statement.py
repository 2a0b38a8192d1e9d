"""The statement that a claim of another system becomes.  Pure.

Its id follows from what the system says, so that however often it is read it is recorded once.  A score is raw between its
bounds and never scaled: systems mean different things by that (docs/moodle.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid5

from connectors.contract import Subject
from connectors.readback.claim import Claim, Score
from lrs.clock import to_text, to_us
from lrs.xapi.edit import json_text
from lrs.xapi.naming import verb_words
from rules.language.profiles import ADL, SCORED

NAMESPACE: Final = UUID("5b0c2d0e-8f1a-5c37-9d64-3a1e7f52c0b8")

Json = Mapping[str, Any]


def claim_id(claim: Claim) -> UUID:
    """From the system, the person there, course, activity and what is said; no clock of ours."""
    score = claim.score
    numbers = (None, None, None) if score is None else (score.raw, score.minimum, score.maximum)
    place = (claim.system, claim.remote.id, claim.progress.course, claim.progress.activity)
    at = None if claim.at is None else claim.at.astimezone(UTC).isoformat()
    said = (_verb(claim), at, claim.completed, claim.passed, *map(_digits, numbers))
    return uuid5(NAMESPACE, json_text((*place, *said)))


def statement_of(claim: Claim, actor: Json, now: int) -> dict[str, Any]:
    """The statement; now: for what has no time of its own (microseconds), and the latest that can have happened."""
    verb = _verb(claim)
    at = now if claim.at is None else min(to_us(claim.at), now)
    title = claim.progress.title
    context = {"contextActivities": {"parent": [_activity(claim.course)]}} if claim.course else None
    return {
        "id": str(claim_id(claim)),
        "actor": actor,
        "verb": {"id": verb, "display": {"en": verb_words(verb)}},
        "object": _activity(claim.subject, title),
        "result": _result(claim),
        **({"context": context} if context else {}),
        "timestamp": to_text(at),
        "version": "1.0.3",
    }


def _verb(claim: Claim) -> str:
    """What was graded without a verdict is neither passed nor failed: the grade says, and whoever asks how much is enough."""
    if claim.passed is not None:
        return f"{ADL}{'passed' if claim.passed else 'failed'}"
    return f"{ADL}completed" if claim.score is None else SCORED


def _result(claim: Claim) -> dict[str, Any]:
    return {
        **({"score": _as_json(claim.score)} if claim.score else {}),
        **({"success": claim.passed} if claim.passed is not None else {}),
        **({"completion": True} if claim.completed else {}),
    }


def _as_json(score: Score) -> dict[str, Decimal]:
    """Points beyond the maximum are left out, as no score may be above it (xAPI-Data 2.4.5.1)."""
    return {"raw": min(score.raw, score.maximum), "min": score.minimum, "max": score.maximum}


def _activity(subject: Subject, title: str | None = None) -> Json:
    definition = {"type": subject.type, **({"name": {"en": title}} if title else {})}
    return {"objectType": "Activity", "id": subject.iri, "definition": definition}


def _digits(number: Decimal | None) -> str | None:
    """The same text for 17 and 17.00."""
    return None if number is None else f"{number.normalize():f}"
