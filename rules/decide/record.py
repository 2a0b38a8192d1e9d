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
from rules.decide.logic import MET, UNKNOWN, UNMET, Steps
from rules.decide.scores import has_score, reaches
from rules.decide.zones import Zones
from rules.language.profiles import (
    ACCEPTED,
    ATTENDED,
    COMPLETED,
    DECLINED,
    FAILED,
    JUDGED,
    MASTERED,
    MEASURED,
    OFFICE,
    PASSED,
    PRESENTED,
    RESPONDED,
    RETRACTED,
    SIGNED,
    STARTED,
    UNSCORED,
    Profile,
)

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
    governs: bool = False


SourceOf = Callable[[Evidence], tuple[str | None, Profile]]
ReadingOf = Callable[..., Reading]


def fold(
    evidence: Sequence[Evidence],
    known_at: int,
    tracks: Sequence[Track],
    routes: Mapping[str, Sequence[Route]],
    reading_of: ReadingOf,
    zones: Zones,
    held: Mapping[str, Steps],
) -> Record:
    """Judges every row that the program reads, once for each track it serves."""
    record = Record(len(tracks), held)
    aside = record.aside
    rows = [row for row in evidence if row[2] in routes and row[7] <= known_at]
    rows.sort(key=_ORDER)
    at, tie = FOREVER, b""
    taken: dict[int, str] = {}
    for row in rows:
        if row.voided is not None and row.voided <= known_at:
            aside.extend((route.track, row, "voided") for route in routes[row.activity])
            continue
        if row.at != at or row.tie != tie:
            at, tie, taken = row.at, row.tie, {}
        reading = reading_of(
            row.verb,
            row.relation,
            row.object_type,
            row.activity_type,
            row.credential,
            row.authority,
            row.platform,
            row.home_page,
        )
        for number, source, start, end in routes[row.activity]:
            if source is not None and source != reading.source:
                continue
            if (start or end) and not _on_time(row.at, start, end, zones):
                continue
            verdict = judge(row, tracks[number], reading)
            if verdict is None:
                continue
            if verdict == UNTRUSTED:
                aside.append((number, row, "untrusted_source"))
                continue
            if taken.setdefault(number, row.statement) != row.statement:
                aside.append((number, row, "duplicate"))
                continue
            entries = record.tracks[number]
            entries.ats.append(row.at)
            entries.verdicts.append(verdict)
            entries.rows.append(row)
    return record


def _on_time(at: int, start: date | None, end: date | None, zones: Zones) -> bool:
    """Whether an equivalence holds on the day of the evidence, in the program's zone."""
    if start is not None and at < midnight(zones.on(start), start):
        return False
    return end is None or at < deadline(zones.on(end), end)


def judge(row: Evidence, track: Track, reading: Reading) -> int | None:
    """What one row says about one track; None when it has nothing to do with it."""
    meaning, what = reading.meaning, track.what
    if what in _OTHERS:
        return _OTHERS[what](row, track, reading)
    if row.relation not in _ABOUT or (not meaning and not (row.completion and row.relation == "object")):
        return None
    if what == "passed":
        return _judge_passed(row, track.min_score, meaning, reading.profile)
    if what == "completed":
        return _judge_completed(row, meaning)
    return None if meaning & RETRACTED else MET


def _judge_passed(row: Evidence, min_score: Decimal | None, meaning: int, profile: Profile) -> int | None:
    if not meaning & (PASSED | FAILED | JUDGED):
        return SHOWS if meaning & (STARTED | COMPLETED) or not meaning else None
    failed = meaning & FAILED or row.success is False
    if min_score is None:
        return UNMET if failed else MET if meaning & PASSED or row.success else SHOWS
    if not has_score(row):
        if meaning & UNSCORED or (meaning & JUDGED and row.success is None):
            return SHOWS
        return UNMET if failed else UNKNOWN
    if failed and profile.verdict == "theirs":
        return UNMET
    reached = reaches(row, min_score, profile.scale)
    return UNKNOWN if reached is None else MET if reached else UNMET


def _judge_completed(row: Evidence, meaning: int) -> int | None:
    if meaning & RETRACTED:
        return RETRACTS
    if row.relation == "object" and row.completion:
        return MET
    return MET if meaning & COMPLETED and row.completion is None else SHOWS


def _judge_deed(meant: int) -> Callable[[Evidence, Track, Reading], int | None]:
    """Somebody did something, unless the statement says that it failed."""

    def judge_deed(row: Evidence, _: Track, reading: Reading) -> int | None:
        if not reading.meaning & meant:
            return None
        return UNMET if row.success is False else MET

    return judge_deed


def _judge_signed_off(row: Evidence, _: Track, reading: Reading) -> int | None:
    if not reading.meaning & SIGNED:
        return None
    return UNTRUSTED if not reading.governs else UNMET if row.success is False else MET


def _judge_credential(_: Evidence, __: Track, reading: Reading) -> int | None:
    """Handed in, it is unknown; the review says the rest."""
    if not reading.meaning & (PRESENTED | ACCEPTED | DECLINED):
        return None
    if reading.meaning & OFFICE and not reading.governs:
        return UNTRUSTED
    return UNKNOWN if reading.meaning & PRESENTED else MET if reading.meaning & ACCEPTED else UNMET


def _judge_competent(row: Evidence, track: Track, reading: Reading) -> int | None:
    if not reading.meaning & MASTERED:
        return None
    return _judge_passed(row, track.min_score, PASSED, reading.profile)


def _judge_statement(row: Evidence, track: Track, reading: Reading) -> int | None:
    if row.relation != "object" or row.verb not in track.verbs:
        return None
    if track.min_score is None:
        return MET
    reached = reaches(row, track.min_score, reading.profile.scale) if has_score(row) else None
    return UNKNOWN if reached is None else MET if reached else UNMET


def _judge_kpi(row: Evidence, _: Track, reading: Reading) -> int | None:
    if not reading.meaning & MEASURED:
        return None
    return MET if row.raw is not None else UNKNOWN


def _judge_credit(row: Evidence, _: Track, __: Reading) -> int | None:
    return MET if row.relation == "credit" else None


def _judge_override(row: Evidence, _: Track, reading: Reading) -> int | None:
    if row.relation != "override":
        return None
    return MET if reading.governs else UNTRUSTED


_ABOUT: Final = frozenset({"object", "parent"})
_OTHERS: Final[Mapping[str, Callable[[Evidence, Track, Reading], int | None]]] = {
    "attended": _judge_deed(ATTENDED),
    "responded": _judge_deed(RESPONDED),
    "signed_off": _judge_signed_off,
    "credential": _judge_credential,
    "competent": _judge_competent,
    "statement": _judge_statement,
    "kpi": _judge_kpi,
    "credit": _judge_credit,
    "override": _judge_override,
}
