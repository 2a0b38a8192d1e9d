"""A plan: everybody who would be decided otherwise, the notices that follow, and what other systems would be told.  Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from lrs.clock import to_us
from rules import vocabulary as v
from rules.language.ruleset import canonical
from rules.publishing.plan.change import Change

_OF_LADDERS: Final = (v.NOTIFIED, v.FLAGGED, v.RESTRICTED)
"""What other systems are told of notices and consequences."""


class PlannedNotice(NamedTuple):
    """A step of a ladder that would come (or, of those dropped, that would have come).

    at: None when it comes as soon as people may be told; in UTC.  action: a consequence, instead of a notice to somebody.
    zone: of whoever it is for, in which its time of day was chosen.
    """

    person: str
    program: str
    deadline: str
    day: str
    step: str
    recipient: str
    role: str
    at: str | None
    action: str | None
    zone: str


class PlannedPush(NamedTuple):
    """What a system outside would be told."""

    person: str
    program: str
    system: str
    action: str
    about: str
    """The transition."""


class TakenBack(NamedTuple):
    """A version that is published and still to come, and would not be published any more."""

    program: str
    version: int
    effective: str
    """The day on which it would have taken effect."""


@dataclass(frozen=True, slots=True)
class Later:
    """What would change on a day to come, because versions take effect on it, or do not any more; the rest of the plan is about now."""

    day: str
    changes: tuple[Change, ...]

    def as_json(self) -> dict[str, Any]:
        return {"day": self.day, "changes": [change.as_json() for change in self.changes]}


@dataclass(frozen=True, slots=True)
class Plan:
    """The outcome: which programs change, and every pair that does.  Equal stores give equal plans, whatever the hour."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    changes: tuple[Change, ...]
    people: int
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many of each transition would be announced."""
    ladders: tuple[str, ...] = ()
    """Escalations that are new, read differently, or are gone."""
    notices: tuple[PlannedNotice, ...] = ()
    dropped: tuple[PlannedNotice, ...] = ()
    pushes: tuple[PlannedPush, ...] = ()
    later: tuple[Later, ...] = ()
    taken_back: tuple[TakenBack, ...] = ()
    """Versions that never take effect."""
    hash: str = ""
    """Of the ruleset that would be published."""
    current: str = ""
    """Of the ruleset that is published now."""

    @property
    def is_empty(self) -> bool:
        """Whether publishing would change nothing, not even what the programs refer to, such as an activity's addresses."""
        return self.hash == self.current and not (
            self.added
            or self.removed
            or self.changed
            or self.changes
            or self.ladders
            or self.notices
            or self.dropped
            or any(later.changes for later in self.later)
        )

    @property
    def concerns_only_references(self) -> bool:
        """Whether no program or ladder reads differently, but something they refer to does."""
        return self.hash != self.current and not (self.added or self.changed or self.removed or self.ladders)

    @property
    def digest(self) -> str:
        """Identifies the outcome: what becomes of whom, and who is told."""
        return digest_of(self.as_json())

    @property
    def totals(self) -> dict[str, int]:
        return _totals(self.changes, self.notices, self.dropped, self.pushes)

    @property
    def by_program(self) -> dict[str, dict[str, int]]:
        """The totals of each program in which anything happens."""
        parts: tuple[Iterable[Any], ...] = (self.changes, self.notices, self.dropped, self.pushes)
        grouped: dict[str, tuple[list[Any], ...]] = {}
        for place, part in enumerate(parts):
            for one in part:
                grouped.setdefault(one.program, ([], [], [], []))[place].append(one)
        return {program: _totals(*grouped[program]) for program in sorted(grouped)}

    def as_json(self) -> dict[str, Any]:
        return {
            "hash": self.hash,
            "current": self.current,
            "programs": {"added": self.added, "removed": self.removed, "changed": self.changed},
            "ladders": self.ladders,
            "people": self.people,
            "announcements": dict(sorted(self.counts.items())),
            "totals": self.totals,
            "by_program": self.by_program,
            "changes": [change.as_json() for change in self.changes],
            "notices": [notice._asdict() for notice in self.notices],
            "notices_dropped": [notice._asdict() for notice in self.dropped],
            "pushes": [push._asdict() for push in self.pushes],
            "later": [later.as_json() for later in self.later],
            "taken_back": [one._asdict() for one in self.taken_back],
        }


def digest_of(plan: Mapping[str, Any]) -> str:
    """The digest of a plan that is written down."""
    said = {pair: sorted(one.text for one in some) for pair, some in messages(plan).items()}
    return hashlib.sha256(canonical([outcomes(plan), said]).encode()).hexdigest()


def outcomes(plan: Mapping[str, Any]) -> dict[str, str]:
    """What becomes of whom, in a plan that is written down: by day (empty: now), person and program."""
    found = {_key("", one): canonical(one) for one in plan["changes"]}
    return found | {_key(later["day"], one): canonical(one) for later in plan["later"] for one in later["changes"]}


class Message(NamedTuple):
    """A notice, a consequence, one of them that does not come any more, or what another system is told, in words that stay
    the same while only time goes by.

    at: of a step that has its hour, else None.  is_of_ladder: whether it comes, or does not, with the hour of a step.
    """

    text: str
    at: int | None
    is_of_ladder: bool


def messages(plan: Mapping[str, Any]) -> dict[str, list[Message]]:
    """Who would be told, and who not any more, in a plan that is written down: by person and program (the day is empty: now)."""
    found: dict[str, list[Message]] = {}
    for name, begin in (("notices", ""), ("notices_dropped", "no more ")):
        for one in plan[name]:
            what = one["action"] or f"to {one['recipient'].removeprefix('?')} as {one['role']}"
            at = None if one["at"] is None else to_us(datetime.fromisoformat(one["at"]))
            text = f"{begin}{one['step']} of {one['day']} {what}"
            found.setdefault(_key("", one), []).append(Message(text, at, True))
    for one in plan["pushes"]:
        text = f"{one['system']} {one['action']} ({one['about']})"
        found.setdefault(_key("", one), []).append(Message(text, None, one["about"] in _OF_LADDERS))
    return found


def _key(day: str, change: Mapping[str, Any]) -> str:
    return "\t".join((day, change["person"], change["program"]))


def _totals(changes: Any, notices: Any, dropped: Any, pushes: Iterable[PlannedPush]) -> dict[str, int]:
    kinds = Counter(kind for change in changes for kind in change.kinds)
    found = {
        **dict(sorted(kinds.items())),
        "notices_at_once": sum(notice.at is None for notice in notices),
        "notices_later": sum(notice.at is not None for notice in notices),
        "notices_dropped": len(dropped),
        **{f"{system} {action}": count for (system, action), count in sorted(_by_system(pushes).items())},
    }
    return {name: count for name, count in found.items() if count}


def _by_system(pushes: Iterable[PlannedPush]) -> Counter[tuple[str, str]]:
    return Counter((push.system, push.action) for push in pushes)
