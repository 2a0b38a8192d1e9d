"""Ladders, as pure values: when each step comes, for whom, and what an outage leaves of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.clock import to_datetime, to_us
from lrs.people.roster import Person, Position, Roster, Site
from lrs.yaml_door import load
from rules.escalation.deadline import Deadline, deadline_of, stretch_at, why_not
from rules.escalation.hours import allowed, is_business_day
from rules.escalation.ladder import DO, Turn, rungs, turn
from rules.escalation.recipients import recipients
from rules.language import load_programs
from rules.language.model import Escalation, WorkCalendar
from tests.rules.test_escalation_language import STANDARD

DUE = Deadline("due", date(2026, 2, 27))
"""A Friday."""
SITES = {"gb": Site("gb", "Europe/London"), "us": Site("us", "America/New_York")}
DAY = 86_400_000_000


def person(id_: str, *managers: str, site: str = "gb", job: str = "clerk", **more: Any) -> Person:
    unit = more.pop("unit", None)
    place = Position(date(2024, 1, 1), job=job, site=site, unit=unit, managers=managers)
    return Person(id_, positions=(place,), **more)


PEOPLE = {
    "ada": person("ada", "grace", unit="a"),
    "grace": person("grace", "hopper"),
    "hopper": person("hopper", "top", site="us"),
    "top": person("top", timezone="Asia/Tokyo"),
    "hr-a": person("hr-a", job="hr-partner", unit="a"),
    "hr-b": person("hr-b", job="hr-partner", unit="b"),
}
ROSTER = Roster(PEOPLE, SITES)


def ladder(text: str) -> Escalation:
    return load_programs(load(f"kind: escalation\nid: x\n{text}", "x")).escalations["x"]


def steps(text: str, **more: str) -> Escalation:
    return ladder("\n".join([f"steps: [{text}]", *(f"{key}: {value}" for key, value in more.items())]))


STANDARD_LADDER = load_programs(load(STANDARD, "x")).escalations["standard"]


def us(text: str) -> int:
    return to_us(datetime.fromisoformat(text))


def at(
    escalation: Escalation, deadline: Deadline = DUE, roster: Roster = ROSTER, now: str = "2026-01-01T00:00Z"
) -> Any:
    """Recipient and instant of each rung, in the recipient's own time."""
    found = rungs(escalation, deadline, roster.people["ada"], roster, now=us(now))
    return [
        (one.step.at, one.recipient, f"{to_datetime(one.at).astimezone(one.zone):%a %Y-%m-%d %H:%M}") for one in found
    ]


@dataclass
class Engine:
    """An engine that looks at a ladder whenever it is told to, and remembers what it did."""

    escalation: Escalation
    deadline: Deadline = DUE
    roster: Roster = ROSTER
    since: int = us("2025-01-01T00:00Z")
    done: set[tuple[str, str]] = field(default_factory=set)
    sent: list[tuple[int, str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str, str]] = field(default_factory=list)
    acted: list[str] = field(default_factory=list)

    def look(self, now: int) -> Turn:
        found = rungs(self.escalation, self.deadline, self.roster.people["ada"], self.roster, now=now, done=self.done)
        result = turn(self.escalation, found, self.done, now=now, since=self.since)
        self.sent += [(one.not_before, one.rung.step.at, one.rung.recipient) for one in result.send]
        self.skipped += [(one.rung.step.at, one.rung.recipient, one.reason) for one in result.skip]
        self.acted += [one.step.at for one in result.act]
        self.done |= {one.rung.key for one in (*result.send, *result.skip)} | {one.key for one in result.act}
        return result

    def told(self) -> list[tuple[str, str]]:
        return [(step, who) for _, step, who in self.sent]


