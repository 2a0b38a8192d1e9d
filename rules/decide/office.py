"""Acts of office about one person in one program: waivers, exemptions, extensions, suspensions, revocations.

Each is a statement, so it can be audited, voided and replayed; one that lacks a reason, or that nobody entitled
answers for, is set aside with the reason why (docs/profile.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Final

from lrs.people.roster import load_day
from rules.decide.calendar import FOREVER, after, deadline
from rules.decide.evidence import Evidence
from rules.decide.facts import Facts
from rules.decide.record import Entries
from rules.decide.zones import Zones
from rules.language.model import Waive
from rules.language.period import load_period
from rules.vocabulary import ENDORSED, EXEMPTED, EXTENDED, REINSTATED, REVOKED_BY, SUSPENDED, WAIVED

Range = tuple[int, int]
"""From an instant up to but not including another."""

ACTS: Final = {
    WAIVED: "waived",
    EXEMPTED: "exempted",
    EXTENDED: "extended",
    SUSPENDED: "suspended",
    REVOKED_BY: "revoked",
    REINSTATED: "reinstated",
    ENDORSED: "endorsed",
}


@dataclass(frozen=True, slots=True)
class Act:
    """One statement of office; `refused` says why it does not count, if so."""

    row: Evidence
    what: str
    end: int = FOREVER
    criteria: frozenset[str] | None = None
    """Of a waiver: the criteria it is about; None: all that may be waived."""
    due_on: date | None = None
    refused: str | None = None

    @property
    def at(self) -> int:
        return self.row.at


class Office:
    """All acts about a person in a program, in order."""

    __slots__ = ("_counting", "acts", "reinstated", "revocations", "suspensions")

    def __init__(self, acts: Sequence[Act]) -> None:
        self.acts = acts
        self._counting: dict[str, list[Act]] = {}
        for act in acts:
            if act.refused is None:
                self._counting.setdefault(act.what, []).append(act)
        self.reinstated = [act.at for act in self._of("reinstated")]
        self.suspensions = [_until(act, self.reinstated) for act in self._of("suspended")]
        self.revocations = [_until(act, self.reinstated) for act in self._of("revoked")]

    def _of(self, what: str) -> Sequence[Act]:
        return self._counting.get(what, ())

    def waivers(self, criterion: str) -> list[Range]:
        return [(act.at, act.end) for act in self._of("waived") if act.criteria is None or criterion in act.criteria]

    def is_exempt(self, at: int) -> bool:
        return any(act.at <= at < act.end for act in self._of("exempted"))

    def is_revoked(self, at: int) -> bool:
        return any(start <= at < end for start, end in self.revocations)

    def is_endorsed(self, since: int, at: int) -> bool:
        return any(since <= act.at <= at for act in self._of("endorsed"))

    def extension(self, at: int) -> date | None:
        """The last good day that the newest extension gives."""
        given = [act.due_on for act in self._of("extended") if act.at <= at]
        return given[-1] if given else None

    def instants(self, zones: Zones) -> set[int]:
        found = {edge for act in self.acts for edge in (act.at, act.end)}
        return found | {deadline(zones.on(act.due_on), act.due_on) for act in self._of("extended") if act.due_on}


def office_of(entries: Entries, waive: Waive | None, zones: Zones, facts: Facts) -> Office:
    """The acts in a record, as a program's version lets them count."""
    return Office([_act(row, waive, zones, facts) for row in entries.rows])


def _act(row: Evidence, waive: Waive | None, zones: Zones, facts: Facts) -> Act:
    what = ACTS[row.verb]
    said = details(row)
    if not str(said.get("reason") or "").strip():
        return Act(row, what, refused="no_reason")
    try:
        end = _end(said, row, zones)
    except ValueError:
        return Act(row, what, refused="unreadable")
    if what == "extended":
        due_on = load_day(said.get("due_on"))
        return Act(row, what, due_on=due_on, refused=None if due_on else "unreadable")
    if what != "waived":
        return Act(row, what, end)
    criteria = said.get("criteria")
    named = frozenset(map(str, criteria)) if isinstance(criteria, list) else None
    end, refused = _waiver(row, end, waive, zones, facts)
    return Act(row, what, end, named, refused=refused)


def _waiver(row: Evidence, end: int, waive: Waive | None, zones: Zones, facts: Facts) -> tuple[int, str | None]:
    """Until when a waiver is good: no longer than the program allows, and only from somebody it allows."""
    if waive is None:
        return end, "not_waivable"
    if waive.by and not is_of_job(facts.observer(row), waive.by, zones.day_at(row.at)):
        return end, "not_authorized"
    if waive.max is not None:
        most = after(zones.at(row.at), zones.day_at(row.at), row.at, waive.max)[1]
        if end == FOREVER:
            return most, None
        if end > most:
            return end, "waiver_too_long"
    return end, None


def _end(said: Mapping[str, Any], row: Evidence, zones: Zones) -> int:
    """Up to which instant an act holds.  ValueError: what it says cannot be read."""
    if said.get("for") is not None:
        return after(zones.at(row.at), zones.day_at(row.at), row.at, load_period(str(said["for"])))[1]
    if said.get("until") is not None:
        day = load_day(said["until"])
        if day is None:
            raise ValueError("no date")
        return deadline(zones.on(day), day)
    return FOREVER


def _until(act: Act, restored: Sequence[int]) -> Range:
    return act.at, min([act.end, *(at for at in restored if at > act.at)])


def is_of_job(facts: Facts | None, jobs: Sequence[str], day: date) -> bool:
    """Whether somebody has one of these jobs on a day."""
    if facts is None:
        return False
    held = [position.job for position in facts.person.positions if position.holds_on(day) and position.job]
    return any(fnmatchcase(job, pattern) for job in held for pattern in jobs)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def details(row: Evidence) -> Mapping[str, Any]:
    """What a row says in our own extensions."""
    said: Mapping[str, Any] = _parsed(row.details or "{}")
    return said


def credits_said(row: Evidence) -> Sequence[Mapping[str, Any]]:
    """The credits that a credit row gives."""
    said: Sequence[Mapping[str, Any]] = _parsed(row.details or "[]")
    return said
