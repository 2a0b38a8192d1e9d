"""What came of a reading, or would come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from connectors.contract import RemotePerson


@dataclass(slots=True)
class Outcome:
    """Counts are of what a system says.  fresh: too young, as its own statement may be on the way.

    strangers: by their id there, those who are nobody here.  failed: by course, why it could not be read to its end.
    """

    recorded: int = 0
    told: int = 0
    fresh: int = 0
    strangers: dict[str, RemotePerson] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        people = [self.strangers[id_] for id_ in sorted(self.strangers)]
        return {
            "recorded": self.recorded,
            "told": self.told,
            "fresh": self.fresh,
            "strangers": [{"id": one.id, "username": one.username, "name": one.name} for one in people],
            "failed": self.failed,
        }

    def counts(self) -> dict[str, int]:
        """For the audit: how many, and nobody's name."""
        return {name: value if isinstance(value, int) else len(value) for name, value in self.facts().items()}


def words_of(outcome: Outcome) -> str:
    """In a line."""
    strangers = len(outcome.strangers)
    said = [
        f"{outcome.recorded:,} recorded",
        f"{outcome.told:,} told already",
        f"{outcome.fresh:,} left for its own statements" if outcome.fresh else "",
        f"{strangers:,} {'person' if strangers == 1 else 'people'} who {'is' if strangers == 1 else 'are'} nobody here",
    ]
    return ", ".join(part for part in said if part)
