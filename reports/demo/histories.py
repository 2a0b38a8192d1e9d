"""What everybody learned so far and in the last weeks: made up, but with the accidents of real life.

Failed attempts, steps in the wrong order, renewals in time, in grace and too late, people who never started.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from reports.demo.organisation import Member
from reports.demo.shapes import Shapes, Statement

LIVE_DAYS = 21


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement, and the key (source) that sends it."""

    source: str
    at: datetime
    statement: Statement


class Histories:
    """Makes every statement of the demo, in order of time."""

    def __init__(self, random: Random, today: date) -> None:
        self._random = random
        self._today = today
        self._shapes = Shapes(random)
        self._sent: list[Sent] = []

    def of(self, people: Sequence[Member], count: int) -> list[Sent]:
        """About `count` statements about these people."""
        for who in people:
            if who.job in {"forklift-operator", "yard-lead"}:
                self._forklift(who)
            if who.employment == "new-hire":
                self._new_hire(who)
            if who.level in {"manager", "executive"}:
                self._leader(who)
        while len(self._sent) < count:
            who = self._random.choice(people)
            self._add("moodle", self._shapes.moodle_view(who, self._moment(self._random.randint(1, 400))))
        return sorted(self._sent, key=lambda sent: (sent.at, sent.statement["id"]))

    def void(self, target: Statement) -> Sent:
        """The mistake of the demo: an instructor takes a result back."""
        at = datetime.now(UTC)
        return Sent("moodle", at, self._shapes.void(target["id"], at))

    def _forklift(self, who: Member) -> None:
        dice = self._random
        if dice.random() < 0.08:
            return
        days = (self._today - who.since).days
        day = min(days - 3, dice.randint(12, 70)) if days < 150 else dice.randint(10, 60)
        ago = days - max(2, day)
        steps = ["theory", "simulator", "drive"]
        if dice.random() < 0.08:
            steps = ["drive", "theory", "simulator", *dice.choice([["drive"], []])]
        for step in steps:
            if ago < 1 or dice.random() < 0.03:
                return
            ago = self._forklift_step(who, step, ago)
        while ago > 365:
            ago = ago - 365 + dice.choice([55, 50, 40, 30, 30, 20, 20, 10, 10, 5, 1, -6, -20, 400])
            if ago < 1:
                return
            self._refresher(who, ago)

    def _refresher(self, who: Member, ago: int) -> None:
        """The yearly refresher; most who fail it try again soon."""
        name = "Forklift refresher"
        for share in (self._random.choice([0.7, 0.85, 0.9, 0.9, 0.95, 1.0]), 0.9):
            self._add("content", self._shapes.cmi5_unit(who, "forklift-refresher", name, share, 0.8, self._moment(ago)))
            ago -= self._random.randint(1, 4)
            if share >= 0.8 or ago < 1 or self._random.random() < 0.2:
                return

    def _forklift_step(self, who: Member, step: str, ago: int) -> int:
        """One step with its failed attempts; returns how many days ago it ended."""
        dice, shapes = self._random, self._shapes
        if step == "drive":
            self._add("moodle", shapes.moodle_assignment(who, 12, "Supervised drive", self._moment(ago)))
            return ago - dice.randint(1, 4)
        while dice.random() < 0.25 and ago > 3:
            self._attempt(who, step, dice.randint(50, 74), ago)
            ago -= dice.randint(1, 3)
        self._attempt(who, step, dice.randint(80, 100), ago)
        return ago - dice.randint(1, 4)

    def _attempt(self, who: Member, step: str, raw: int, ago: int) -> None:
        at = self._moment(ago)
        if step == "theory":
            self._add("moodle", self._shapes.moodle_quiz(who, 11, "Forklift theory test", raw, at))
        else:
            self._add(
                "content", self._shapes.cmi5_unit(who, "forklift-simulator", "Forklift simulator", raw / 100, 0.75, at)
            )

    def _new_hire(self, who: Member) -> None:
        dice, shapes = self._random, self._shapes
        days = (self._today - who.since).days
        ago = days - dice.randint(2, 12)
        if ago < 1 or dice.random() < 0.08:
            return
        self._course(who, "CONDUCT", "Code of conduct", 1.0, ago)
        if dice.random() < 0.4:
            self._course(who, "HISTORY", "Company history", 1.0, ago)
        ago -= dice.randint(1, 25)
        for raw in (dice.choice([55, 70, 78, 85, 95]), 90):
            if ago < 1:
                return
            self._add("moodle", shapes.moodle_quiz(who, 21, "Phishing drill", raw, self._moment(ago)))
            ago -= dice.randint(1, 6)
            if raw >= 80:
                break
        for slug, name in (
            ("case-a", "The late truck"),
            ("case-b", "The missing pallet"),
            ("case-c", "The angry customer"),
        ):
            ago -= dice.randint(2, 18)
            if ago < 1 or dice.random() < 0.2:
                continue
            share = dice.choice([0.4, 0.65, 0.8, 0.9])
            self._add("content", shapes.cmi5_unit(who, slug, name, share, 0.6, self._moment(ago)))

    def _leader(self, who: Member) -> None:
        dice = self._random
        days = (self._today - who.since).days
        ago = days - dice.randint(30, 200)
        if ago < 1 or dice.random() < 0.15:
            return
        self._course(who, "ORG", "Organisation design", dice.choice([0.7, 0.8, 0.9]), ago)
        ago -= dice.randint(3, 40)
        if ago > 0 and dice.random() < 0.85:
            name = "Coaching conversations"
            self._add("content", self._shapes.cmi5_unit(who, "coaching", name, 0.9, 0.5, self._moment(ago)))
        while ago > 760:
            ago -= 730 - dice.choice([70, 40, 10])
            self._course(who, "ORG", "Organisation design", dice.choice([0.78, 0.9]), max(ago, 1))

    def _course(self, who: Member, code: str, name: str, share: float, ago: int) -> None:
        course = f"course-v1:Northwind+{code}+2026"
        self._add("open-edx", self._shapes.edx_course(who, course, name, share, self._moment(ago)))

    def _add(self, source: str, statements: list[Statement]) -> None:
        for statement in statements:
            at = datetime.fromisoformat(statement["timestamp"])
            self._sent.append(Sent(source, at, statement))

    def _moment(self, ago: int) -> datetime:
        """A working hour of a day some days ago."""
        seconds = self._random.randint(9 * 3600, 17 * 3600)
        return datetime.combine(self._today - timedelta(days=max(1, ago)), time(), UTC) + timedelta(seconds=seconds)
