"""Names a document uses, with their places, to be looked up when every document is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from rules.language.entry import Entry


@dataclass(slots=True)
class References:
    activities: list[Entry] = field(default_factory=list)
    programs: list[tuple[str, Entry]] = field(default_factory=list)
    sources: list[Entry] = field(default_factory=list)
    done: list[Entry] = field(default_factory=list)
    verbs: list[Entry] = field(default_factory=list)
    rubrics: list[tuple[str, Entry]] = field(default_factory=list)
    """A checklist's activity, and an item that has to be ticked."""
    criteria: list[tuple[str, Entry]] = field(default_factory=list)
    """Of the path that is being read: a criterion, and the one it comes after."""
