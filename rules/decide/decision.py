"""The decision: what holds for one person in one program on one day, as far as was known by another, and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from rules.decide.calendar import instant_text
from rules.decide.facts import Facts
from rules.decide.gaps import Gap
from rules.decide.history import History
from rules.decide.proof import Proof
from rules.decide.record import EVERYTHING
from rules.decide.state import Segment, State
from rules.language.model import Ruleset

_WHEN = ("as_of", "known_at")


@dataclass(frozen=True, slots=True)
class Decision:
    """One verdict with its proof.  Equal facts give equal bytes, in whatever order they arrived.

    next_change_at: the first instant after `as_of` at which anything else is to be said; FOREVER when there is none.
    """

    program: str
    person: str
    as_of: int
    known_at: int
    state: State
    next_change_at: int
    gaps: tuple[Gap, ...]
    proof: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The object that `prowess decide` prints (design 7)."""
        state = self.state
        return {
            "program": self.program,
            "version": state.version,
            "person": self.person,
            "as_of": instant_text(self.as_of),
            "known_at": instant_text(self.known_at),
            "assignment": state.assignment,
            "progress": state.progress,
            **_blocked(state),
            "award": state.award,
            "flags": list(state.flags),
            "due_on": _day(state.due_on),
            "met_on": _day(state.met_on),
            "valid_from": _day(state.valid_from),
            "expires_on": _day(state.expires_on),
            "renewable_from": _day(state.renewable_from),
            "grace_until": _day(state.grace_until),
            "next_change_at": instant_text(self.next_change_at),
            "tiers": [
                {"id": tier.id, "due_on": _day(tier.due_on), "met_on": _day(tier.met_on), "progress": tier.progress}
                for tier in state.tiers
            ],
            "gaps": [gap.as_json() for gap in self.gaps],
            "proof": self.proof,
        }

    def text(self) -> str:
        """Canonical JSON (RFC 8785: sorted keys, nothing between, no floats)."""
        return text_of(self.as_json())

    @property
    def hash(self) -> str:
        """SHA-256 of what is said, whatever the day it was asked for: equal as long as nothing changed."""
        return hash_of(self.as_json())


def text_of(document: Mapping[str, Any]) -> str:
    """`Decision.text` of a decision that was written as JSON, as it is stored."""
    return _canonical(document)


def hash_of(document: Mapping[str, Any]) -> str:
    """`Decision.hash` of a decision that was written as JSON."""
    said = {key: value for key, value in document.items() if key not in _WHEN}
    return hashlib.sha256(_canonical(said).encode()).hexdigest()


def decide(ruleset: Ruleset, program_id: str, facts: Facts, *, as_of: int, known_at: int = EVERYTHING) -> Decision:
    """What holds at `as_of`, judged by what was known at `known_at`.  KeyError: the ruleset has no such program."""
    history = History(ruleset, program_id, facts, known_at)
    state = history.state_at(as_of)
    return _decision(history, program_id, as_of, state, history.next_change_after(as_of, state))


def decide_with_timeline(
    ruleset: Ruleset, program_id: str, facts: Facts, *, as_of: int, known_at: int = EVERYTHING
) -> tuple[Decision, tuple[Segment, ...]]:
    """`decide` and `timeline` of the same facts, folded once."""
    history = History(ruleset, program_id, facts, known_at)
    segments = history.segments()
    now = next(segment for segment in segments if as_of < segment.until_us)
    return _decision(history, program_id, as_of, now.state, now.until_us), segments


def _decision(history: History, program_id: str, as_of: int, state: State, state_ends: int) -> Decision:
    proof = Proof(history, as_of)
    gaps, tree = said = proof.said()
    return Decision(
        program_id,
        history.facts.person.id,
        as_of,
        history.known_at,
        state,
        proof.until(said, state_ends),
        gaps,
        tree,
    )


def timeline(ruleset: Ruleset, program_id: str, facts: Facts, *, known_at: int = EVERYTHING) -> tuple[Segment, ...]:
    """Everything that ever holds: stretches without a gap from the beginning to the end of time, no two alike in a row."""
    return History(ruleset, program_id, facts, known_at).segments()


_canonical: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _blocked(state: State) -> dict[str, Any]:
    if state.blocked is None:
        return {}
    return {"blocked": {"until": instant_text(state.blocked.until), "why": state.blocked.why}}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
