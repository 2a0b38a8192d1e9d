"""Names a document uses, with their places, to be looked up when every document is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rules.language.entry import Entry


@dataclass(slots=True)
class References:
    activities: list[Entry] = field(default_factory=list)
    programs: list[tuple[str, Entry]] = field(default_factory=list)
    sources: list[Entry] = field(default_factory=list)
    done: list[Entry] = field(default_factory=list)
    verbs: list[Entry] = field(default_factory=list)
    of_drafts: list[Callable[[], None]] = field(default_factory=list)
    """Checks of a document that programs which were published before need not pass: earlier versions asked for less."""
    rubrics: list[tuple[str, Entry]] = field(default_factory=list)
    """A checklist's activity, and an item that has to be ticked."""
    criteria: list[tuple[str, Entry]] = field(default_factory=list)
    """Of the path that is being read: a criterion, and the one it comes after."""
