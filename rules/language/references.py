"""Names a document uses, with their places, to be looked up when every document is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from rules.language.entry import Entry
from rules.language.naming import Naming


@dataclass(slots=True)
class References:
    activities: list[Entry] = field(default_factory=list)
    programs: list[tuple[str, Entry]] = field(default_factory=list)
    sources: list[Entry] = field(default_factory=list)
    done: list[Entry] = field(default_factory=list)
    verbs: list[Entry] = field(default_factory=list)
    names: list[Naming] = field(default_factory=list)
    """Of somebody: what was published before is not asked for."""
    rubrics: list[tuple[str, Entry]] = field(default_factory=list)
    """A checklist's activity, and an item that has to be ticked."""
    criteria: list[tuple[str, Entry]] = field(default_factory=list)
    """Of the path that is being read: a criterion, and the one it comes after."""
