"""What can be wrong with a name of somebody before anybody is known: several in one text, no address, a misspelt place.

Whether a job or a person of that name exists is told when people are known (rules/lint/people.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rules.language.entry import Entry

LEARNER, MANAGER, SKIP_MANAGER = "learner", "manager", "skip-manager"
RECIPIENTS: Final = (LEARNER, MANAGER, SKIP_MANAGER)
"""Recipients of a ladder's steps by their place; any other word is a job or a person's id."""
_ADDRESS: Final = re.compile(r"[^@\s,;:<>]+@[^@\s,;:<>]+")
_LEAST: Final = 6
"""Shorter words than this are near too many others."""


@dataclass(frozen=True, slots=True)
class Naming:
    """A name, and what may stand there besides jobs and ids of people."""

    entry: Entry
    takes_places: bool = False
    takes_addresses: bool = False

    def check(self) -> None:
        """Notes what is wrong with it."""
        text = self.entry.value
        if not isinstance(text, str):
            return
        parts = [part.strip() for part in re.split("[,;]", text)]
        if len(parts) > 1 and any(part in RECIPIENTS or "@" in part for part in parts):
            self.entry.fail(
                f"'{text}' is one name", hint=f"several stand in a list: [{', '.join(filter(None, parts))}]"
            )
        elif self.takes_addresses and "@" in text and not _ADDRESS.fullmatch(text):
            self.entry.fail(f"'{text}' is no mail address", hint="write it alone, such as hr@example.org")
        elif self.takes_places and text not in RECIPIENTS and (place := next(_near(text), None)):
            self.entry.fail(f"nobody is called '{text}'", hint=f"did you mean '{place}'?")
        elif not self.takes_places and text in (LEARNER, SKIP_MANAGER):
            hint = "only tell: of a ladder knows them; name a job or a person's id"
            self.entry.fail(f"'{text}' is nobody here", hint=hint)


def _near(text: str) -> Iterator[str]:
    """The places that a name is, but for a letter too many, too few or two of them swapped; other letters may be a job's."""
    name = _bare(text)
    for place in RECIPIENTS:
        word = _bare(place)
        if min(len(name), len(word)) >= _LEAST - 1 and (name in _slips(word) or word in _slips(name)):
            yield place


def _slips(word: str) -> set[str]:
    """A word without one of its letters, and with two neighbours swapped."""
    without = {word[:at] + word[at + 1 :] for at in range(len(word))}
    return without | {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}


def _bare(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())