def test_a_step_on_a_saturday_comes_on_monday_at_nine_where_the_recipient_is() -> None:
    """The case of program-language 5: due Fri 2026-02-27, step due+P1D, business days, 09:00 recipient zone."""
    escalation = steps('{at: due+P1D, tell: [learner, skip-manager], send_at: "09:00"}', calendar="{business_days: GB}")
    assert at(escalation) == [
        ("due+P1D", "ada", "Mon 2026-03-02 09:00"),
        ("due+P1D", "hopper", "Mon 2026-03-02 09:00"),
    ]
    ada, hopper = (one.at for one in rungs(escalation, DUE, PEOPLE["ada"], ROSTER, now=0))
    assert hopper - ada == 5 * 3_600_000_000


def test_after_an_outage_only_the_highest_missed_step_is_sent() -> None:
    """The other half of that case: the engine was down over +1D and +7D."""
    engine = Engine(steps("{at: due+P1D, tell: [learner, manager]}, {at: due+P7D, tell: [manager]}"))
    engine.look(us("2026-02-27T12:00Z"))
    assert engine.sent == []
    back = us("2026-03-10T12:00Z")
    engine.look(back)
    assert engine.sent == [(back, "due+P7D", "grace")]
    assert engine.skipped == [("due+P1D", "ada", "superseded"), ("due+P1D", "grace", "superseded")]


def test_a_ladder_may_ask_for_everything_that_was_missed() -> None:
    engine = Engine(steps("{at: due+P1D, tell: [learner]}, {at: due+P7D, tell: [manager]}", catch_up="all"))
    engine.look(us("2026-03-10T12:00Z"))
    assert engine.told() == [("due+P1D", "ada"), ("due+P7D", "grace")]


def test_an_action_that_was_missed_is_carried_out_whatever_else_was_missed() -> None:
    engine = Engine(steps("{at: due+P1D, do: flag-noncompliant}, {at: due+P7D, tell: [manager]}"))
    engine.look(us("2026-03-10T12:00Z"))
    assert engine.acted == ["due+P1D"]


def test_what_was_over_before_the_ladder_was_published_is_told_once_and_has_no_consequence() -> None:
    escalation = steps(
        "{at: due+P1D, tell: [learner]}, {at: due+P7D, tell: [manager], do: flag-noncompliant}, {at: due+P30D, tell: [learner]}",
        catch_up="all",
    )
    engine = Engine(escalation, since=us("2026-03-10T12:00Z"))
    engine.look(us("2026-03-10T12:01Z"))
    assert engine.told() == [("due+P7D", "grace")]
    assert engine.acted == []
    assert ("due+P7D", DO, "before_published") in engine.skipped
    engine.look(us("2026-04-10T12:00Z"))
    assert engine.told() == [("due+P7D", "grace"), ("due+P30D", "ada")]


def test_what_comes_due_in_quiet_hours_waits_for_their_end() -> None:
    engine = Engine(steps("{at: due+P1D, tell: [learner]}", calendar='{business_days: GB, quiet: "18:00-08:00"}'))
    engine.look(us("2026-03-06T22:00Z"))
    assert engine.sent == [(us("2026-03-09T08:00Z"), "due+P1D", "ada")]


def test_the_whole_standard_ladder() -> None:
    assert at(STANDARD_LADDER) == [
        ("due-P30D", "ada", "Wed 2026-01-28 09:00"),
        ("due", "ada", "Fri 2026-02-27 08:00"),
        ("due+P7D", "grace", "Fri 2026-03-06 09:00"),
        ("due+P7D", "hopper", "Fri 2026-03-06 09:00"),
        ("due+P14D", DO, "Fri 2026-03-13 09:00"),
        ("due+P14D", "hr-a", "Fri 2026-03-13 09:00"),
        ("due+P1M", DO, "Fri 2026-03-27 09:00"),
    ]


