"""One person's evidence for one program, judged row by row and sorted by when it happened.

The fold: a single pass over the rows.  Arrival does not matter, for rows are ordered by (timestamp, content); a repeat
under another id counts once; what was voided or not yet known is as if it had never been.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Final, Literal, NamedTuple

from rules.decide.calendar import FOREVER, deadline, midnight
from rules.decide.facts import Evidence
from rules.decide.logic import Steps
from rules.decide.zones import Zones
from rules.language.profiles import Profile

RETRACTS: Final = -1
SHOWS: Final = -2
"""Proves nothing but that the learner is at it."""
UNTRUSTED: Final = -3
"""An act of office from a source that has none."""

_ORDER = itemgetter(6, 8, 0, 2)
"""at, tie, statement, activity: nothing that depends on when or how a row arrived."""

EVERYTHING: Final = FOREVER
"""The `known_at` of a decision that uses all there is."""


Followed = Literal[
    "passed",
    "completed",
    "begun",
    "attended",
    "responded",
    "signed_off",
    "credential",
    "competent",
    "statement",
    "kpi",
    "credit",
    "override",
]


class Track(NamedTuple):
    """What is followed about one activity: that it was passed (by a score), completed, or begun at all, and so on.

    Credits are followed under their type and acts of office under their program, instead of an activity.
    """

    what: Followed
    activity: str
    min_score: Decimal | None = None
    verbs: tuple[str, ...] = ()


class Route(NamedTuple):
    """Evidence under an IRI serves a track: from one source only, or on some days only, if it says so."""

    track: int
    source: str | None = None
    start: date | None = None
    end: date | None = None


class Entries:
    """The judged rows of one track, in order."""

    __slots__ = ("ats", "rows", "verdicts")

    def __init__(self) -> None:
        self.ats: list[int] = []
        self.verdicts: list[int] = []
        self.rows: list[Evidence] = []


class Record:
    """Every track of a program, and the rows that were set aside with the reason why."""

    __slots__ = ("aside", "held", "tracks")

    def __init__(self, tracks: int, held: Mapping[str, Steps]) -> None:
        self.tracks = [Entries() for _ in range(tracks)]
        self.aside: list[tuple[int, Evidence, str]] = []
        self.held = held


class Reading(NamedTuple):
    """Whose statement a row is, and what it proves by that source's profile."""

    source: str | None
    profile: Profile
    meaning: int
    governs: bool
    verb: str


SourceOf = Callable[[Evidence], tuple[str | None, Profile]]


class Step(NamedTuple):
    """What is to be done with rows of one kind for one track; `start` and `end`: only with those of these days."""

    track: int
    judge: Callable[[Evidence], int | None]
    start: date | None = None
    end: date | None = None


Kind = tuple[str, str, str | None, str, str | None]
"""Verb, activity, activity type, relation and object type of a row."""
Marks = tuple[str | None, ...]
"""Credential, authority, platform and home page of a row: where it came from."""
StepsOf = Callable[[Marks], Mapping[Kind, Sequence[Step]]]
"""The steps of each kind of row that comes from one place."""


def fold(
    evidence: Sequence[Evidence],
    known_at: int,
    tracks: int,
    routes: Mapping[str, Sequence[Route]],
    steps_of: StepsOf,
    zones: Zones,
    held: Mapping[str, Steps],
) -> Record:
    """Judges every row that the program reads, once for each track it serves."""
    record = Record(tracks, held)
    aside, entries_of = record.aside, record.tracks
    rows = [row for row in evidence if row[2] in routes and row[7] <= known_at]
    rows.sort(key=_ORDER)
    last_at, last_tie, last_marks = FOREVER, b"", None
    taken: dict[int, str] = {}
    steps: Mapping[Kind, Sequence[Step]] = {}
    for row in rows:
        at, _, tie, voided = row[6:10]
        if voided is not None and voided <= known_at:
            aside.extend((route.track, row, "voided") for route in routes[row[2]])
            continue
        if at != last_at or tie != last_tie:
            last_at, last_tie, taken = at, tie, {}
        marks = row[16:20]
        if marks != last_marks:
            last_marks, steps = marks, steps_of(marks)
        for number, judge, start, end in steps[row[1:6]]:
            if (start or end) and not _on_time(at, start, end, zones):
                continue
            verdict = judge(row)
            if verdict is None:
                continue
            if verdict == UNTRUSTED:
                aside.append((number, row, "untrusted_source"))
                continue
            if taken.setdefault(number, row[0]) != row[0]:
                aside.append((number, row, "duplicate"))
                continue
            entries = entries_of[number]
            entries.ats.append(at)
            entries.verdicts.append(verdict)
            entries.rows.append(row)
    return record


def _on_time(at: int, start: date | None, end: date | None, zones: Zones) -> bool:
    """Whether an equivalence holds on the day of the evidence, in the program's zone."""
    if start is not None and at < midnight(zones.on(start), start):
        return False
    return end is None or at < deadline(zones.on(end), end)
