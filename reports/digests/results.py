"""A program's own results, to whom its `report:` names: how many are proficient, how soon, how tests and surveys came out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time
from statistics import median
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from lrs.clock import day_of, to_datetime
from lrs.days import day_words
from lrs.letters import NoAddress
from lrs.mail import Message
from reports.cells import percent
from reports.cohorts import gap_of, stayed
from reports.digests.stopping import Subscription, is_stopped, stop_url
from reports.mailings.holders import holders
from reports.mailings.letter import Letter, Section
from reports.mailings.outbox import Addressee
from reports.mailings.planner import Planner
from reports.mailings.sender import Skip
from reports.mailings.turns import take_turn
from reports.reading import ReportReader
from reports.reviews.material import Reading
from reports.reviews.rounds import published_on
from reports.semantics import NEW_DAYS
from rules.curricula.course import LEVELS
from rules.decide.calendar import add
from rules.escalation.hours import instant_of
from rules.explain.words import listed, period_words
from rules.language import Program
from rules.language.about import Account
from rules.language.model import Kpi, Leaf
from rules.published.composition import published_of
from rules.published.in_force import program_of

if TYPE_CHECKING:
    from lrs.prowess import Prowess

KIND = "results"
_HOUR = time(9)
"""UTC."""
_MANY = 5000
"""More issues than any program lives to see."""


@dataclass(frozen=True, slots=True)
class Series:
    """One account of one program's version in force."""

    program: Program
    account: Account
    number: int
    since: date

    @property
    def name(self) -> str:
        return f"results:{self.program.id}:{self.number}"

    def latest(self, today: date) -> date | None:
        """The day of the newest issue; None before the first."""
        days = (add(self.since, self.account.every, count) for count in range(1, _MANY))
        found = None
        for day in days:
            if day > today:
                break
            found = day
        return found


def series_of(prowess: Prowess, tenant_id: int, now: int) -> Iterator[Series]:
    """Of every published program that reports."""
    ruleset = published_of(prowess).current(tenant_id).ruleset
    reporting = [one for name in ruleset.programs if (one := program_of(ruleset, name, now)) and one.about.report]
    if not reporting:
        return
    published, today = published_on(prowess, tenant_id), to_datetime(now).date()
    for program in reporting:
        day = published.get((program.id, program.version), today)
        since = day if program.effective == date.min else program.effective
        for number, account in enumerate(program.about.report):
            yield Series(program, account, number, since)


class Accountant(Planner):
    """The job that plans results."""

    name = "reports.results"

    def plan(self, tenant_id: int, now: int) -> bool:
        planned = [self._plan(tenant_id, one, now) for one in list(series_of(self._prowess, tenant_id, now))]
        return any(planned)

    def _plan(self, tenant_id: int, one: Series, now: int) -> bool:
        day = one.latest(to_datetime(now).date())
        at = instant_of(ZoneInfo("UTC"), day, _HOUR) if day is not None else 0
        if at > now:
            return False
        return take_turn(
            self._prowess,
            lambda conn: readers(conn, tenant_id, one, day_of(now)),
            tenant_id=tenant_id,
            series=one.name,
            kind=KIND,
            name=one.program.id,
            period=str(day),
            at=at,
            now=now,
        )


def readers(conn: Connection, tenant_id: int, one: Series, day: int) -> list[Addressee]:
    """Addresses as they are, holders of jobs, people."""
    found: dict[Addressee, None] = {}
    for name in one.account.to:
        people = [name] if "@" in name else holders(conn, tenant_id, name, day)
        found |= dict.fromkeys(Addressee(person, f"report-{one.number}") for person in people)
    return list(found)


def write(prowess: Prowess, row: Row[Any]) -> Message | Skip:
    """The message of a mailing; none when the program reports no more.  Raises NoAddress."""
    mine = (one for one in series_of(prowess, row.tenant_id, row.as_of) if one.program.id == row.name)
    one = next((one for one in mine if f"report-{one.number}" == row.view), None)
    subscription = Subscription(row.tenant_id, f"{KIND}:{row.name}", row.recipient)
    if one is None or is_stopped(prowess, subscription):
        return Skip("stopped" if one else "no_report")
    person = prowess.people.roster(tenant_id=row.tenant_id, people=[row.recipient]).people.get(row.recipient)
    address = person.email if person else row.recipient if "@" in row.recipient else None
    if not address:
        raise NoAddress(f"'{row.recipient}' has no e-mail address", retryable=False)
    name = (person.name or person.id) if person else ""
    reading = Reading(prowess, ReportReader(prowess), row.tenant_id, one.program, one.since, row.as_of)
    stop = stop_url(prowess, subscription)
    written = letter(one, reading, name, stop)
    headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    key = f"results-{row.id.hex()}"
    return Message(key, address, written.subject, written.text, written.html, name, headers=headers)