@pytest.mark.parametrize(
    ("day", "calendar", "moved"),
    [
        (date(2026, 4, 2), WorkCalendar("GB-ENG"), "2026-04-07T09:00+01:00"),
        (date(2026, 12, 24), WorkCalendar("GB-ENG"), "2026-12-29T09:00+00:00"),
        (date(2026, 12, 24), WorkCalendar("US"), "2026-12-28T09:00+00:00"),
        (date(2026, 12, 24), WorkCalendar(None, (0, 1, 2, 3, 4)), "2026-12-25T09:00+00:00"),
        (date(2026, 12, 24), WorkCalendar(), "2026-12-25T09:00+00:00"),
    ],
    ids=["over Easter", "over Christmas and Boxing Day", "another country", "only weekdays", "every day"],
)
def test_business_days_are_those_of_the_calendar(day: date, calendar: WorkCalendar, moved: str) -> None:
    escalation = replace(steps("{at: due+P1D, tell: [learner]}"), calendar=calendar)
    (rung,) = rungs(escalation, Deadline("due", day), PEOPLE["ada"], ROSTER, now=0)
    assert rung.at == us(moved)


def test_an_hour_that_the_clock_skips_is_later_by_what_it_skips() -> None:
    escalation = steps('{at: due, tell: [learner], send_at: "01:30"}')
    assert at(escalation, Deadline("due", date(2026, 3, 29))) == [("due", "ada", "Sun 2026-03-29 02:30")]


def test_a_moved_deadline_is_another_ladder() -> None:
    escalation = steps("{at: due+P1D, tell: [learner]}")
    later = Deadline("due", DUE.day + timedelta(days=14))
    assert at(escalation, later) == [("due+P1D", "ada", "Sat 2026-03-14 09:00")]


def told(escalation: Escalation, roster: Roster, on: date = date(2026, 3, 2)) -> tuple[list[str], list[str]]:
    found, missing = recipients(escalation.steps[0], roster.people["ada"], roster, on)
    return [one.person.id for one in found], [f"{one.role}: {one.reason}" for one in missing]


def changed(**people: Person | None) -> Roster:
    everybody = {**PEOPLE, **people}
    return Roster({id_: one for id_, one in everybody.items() if one is not None}, SITES)


LEFT = replace(PEOPLE["grace"], left_on=date(2026, 2, 1))
UP = steps("{at: due, tell: [manager], if_missing: next-up}")
SKIP = steps("{at: due, tell: [manager]}")
BOTH = steps("{at: due, tell: [manager, skip-manager], if_missing: next-up}")


@pytest.mark.parametrize(
    ("escalation", "roster", "expected"),
    [
        (UP, ROSTER, (["grace"], [])),
        (UP, changed(grace=LEFT), (["hopper"], [])),
        (SKIP, changed(grace=LEFT), ([], ["manager: nobody_above"])),
        (UP, changed(grace=LEFT, hopper=replace(PEOPLE["hopper"], left_on=date(2026, 1, 1))), (["top"], [])),
        (UP, changed(ada=person("ada")), ([], ["manager: nobody_above"])),
        (UP, changed(grace=None), ([], ["manager: nobody_above"])),
        (BOTH, ROSTER, (["grace", "hopper"], [])),
        (BOTH, changed(grace=LEFT), (["hopper"], [])),
        (BOTH, changed(grace=person("grace")), (["grace"], ["skip-manager: nobody_above"])),
        (BOTH, changed(grace=person("grace", "ada")), (["grace"], ["skip-manager: nobody_above"])),
        (UP, changed(ada=person("ada", "ada", "grace", "hopper")), (["grace", "hopper"], [])),
    ],
    ids=[
        "there",
        "left: the next one up",
        "left and skipped",
        "two have left",
        "never had one",
        "unknown to us",
        "both",
        "both, one missing: told once",
        "nobody above the manager",
        "a circle does not tell the learner",
        "two managers, not oneself",
    ],
)
def test_who_is_above(escalation: Escalation, roster: Roster, expected: tuple[list[str], list[str]]) -> None:
    assert told(escalation, roster) == expected


