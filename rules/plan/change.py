"""One person in one program who would be decided otherwise, and what that means to them.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rules.language.vocabulary import ASKED
from rules.transitions import Document

DATES: Final = ("due_on", "valid_from", "expires_on", "renewable_from", "grace_until")
SHOWN: Final = ("assignment", "progress", "award", *DATES)
KINDS: Final = ("gain", "lose", "asked", "released", "overdue", "dates", "other")
"""What may become of somebody, those that matter most first."""


@dataclass(frozen=True, slots=True)
class Change:
    """One pair; `transitions` are what would be announced and pushed."""

    person: str
    program: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    transitions: tuple[str, ...]
    becomes_overdue: bool = False

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
        }


def change_of(person: str, program: str, old: Document | None, new: Document, announced: tuple[str, ...]) -> Change:
    """What a pair's last word and its next one differ by."""
    before, after = shown(old), shown(new)
    overdue = "overdue" in new["flags"] and "overdue" not in (old or {}).get("flags", ())
    return Change(person, program, before, after, announced, overdue)


def shown(document: Document | None) -> dict[str, Any]:
    """What of a decision a plan compares."""
    return {key: (document or {}).get(key) for key in SHOWN}


def is_news(old: Document | None, new: Document) -> bool:
    """Whether somebody would see a difference; whom nobody asked and who earned nothing is none."""
    silent = old is None and new["assignment"] == "none" and new["award"] == "none"
    return not silent and shown(old) != shown(new)
