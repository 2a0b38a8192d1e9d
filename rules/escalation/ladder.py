"""The ladder of one person and one deadline: what comes when, for whom, and what of it is to be done now.

Pure.  Each rung has an instant in the zone of whoever it is for; what was done about a deadline is told from outside by its
keys, so that asking twice does nothing twice.  An outage never multiplies: with `catch_up: latest` only the highest step that
was missed is sent, and what was over before the ladder was published is told once and has no consequence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from lrs.people.roster import Person, Roster
from rules.decide.calendar import FOREVER, add, local_date
from rules.decide.facts import Facts
from rules.decide.zones import Zones
from rules.escalation.deadline import Deadline
from rules.escalation.hours import allowed, business_day, instant_of
from rules.escalation.recipients import recipients
from rules.language.model import Escalation, Step

DO: Final = "do"
"""The recipient in the key of an action."""
SUPERSEDED: Final = "superseded"
BEFORE_PUBLISHED: Final = "before_published"

_NOTHING_BEGUN: Final[Mapping[str, int]] = {}

Key = tuple[str, str]
"""A step's `at` and a recipient: once for each deadline."""


class Rung(NamedTuple):
    """One thing to come: a notice to somebody, an action, or a notice that nobody is there to get (`reason`)."""

    place: int
    """Of its step, from the bottom."""
    step: Step
    recipient: str
    role: str
    at: int
    zone: ZoneInfo
    reason: str | None = None

    @property
    def key(self) -> Key:
        return self.step.at, self.recipient


class Notice(NamedTuple):
    """A rung whose notice is to be sent, not before an instant."""

    rung: Rung
    not_before: int


class Skip(NamedTuple):
    """A rung that is passed over, and why."""

    rung: Rung
    reason: str


class Turn(NamedTuple):
    """What is to be done now, and when to look again."""

    send: tuple[Notice, ...]
    act: tuple[Rung, ...]
    skip: tuple[Skip, ...]
    next_at: int | None


def rungs(
    escalation: Escalation,
    deadline: Deadline,
    learner: Person,
    roster: Roster,
    *,
    now: int,
    done: Collection[Key] = (),
    begun: Mapping[str, int] = _NOTHING_BEGUN,
) -> list[Rung]:
    """Everything on the ladder of a deadline, in order.

    Whom a step is for is read from the day it comes, or from today when it was missed; once it has begun (at the instants of
    `begun`, by step) nobody is added by a change of managers.
    """
    on_time = {at for at, _ in done} - begun.keys()
    found: list[Rung] = []
    for place, step in enumerate(escalation.steps):
        home = _zone(learner, roster, deadline.day)
        day = business_day(escalation.calendar, add(deadline.day, step.period, step.sign))
        on = day if step.at in on_time else max(day, local_date(home, begun.get(step.at, now)))
        told, missing = recipients(step, learner, roster, on)
        for recipient in told:
            zone = _zone(recipient.person, roster, day)
            at = _at(escalation, step, day, zone)
            found.append(Rung(place, step, recipient.person.id, recipient.role, at, zone))
        at = _at(escalation, step, day, home)
        found += [Rung(place, step, f"?{one.role}", one.role, at, home, one.reason) for one in missing]
        if step.do is not None:
            found.append(Rung(place, step, DO, DO, at, home))
    return sorted(found, key=lambda rung: (rung.place, rung.at, rung.recipient))


def turn(escalation: Escalation, ladder: Sequence[Rung], done: Collection[Key], *, now: int, since: int) -> Turn:
    """What to do now about the rungs that have come and are not done; `since` is when the ladder was published."""
    waiting = [rung for rung in ladder if rung.key not in done]
    come = [rung for rung in waiting if rung.at <= now]
    notices = [rung for rung in come if rung.recipient != DO and rung.reason is None]
    told = (rung.place for rung in ladder if rung.key in done and rung.recipient != DO and rung.reason is None)
    top = max([*told, *(rung.place for rung in notices)], default=-1)
    send = [rung for rung in notices if rung.place == top or (escalation.catch_up == "all" and rung.at >= since)]
    skip = [Skip(rung, rung.reason) for rung in come if rung.reason is not None]
    skip += [Skip(rung, SUPERSEDED) for rung in notices if rung not in send]
    actions = [rung for rung in come if rung.recipient == DO]
    skip += [Skip(rung, BEFORE_PUBLISHED) for rung in actions if rung.at < since]
    later = [rung.at for rung in waiting if now < rung.at < FOREVER]
    return Turn(
        tuple(Notice(rung, allowed(escalation.calendar, rung.zone, max(now, rung.at))) for rung in send),
        tuple(rung for rung in actions if rung.at >= since),
        tuple(skip),
        min(later, default=None),
    )


def _at(escalation: Escalation, step: Step, day: date, zone: ZoneInfo) -> int:
    return allowed(escalation.calendar, zone, instant_of(zone, day, step.send_at))


def _zone(person: Person, roster: Roster, day: date) -> ZoneInfo:
    """Somebody's own zone, else that of the site where they work on the day, else UTC."""
    return Zones("learner", Facts(person, sites=roster.sites)).on(day)