def test_a_manager_who_is_the_manager_s_manager_too_was_nobody() -> None:
    """Ada reports to Grace and to Hopper, and Grace reports to Hopper: 'nobody is there' was said of Hopper."""
    matrix = changed(ada=person("ada", "grace", "hopper"), hopper=person("hopper"))
    assert told(steps("{at: due, tell: [skip-manager]}"), matrix) == (["hopper"], [])
    assert told(BOTH, matrix) == (["grace", "hopper"], []), "each is told once by a step"
    assert told(BOTH, changed(ada=person("ada", "grace", "hopper"))) == (["grace", "hopper", "top"], [])
    around = changed(ada=person("ada", "grace"), grace=LEFT, hopper=person("hopper", "grace"))
    assert told(BOTH, around) == (["hopper"], []), "a circle comes to an end"


def test_holders_of_a_job_are_the_nearest_ones() -> None:
    escalation = steps("{at: due, tell: [hr-partner]}")
    assert told(escalation, ROSTER) == (["hr-a"], [])
    assert told(escalation, changed(ada=person("ada", unit="c"))) == (["hr-a", "hr-b"], [])
    assert told(escalation, changed(ada=person("ada", unit="c", site="us"))) == (["hr-a", "hr-b"], [])
    gone = {id_: replace(PEOPLE[id_], left_on=date(2026, 1, 1)) for id_ in ("hr-a", "hr-b")}
    assert told(escalation, changed(**gone)) == ([], ["hr-partner: nobody_has_the_job"])


def test_a_person_may_be_named() -> None:
    assert told(steps("{at: due, tell: [top]}"), ROSTER) == (["top"], [])


def test_a_change_of_managers_does_not_repeat_a_step() -> None:
    engine = Engine(UP)
    engine.look(us("2026-02-27T10:00Z"))
    assert engine.told() == [("due", "grace")]
    old, new = PEOPLE["ada"].positions[0], PEOPLE["ada"].positions[0]
    moved = (replace(old, end=date(2026, 3, 1)), replace(new, start=date(2026, 3, 2), managers=("hopper",)))
    engine.roster = changed(ada=replace(PEOPLE["ada"], positions=moved))
    engine.look(us("2026-03-05T10:00Z"))
    assert engine.told() == [("due", "grace")]


def test_a_missed_step_is_for_the_manager_of_today() -> None:
    place = PEOPLE["ada"].positions[0]
    moved = (replace(place, end=date(2026, 3, 1)), replace(place, start=date(2026, 3, 2), managers=("hopper",)))
    engine = Engine(UP, roster=changed(ada=replace(PEOPLE["ada"], positions=moved)))
    engine.look(us("2026-03-05T15:00Z"))
    assert engine.told() == [("due", "hopper")]


@dataclass(frozen=True)
class Held:
    assignment: str = "required"
    progress: str = "not_started"
    award: str = "none"
    flags: Sequence[str] = ()
    due_on: date | None = DUE.day
    expires_on: date | None = None
    renewable_from: date | None = None
    from_us: int = 0
    until_us: int = 100


EXPIRES = date(2027, 2, 27)
EXPIRY = Deadline("expiry", EXPIRES)
LATER = Deadline("due", date(2028, 5, 1))
RUNNING = Held(award="valid", progress="met", expires_on=EXPIRES, renewable_from=date(2027, 1, 1))


