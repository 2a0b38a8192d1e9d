"""What one row says about one track: a judge for each kind of track, each kind of source and each kind of row.

A judge is made once for all rows that share verb, relation, types and source; what is left to it is the row's own result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from rules.decide.evidence import Evidence
from rules.decide.logic import MET, UNKNOWN, UNMET
from rules.decide.record import RETRACTS, SHOWS, UNTRUSTED, UNTYPED, Judge, Reading, Track
from rules.decide.scores import reaches
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


def judge_for(track: Track, reading: Reading, relation: str) -> Judge | None:
    """The judge of rows of one kind; None when such rows never matter to the track."""
    if track.what in _OTHERS:
        return _OTHERS[track.what](track, reading, relation)
    if relation not in ("object", "parent"):
        return None
    if reading.lacks_type and not reading.meaning:
        return _always(UNTYPED) if track.what == "passed" else None
    if not reading.meaning or (reading.meaning & OFFICE and not reading.governs):
        return _completed_at_least(_judge_of(track, reading, relation)) if relation == "object" else None
    return _judge_of(track, reading, relation)


def _judge_of(track: Track, reading: Reading, relation: str) -> Judge | None:
    meaning = reading.meaning
    if track.what == "passed":
        return _passed(track.min_score, meaning, reading.profile)
    if track.what == "completed":
        return _completed(meaning, relation)
    return None if meaning & RETRACTED else _always(MET)


def _completed_at_least(judge: Judge | None) -> Judge | None:
    """A verb that means nothing, or of whom it is not believed, matters only where the result says completed."""
    if judge is None:
        return None
    return lambda row: judge(row) if row.completion else None


def _always(verdict: int) -> Judge:
    return lambda _row: verdict


def _passed(min_score: Decimal | None, meaning: int, profile: Profile) -> Judge | None:
    if not meaning & (PASSED | FAILED | JUDGED):
        return _always(SHOWS) if meaning & (STARTED | COMPLETED) or not meaning else None
    return _by_verdict(meaning) if min_score is None else _by_score(min_score, meaning, profile)


def _by_verdict(meaning: int) -> Judge:
    says_failed, says_passed = bool(meaning & FAILED), bool(meaning & PASSED)

    def judge(row: Evidence) -> int:
        if says_failed or row.success is False:
            return UNMET
        return MET if says_passed or row.success else SHOWS

    return judge


def _by_score(min_score: Decimal, meaning: int, profile: Profile) -> Judge:
    says_failed, theirs, scale = bool(meaning & FAILED), profile.verdict == "theirs", profile.scale
    is_plain = scale == "zero_to_one"
    is_unscored, is_judged = bool(meaning & UNSCORED), bool(meaning & JUDGED)

    def judge(row: Evidence) -> int:
        raw, scaled = row[10], row[13]
        failed = says_failed or row[14] is False
        if raw is None and scaled is None:
            if is_unscored or (is_judged and row.success is None):
                return SHOWS
            return UNMET if failed else UNKNOWN
        if failed and theirs:
            return UNMET
        reached = (
            scaled >= min_score if raw is None and scaled is not None and is_plain else reaches(row, min_score, scale)
        )
        return UNKNOWN if reached is None else MET if reached else UNMET

    return judge


def _completed(meaning: int, relation: str) -> Judge:
    if meaning & RETRACTED:
        return _always(RETRACTS)
    says_completed, is_object = bool(meaning & COMPLETED), relation == "object"

    def judge(row: Evidence) -> int:
        if is_object and row.completion:
            return MET
        return MET if says_completed and row.completion is None else SHOWS

    return judge


def _attended(_track: Track, reading: Reading, _relation: str) -> Judge | None:
    return _unless_failed if reading.meaning & ATTENDED else None


def _responded(_track: Track, reading: Reading, _relation: str) -> Judge | None:
    return _unless_failed if reading.meaning & RESPONDED else None


def _unless_failed(row: Evidence) -> int:
    return UNMET if row.success is False else MET


def _signed_off(_track: Track, reading: Reading, _relation: str) -> Judge | None:
    if not reading.meaning & SIGNED:
        return None
    return _unless_failed if reading.governs else _always(UNTRUSTED)


def _credential(_track: Track, reading: Reading, _relation: str) -> Judge | None:
    """Handed in, it is unknown; the review says the rest."""
    if not reading.meaning & (PRESENTED | ACCEPTED | DECLINED):
        return None
    if reading.meaning & OFFICE and not reading.governs:
        return _always(UNTRUSTED)
    return _always(UNKNOWN if reading.meaning & PRESENTED else MET if reading.meaning & ACCEPTED else UNMET)


def _competent(track: Track, reading: Reading, _relation: str) -> Judge | None:
    return _passed(track.min_score, PASSED, reading.profile) if reading.meaning & MASTERED else None


def _statement(track: Track, reading: Reading, relation: str) -> Judge | None:
    if relation != "object" or reading.verb not in track.verbs:
        return None
    least, scale = track.min_score, reading.profile.scale
    if least is None:
        return _always(MET)

    def judge(row: Evidence) -> int:
        reached = reaches(row, least, scale)
        return UNKNOWN if reached is None else MET if reached else UNMET

    return judge


def _kpi(_track: Track, reading: Reading, _relation: str) -> Judge | None:
    return _always(MET) if reading.meaning & MEASURED else None


def _credit(_track: Track, _reading: Reading, relation: str) -> Judge | None:
    return _always(MET) if relation == "credit" else None


def _override(_track: Track, reading: Reading, relation: str) -> Judge | None:
    if relation != "override":
        return None
    return _always(MET if reading.governs else UNTRUSTED)


_OTHERS: Final[Mapping[str, Callable[[Track, Reading, str], Judge | None]]] = {
    "attended": _attended,
    "responded": _responded,
    "signed_off": _signed_off,
    "credential": _credential,
    "competent": _competent,
    "statement": _statement,
    "kpi": _kpi,
    "credit": _credit,
    "override": _override,
}
