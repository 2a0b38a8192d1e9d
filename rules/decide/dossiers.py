"""One person's evidence sorted once, activity by activity, for all the programs that read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from rules.decide.evidence import Evidence

Marks = tuple[str | None, ...]
"""Credential, authority, platform and home page of a row: where it came from."""
Kind = tuple[str, str, str | None, str, str | None]
"""Verb, activity, activity type, relation and object type of a row."""

ORDER: Final = itemgetter(6, 8, 0, 2)
"""at, tie, statement, activity: nothing that depends on when or how a row arrived."""
_MOMENT: Final = itemgetter(6, 8)
"""at and tie of a row, which its repeats share."""
_SIGNS: Final = itemgetter(1, 2, 3, 4, 5, 16, 17, 18, 19)
"""Kind and marks of a row, one after the other."""


class Dossier:
    """The rows about one activity, in order, with what all programs need to know of them.

    Rows of one place and one kind are read alike by whoever reads them: `kinds` has each such pair once, `codes` the
    place in it of every row.
    """

    __slots__ = ("ats", "codes", "is_plain", "kinds", "newest", "rows")

    def __init__(self, rows: Sequence[Evidence]) -> None:
        """rows: at least one, in order."""
        places: dict[tuple[Any, ...], int] = {}
        self.rows = rows
        self.ats = [row[6] for row in rows]
        self.codes = [places.setdefault(signs, len(places)) for signs in map(_SIGNS, rows)]
        self.kinds: Sequence[tuple[Marks, Kind]] = [(signs[5:], signs[:5]) for signs in places]
        self.newest = max(row[7] for row in rows)
        """When the last of them became known."""
        self.is_plain = all(row[9] is None for row in rows) and len(set(map(_MOMENT, rows))) == len(rows)
        """Whether none of them was voided, and none says at one instant what another one says."""


def dossiers_of(evidence: Iterable[Evidence]) -> Mapping[str, Dossier]:
    """By activity, in the order of their first rows."""
    found: dict[str, list[Evidence]] = {}
    for row in sorted(evidence, key=ORDER):
        found.setdefault(row[2], []).append(row)
    return {activity: Dossier(rows) for activity, rows in found.items()}