@pytest.mark.parametrize(
    ("held", "deadline"),
    [
        (Held(), DUE),
        (Held(assignment="suggested"), None),
        (Held(assignment="withdrawn"), None),
        (Held(assignment="exempt"), None),
        (Held(progress="met"), None),
        (Held(progress="blocked"), DUE),
        (Held(flags=("waived",)), None),
        (Held(due_on=None), None),
        (RUNNING, EXPIRY),
        (replace(RUNNING, renewable_from=None), None),
        (replace(RUNNING, award="expired"), EXPIRY),
        (replace(RUNNING, award="lapsed", progress="not_started"), EXPIRY),
        (replace(RUNNING, award="lapsed", progress="not_started", due_on=LATER.day), LATER),
        (replace(RUNNING, award="lapsed", progress="not_started", due_on=None), EXPIRY),
        (replace(RUNNING, award="expired", due_on=LATER.day), EXPIRY),
        (replace(RUNNING, award="suspended"), None),
        (replace(RUNNING, award="revoked"), None),
        (replace(RUNNING, progress="in_progress"), DUE),
        (replace(RUNNING, progress="in_progress", flags=("renewable",)), EXPIRY),
        (replace(RUNNING, progress="blocked", renewable_from=None, expires_on=None), DUE),
        (replace(RUNNING, award="suspended", progress="not_started", flags=("overdue",)), DUE),
    ],
)
def test_what_is_owed(held: Held, deadline: Deadline | None) -> None:
    assert deadline_of(held, STANDARD_LADDER) == deadline


@pytest.mark.parametrize(
    ("held", "deadline", "reason"),
    [
        (Held(), DUE, None),
        (Held(progress="met"), DUE, "met"),
        (RUNNING, DUE, "met"),
        (Held(due_on=date(2026, 3, 9)), DUE, "moved"),
        (replace(RUNNING, award="lapsed", progress="not_started", due_on=LATER.day), EXPIRY, "moved"),
        (Held(assignment="suggested"), DUE, "suggested"),
        (Held(assignment="exempt", due_on=None), DUE, "exempt"),
        (Held(assignment="none", due_on=None), DUE, "withdrawn"),
        (Held(assignment="withdrawn", due_on=None), DUE, "withdrawn"),
        (Held(flags=("waived",)), DUE, "waived"),
        (replace(RUNNING, expires_on=date(2028, 2, 27)), EXPIRY, "met"),
        (replace(RUNNING, award="revoked"), EXPIRY, "revoked"),
        (None, DUE, "withdrawn"),
    ],
)
def test_why_nothing_is_owed_any_more(held: Held | None, deadline: Deadline, reason: str | None) -> None:
    assert why_not(held, deadline, STANDARD_LADDER) == reason


def test_a_ladder_may_go_on_although_something_is_waived() -> None:
    strict = steps("{at: due, tell: [learner]}", stop_when="[met]")
    assert deadline_of(Held(flags=("waived",)), strict) == DUE


def test_stretches_are_half_open() -> None:
    first, second = Held(from_us=0, until_us=10), Held(from_us=10, until_us=20)
    assert stretch_at([first, second], 9) is first
    assert stretch_at([first, second], 10) is second
    assert stretch_at([first, second], 20) is None


