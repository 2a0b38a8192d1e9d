"""One person's evidence for one program, judged row by row and sorted by when it happened.

The fold: a single pass over the dossiers that the program reads.  Arrival does not matter, for rows are ordered by
(timestamp, content); a repeat under another id counts once; what was voided or not yet known is as if it had never been.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from rules.decide.calendar import FOREVER, deadline, midnight
from rules.decide.dossiers import ORDER, Dossier, Kind, Marks
from rules.decide.evidence import Evidence
from rules.decide.logic import Steps
from rules.decide.zones import Zones
from rules.language.profiles import Profile

RETRACTS: Final = -1
SHOWS: Final = -2
"""Proves nothing but that the learner is at it."""
UNTRUSTED: Final = -3
"""An act of office from a source that has none."""

UNTYPED: Final = -4
"""The result of an attempt, of which nobody can tell what it is an attempt at: a type is missing."""

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


class Entries(NamedTuple):
    """The judged rows of one track, in order."""

    ats: Sequence[int] = ()
    verdicts: Sequence[int] = ()
    rows: Sequence[Evidence] = ()


class Record:
    """Every track of a program, and the rows that were set aside with the reason why."""

    __slots__ = ("aside", "held", "tracks")

    def __init__(self, tracks: int, held: Mapping[str, Steps]) -> None:
        self.tracks = [Entries()] * tracks
        self.aside: list[tuple[int, Evidence, str]] = []
        self.held = held


class Reading(NamedTuple):
    """Whose statement a row is, and what it proves by that source's profile."""

    source: str | None
    profile: Profile
    meaning: int
    governs: bool
    verb: str
    lacks_type: bool = False


SourceOf = Callable[[Evidence], tuple[str | None, Profile]]


Judge = Callable[[Evidence], int | None]
"""The verdict of a row; None: it has nothing to do with the track."""
JudgesOf = Callable[[Marks], Mapping[Kind, Sequence[Judge | None]]]
"""The judges of each kind of row that comes from one place, one for each route of its activity; None judges nothing."""


class _Heard(NamedTuple):
    """The rows of a dossier with what a route's judges make of them."""

    dossier: Dossier
    route: Route
    verdicts: Sequence[int | None]


def fold(
    dossiers: Mapping[str, Dossier],
    known_at: int,
    tracks: int,
    routes: Mapping[str, Sequence[Route]],
    judges_of: JudgesOf,
    zones: Zones,
    held: Mapping[str, Steps],
) -> Record:
    """Judges every row that the program reads, once for each track it serves."""
    record = Record(tracks, held)
    heard: dict[int, list[_Heard]] = {}
    for activity in dossiers if len(dossiers) < len(routes) else routes:
        if activity not in dossiers or activity not in routes:
            continue
        dossier = dossiers[activity]
        tables = [judges_of(marks)[kind] for marks, kind in dossier.kinds]
        for place, route in enumerate(routes[activity]):
            judges = [table[place] for table in tables]
            verdicts = [
                None if (judge := judges[code]) is None else judge(row)
                for code, row in zip(dossier.codes, dossier.rows, strict=True)
            ]
            heard.setdefault(route.track, []).append(_Heard(dossier, route, verdicts))
    for track, found in heard.items():
        one = found[0]
        if len(found) == 1 and _all_count(one, known_at):
            record.tracks[track] = Entries(one.dossier.ats, one.verdicts, one.dossier.rows)  # type: ignore[arg-type]
        else:
            record.tracks[track] = _counted(track, found, known_at, zones, record.aside)
    return record


def _all_count(heard: _Heard, known_at: int) -> bool:
    """Whether every row is an entry as it stands: then there is nothing to look for."""
    dossier, route, verdicts = heard
    return (
        dossier.is_plain
        and dossier.newest <= known_at
        and route.start is None
        and route.end is None
        and None not in verdicts
        and UNTRUSTED not in verdicts
        and UNTYPED not in verdicts
    )


def _counted(
    track: int, heard: Sequence[_Heard], known_at: int, zones: Zones, aside: list[tuple[int, Evidence, str]]
) -> Entries:
    """The rows of one track that count, from all its routes; the others are set aside with the reason why."""
    rows = [
        (row, verdict, route)
        for dossier, route, verdicts in heard
        for row, verdict in zip(dossier.rows, verdicts, strict=True)
        if row.known <= known_at
    ]
    rows.sort(key=lambda one: ORDER(one[0]))
    counted: list[tuple[int, int, Evidence]] = []
    taken: dict[tuple[int, bytes], str] = {}
    for row, verdict, route in rows:
        if row.voided is not None and row.voided <= known_at:
            aside.append((track, row, "voided"))
        elif verdict is not None and _on_time(row.at, route, zones):
            if verdict == UNTRUSTED:
                aside.append((track, row, "untrusted_source"))
            elif verdict == UNTYPED:
                aside.append((track, row, "untyped_parent"))
            elif taken.setdefault((row.at, row.tie), row.statement) != row.statement:
                aside.append((track, row, "duplicate"))
            else:
                counted.append((row.at, verdict, row))
    return Entries(*zip(*counted, strict=True))


def _on_time(at: int, route: Route, zones: Zones) -> bool:
    """Whether an equivalence holds on the day of the evidence, in the program's zone."""
    if route.start is not None and at < midnight(zones.on(route.start), route.start):
        return False
    return route.end is None or at < deadline(zones.on(route.end), route.end)
