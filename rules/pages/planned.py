"""A plan as people read it: who gains, who loses, whose dates move, and everything else that changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from lrs.days import day_words
from rules.language import Ruleset
from rules.publishing.plan import Change, Plan
from rules.publishing.plan.change import DATES, Owed
from rules.publishing.plan.text import owed_words

SHOWN: Final = 50
"""Lines of each group; the count says how many there are."""


class Line(NamedTuple):
    """One person in one program, and what changes."""

    person: str
    name: str
    program: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """Changes of one kind."""

    id: str
    title: str
    word: str
    count: int
    lines: tuple[Line, ...]

    def named(self, names: Mapping[str, str]) -> Group:
        """The same with people's names."""
        return replace(
            self, lines=tuple(line._replace(name=names.get(line.person, line.person)) for line in self.lines)
        )


@dataclass(frozen=True, slots=True)
class Day:
    """A day to come (ISO), how many pairs change on it, and how."""

    id: str
    count: int
    groups: list[Group]

    @property
    def words(self) -> str:
        return day_words(self.id)


_KINDS: Final = {
    "gain": ("Gain a certificate", "valid"),
    "lose": ("Lose a certificate", "revoked"),
    "asked": ("Newly asked", "required"),
    "released": ("No longer asked", "withdrawn"),
    "overdue": ("Overdue at once", "overdue"),
    "owes": ("Owe more for a certificate they hold", "in_progress"),
    "dates": ("Dates move", "renewable"),
    "other": ("Other changes", "in_progress"),
}


def groups_of(changes: Iterable[Change], *rulesets: Ruleset) -> list[Group]:
    """Changes by kind, those that matter most first; somebody may be in several.  Titles are those of the last ruleset that
    has the program.
    """
    found: dict[str, list[Change]] = {kind: [] for kind in _KINDS}
    for change in changes:
        for kind in change.kinds:
            found[kind].append(change)
    titles = {id_: versions[-1].title for ruleset in rulesets for id_, versions in ruleset.programs.items()}
    return [
        Group(kind, title, word, len(found[kind]), tuple(_line(kind, one, titles) for one in found[kind][:SHOWN]))
        for kind, (title, word) in _KINDS.items()
        if found[kind]
    ]


def told(plan: Plan) -> list[tuple[str, int]]:
    """Notices and messages that would follow, each with how many."""
    found = [
        ("notices at once", sum(one.at is None for one in plan.notices)),
        ("notices later", sum(one.at is not None for one in plan.notices)),
        ("notices that do not come any more", len(plan.dropped)),
    ]
    pushes = Counter(f"{one.system}: {one.action.replace('_', ' ')}" for one in plan.pushes)
    return [(name, count) for name, count in [*found, *sorted(pushes.items())] if count]


def later(plan: Plan, *rulesets: Ruleset) -> list[Day]:
    """The days to come on which a version takes effect and changes something."""
    return [Day(one.day, len(one.changes), groups_of(one.changes, *rulesets)) for one in plan.later if one.changes]


def _line(kind: str, change: Change, titles: Mapping[str, str]) -> Line:
    title = titles.get(change.program, change.program)
    said = _owed(change.owes) if kind == "owes" and change.owes is not None else ", ".join(_differences(change))
    return Line(change.person, change.person, change.program, title, said)


def _owed(owed: Owed) -> str:
    due = f", by {day_words(owed.due_on)}" if owed.due_on else ""
    return f"owes: {owed_words(owed)}{due}"


_LABELS: Final = {
    "assignment": "asked",
    "progress": "progress",
    "award": "certificate",
    "due_on": "due",
    "valid_from": "valid from",
    "expires_on": "good until",
    "renewable_from": "can be renewed from",
    "grace_until": "can be renewed until",
}


def _differences(change: Change) -> Iterator[str]:
    """What reads differently.  Dates that end are left out where what is asked or held changes: they only follow from it."""
    has_gone = any(change.before[key] != change.after[key] for key in ("assignment", "award"))
    for key, label in _LABELS.items():
        before, after = change.before[key], change.after[key]
        if before == after or (key in DATES and after is None and has_gone):
            continue
        yield (
            f"{label} {_said(key, after)}" if before is None else f"{label}: {_said(key, before)} → {_said(key, after)}"
        )


def _said(key: str, value: object) -> str:
    if value is None:
        return "nothing"
    return day_words(str(value)) if key in DATES else str(value).replace("_", " ")