CALENDARS = st.builds(
    WorkCalendar,
    st.sampled_from([None, "GB", "US-CA", "SA"]),
    st.one_of(st.none(), st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))),
    st.one_of(st.none(), st.tuples(st.times(), st.times()).filter(lambda pair: pair[0] != pair[1])),
)
INSTANTS = st.integers(us("2020-01-01T00:00Z"), us("2035-01-01T00:00Z"))
ZONES = st.sampled_from(["Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "UTC"]).map(
    ZoneInfo
)


@given(CALENDARS, ZONES, INSTANTS)
def test_nobody_is_told_on_a_day_of_rest_or_in_quiet_hours(
    calendar: WorkCalendar, zone: ZoneInfo, instant: int
) -> None:
    found = allowed(calendar, zone, instant)
    local = to_datetime(found).astimezone(zone)
    assert found >= instant
    assert is_business_day(calendar, local.date())
    if calendar.quiet is not None:
        start, end = calendar.quiet
        clock = local.time().replace(fold=0)
        assert not (start <= clock < end if start < end else clock >= start or clock < end)
    assert allowed(calendar, zone, found) == found


def test_quiet_hours_that_end_within_a_second_do_not_put_a_letter_off_for_years() -> None:
    calendar = WorkCalendar(None, None, (time(0, 0, 1), time(0, 0, 0, 1)))
    midnight = us("2027-02-28T00:00Z")
    assert allowed(calendar, ZoneInfo("UTC"), midnight - 15 * 3_600_000_000) == midnight + 1
    assert allowed(calendar, ZoneInfo("UTC"), midnight + 1) == midnight + 1


@st.composite
def ladders(draw: st.DrawFn) -> Escalation:
    days = sorted(draw(st.sets(st.integers(-60, 60), min_size=1, max_size=6)))
    who = ["learner", "manager", "skip-manager", "hr-partner", "nobody"]
    texts = []
    for day in days:
        tell = draw(st.lists(st.sampled_from(who), unique=True, max_size=3))
        do = draw(st.sampled_from(["", ", do: flag-noncompliant"])) if tell else ", do: restrict-access"
        place = "due" if day == 0 else f"due{'-' if day < 0 else '+'}P{abs(day)}D"
        texts.append(f"{{at: {place}{do}" + (f", tell: [{', '.join(tell)}], if_missing: next-up}}" if tell else "}"))
    escalation = steps(", ".join(texts), catch_up=draw(st.sampled_from(["latest", "all"])))
    return replace(escalation, calendar=draw(CALENDARS))


LOOKS = st.lists(st.integers(us("2025-12-01T00:00Z"), us("2026-07-01T00:00Z")), max_size=12).map(sorted)


@given(ladders(), LOOKS)
def test_nothing_before_its_time_nothing_twice_and_in_order(escalation: Escalation, looks: list[int]) -> None:
    engine = Engine(escalation)
    for now in looks:
        before = {
            rung.key: rung.at for rung in rungs(escalation, DUE, PEOPLE["ada"], ROSTER, now=now, done=engine.done)
        }
        result = engine.look(now)
        assert all(before[one.rung.key] <= now <= one.not_before for one in result.send)
        assert result.next_at is None or result.next_at > now
        again = engine.look(now)
        assert (again.send, again.act, again.skip) == ((), (), ())
        if escalation.catch_up == "latest":
            assert len({one.rung.step.at for one in result.send}) <= 1
    assert len(engine.told()) == len(set(engine.told()))
    assert len(engine.acted) == len(set(engine.acted))
    places = {step.at: place for place, step in enumerate(escalation.steps)}
    if escalation.catch_up == "latest":
        order = [places[step] for step, _ in engine.told()]
        assert order == sorted(order)


@given(ladders(), LOOKS, LOOKS)
def test_looking_more_often_leaves_nothing_out_and_carries_out_the_same(
    escalation: Escalation, looks: list[int], more: list[int]
) -> None:
    end = us("2026-08-01T00:00Z")
    few, many = Engine(escalation), Engine(escalation)
    for now in [*looks, end]:
        few.look(now)
    for now in [*sorted({*looks, *more}), end]:
        many.look(now)
    assert few.done == many.done
    assert sorted(few.acted) == sorted(many.acted)
    if escalation.catch_up == "all":
        assert sorted(few.told()) == sorted(many.told())
    else:
        assert set(few.told()) <= set(many.told())


@given(ladders())
def test_waking_exactly_when_told_to_tells_every_step_in_time(escalation: Escalation) -> None:
    """Following `next_at` from the beginning, everything comes at its own instant, but what is pushed onto the same one."""
    engine = Engine(replace(escalation, catch_up="all"))
    now: int | None = us("2025-12-01T00:00Z")
    for _ in range(50):
        if now is None:
            break
        now = engine.look(now).next_at
    assert now is None
    expected = [one for one in rungs(engine.escalation, DUE, PEOPLE["ada"], ROSTER, now=0) if one.recipient != DO]
    assert sorted(engine.sent) == sorted((one.at, one.step.at, one.recipient) for one in expected if one.reason is None)
