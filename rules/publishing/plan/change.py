"""One person in one program who would be decided otherwise, and what that means to them.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from rules.decisions.transitions import Document
from rules.language.vocabulary import ASKED

DATES: Final = ("due_on", "valid_from", "expires_on", "renewable_from", "grace_until")
SHOWN: Final = ("assignment", "progress", "award", *DATES)
KINDS: Final = ("gain", "lose", "asked", "released", "overdue", "owes", "dates", "other")
"""What may become of somebody, those that matter most first."""


class Owed(NamedTuple):
    """What a version with `apply: now` asks of who holds the award: the criteria that lack, each with its next step in
    words, and the last good day; no day where nothing is asked of the person, and the award still hangs on it.
    """

    due_on: str | None
    lacks: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        lacks = [{"criterion": criterion, "text": text} for criterion, text in self.lacks]
        return {"due_on": self.due_on, "lacks": lacks}


@dataclass(frozen=True, slots=True)
class Change:
    """One pair; `transitions` are what would be announced and pushed."""

    person: str
    program: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    transitions: tuple[str, ...]
    becomes_overdue: bool = False
    owes: Owed | None = None
    """What is owed anew."""

    @property
    def moved(self) -> dict[str, tuple[str | None, str | None]]:
        """The dates of what goes on, old and new; those of what begins or ends are no moves."""
        asked = {self.before["assignment"], self.after["assignment"]} <= ASKED
        held = "none" not in (self.before["award"] or "none", self.after["award"])
        return {
            name: (self.before[name], self.after[name])
            for name in DATES
            if self.before[name] != self.after[name] and (asked if name == "due_on" else held)
        }

    @property
    def kinds(self) -> tuple[str, ...]:
        """Everything that happens to them, of KINDS."""
        was, now = self.before["award"] == "valid", self.after["award"] == "valid"
        asked, is_asked = self.before["assignment"] in ASKED, self.after["assignment"] in ASKED
        found = {
            "gain": now and not was,
            "lose": was and not now,
            "asked": is_asked and not asked,
            "released": asked and not is_asked,
            "overdue": self.becomes_overdue,
            "owes": self.owes is not None,
            "dates": bool(self.moved),
        }
        return tuple(kind for kind, holds in found.items() if holds) or ("other",)

    def as_json(self) -> dict[str, Any]:
        return {
            "person": self.person,
            "program": self.program,
            "before": self.before,
            "after": self.after,
            "announced": self.transitions,
            "becomes_overdue": self.becomes_overdue,
            "owes": self.owes.as_json() if self.owes is not None else None,
        }


def change_of(person: str, program: str, old: Document | None, new: Document, announced: tuple[str, ...]) -> Change:
    """What a pair's last word and its next one differ by."""
    before, after = shown(old), shown(new)
    overdue = "overdue" in new["flags"] and "overdue" not in (old or {}).get("flags", ())
    owes = _owed(new)
    return Change(person, program, before, after, announced, overdue, None if owes == _owed(old) else owes)


def _owed(document: Document | None) -> Owed | None:
    """What a newer version still asks of a running award."""
    paths = document["proof"].get("of", ()) if document is not None else ()
    if document is None or not any(path["criterion"] == "amendment" for path in paths):
        return None
    return Owed(document["due_on"], tuple((gap["criterion"], gap["text"]) for gap in document["gaps"]))


def shown(document: Document | None) -> dict[str, Any]:
    """What of a decision a plan compares."""
    return {key: (document or {}).get(key) for key in SHOWN}


def is_news(old: Document | None, new: Document) -> bool:
    """Whether somebody would see a difference; whom nobody asked and who earned nothing is none."""
    silent = old is None and new["assignment"] == "none" and new["award"] == "none"
    return not silent and shown(old) != shown(new)