def letter(one: Series, reading: Reading, name: str, stop: str) -> Letter:
    """What the reader gets."""
    told = [_TOLD[word](reading) for word in one.account.show]
    title = one.program.title
    return Letter(
        f"Results of {title}",
        f"Dear {name}," if name else "Hello,",
        (
            f"{title}, {day_words(to_datetime(reading.as_of).date())}.",
            *(text for text in told if isinstance(text, str)),
        ),
        tuple(section for section in told if isinstance(section, Section)),
        (
            (
                f"You get this every {period_words(one.account.every).removeprefix('1 ')}: the program names {listed(one.account.to)}.",
                None,
            ),
            ("No more of these:", stop),
        ),
    )


def _proficiency_rate(read: Reading) -> str:
    totals = read.page("compliance-overview", program=read.program.id).totals
    if totals["rate"] is None:
        return "Nobody has to meet it now."
    return f"{totals['compliant']} of {totals['in_scope']} people in scope are proficient ({percent(float(str(totals['rate'])))})."


def _on_time_rate(read: Reading) -> str:
    outcomes = [outcome for outcome, _ in _stays(read)]
    judged = [one for one in outcomes if one in ("on_time", "late", "overdue")]
    if not judged:
        return "Nobody was due yet."
    on_time = judged.count("on_time")
    return f"{on_time:,} of {len(judged):,} met it by its due date ({percent(on_time / len(judged))})."


def _days_to_proficiency(read: Reading) -> str:
    days = [days for _, days in _stays(read) if days is not None]
    if not days:
        return "Nobody has met it yet."
    middle = int(median(days))
    return f"Half of those who met it did so within {middle} day{'s' if middle != 1 else ''} of being assigned."


def _stays(read: Reading) -> list[tuple[str, int | None]]:
    """Of everybody who is assigned, the outcome and the days it took."""
    question = read.arguments("standing", program=read.program.id).question
    found = stayed(question, {read.program.id: gap_of(read.program)})
    query = found.query.add_columns(found.outcome.label("outcome"), (found.met - found.assigned).label("days"))
    with read.reader.connection() as conn:
        return [(row.outcome, None if row.days is None else max(0, row.days)) for row in conn.execute(query)]


def _kirkpatrick(read: Reading) -> Section:
    """Each activity that measures one of the levels, and how it came out."""
    known = published_of(read.prowess).current(read.tenant_id).ruleset.activities
    levels: dict[tuple[int, str], None] = {}
    for leaf in read.leaves():
        if isinstance(leaf, Leaf | Kpi):
            activity = known.get(leaf.activity)
            level = leaf.notes.get("kirkpatrick") or (activity.notes.get("kirkpatrick") if activity else None)
            levels |= {(level, leaf.activity): None} if level in LEVELS else {}
    rows = [(f"{level} {LEVELS[level]}", read.title(name), *read.score(name)) for level, name in sorted(levels)]
    return Section("By Kirkpatrick's levels", len(rows), read.url("transcript"), tuple(rows), "Nothing says its level.")


def _newly_proficient(read: Reading) -> Section:
    page = read.page("newly-proficient", program=read.program.id)
    rows = tuple((str(row["person"]), f"since {row['since']}") for row in page.rows)
    url = read.url("newly-proficient", program=read.program.id)
    title = f"Newly proficient in the last {NEW_DAYS} days"
    return Section(title, int(str(page.totals["rows"])), url, rows, "Nobody yet.")


_TOLD: Final[dict[str, Callable[[Reading], str | Section]]] = {
    "on_time_rate": _on_time_rate,
    "proficiency_rate": _proficiency_rate,
    "days_to_proficiency": _days_to_proficiency,
    "kirkpatrick": _kirkpatrick,
    "newly_proficient": _newly_proficient,
}
