"""What happened to a person in a program, read off the stretches of their status: pure, for pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from lrs.days import day_words
from lrs.people.reading import from_day
from rules.decide.calendar import BEGINNING
from rules.language.vocabulary import ASKED

Stretch = Mapping[str, Any]


class Event(NamedTuple):
    """Something that happened, or that time alone will bring: a state's word, and a sentence."""

    at: int
    word: str
    text: str


def events(stretches: Sequence[Stretch]) -> list[Event]:
    """The changes between a program's stretches, which stand in order of time."""
    found = [event for before, after in pairwise([_NOTHING, *stretches]) for event in _changes(before, after)]
    return [event for event in found if event.at > BEGINNING]


_NOTHING: Stretch = {"assignment": "none", "award": "none", "overdue": 0, "renewable": 0, "expires_day": None}
_ASSIGNED = {
    "suggested": "Suggested",
    "exempt": "Exempted",
    "withdrawn": "No longer asked",
    "none": "No longer asked",
}
_LOST = {
    "suspended": "Suspended",
    "expired": "Expired",
    "lapsed": "Ended: the whole program has to be done again",
    "revoked": "Revoked",
    "none": "Holds no certificate any more",
}


def _changes(before: Stretch, after: Stretch) -> Iterator[Event]:
    at, award = after["from_us"], after["award"]
    if after["assignment"] != before["assignment"]:
        yield Event(at, after["assignment"], _assigned(after))
    if award == "valid" and (before["award"] != "valid" or after["expires_day"] != before["expires_day"]):
        yield Event(at, "valid", _earned(before, after))
    elif award != before["award"]:
        is_over = award == "lapsed" and after["assignment"] not in ASKED
        yield Event(at, award, "Ends" if is_over else _LOST[award])
    if after["overdue"] and not before["overdue"]:
        yield Event(at, "overdue", "Overdue")
    if after["renewable"] and not before["renewable"] and award == before["award"]:
        yield Event(at, "renewable", f"Can be renewed until {_day(after['expires_day'])}")


def _assigned(after: Stretch) -> str:
    if after["assignment"] != "required":
        return _ASSIGNED[after["assignment"]]
    return f"Required by {_day(after['due_day'])}" if after["due_day"] is not None else "Required"


def _earned(before: Stretch, after: Stretch) -> str:
    until = f" until {_day(after['expires_day'])}" if after["expires_day"] is not None else ""
    if before["award"] == "suspended" and after["expires_day"] == before["expires_day"]:
        return f"Counts again{until}"
    return f"{'Certified' if before['award'] in ('none', 'lapsed', 'revoked') else 'Renewed'}{until}"


def _day(day: int | None) -> str:
    return day_words(from_day(day))
