"""Attendance sheets: who was at which session, and who was expected and was not."""

from __future__ import annotations

from dataclasses import dataclass

from lrs.errors import BadRequest
from lrs.people.roster import Person
from lrs.xapi.duration import is_duration
from rules.entry.evidence import Worth, attended
from rules.entry.lookup import Lookup, When
from rules.entry.sheet import Cells, Sheet, load_flag
from rules.entry.statement import Entry, Json, content_id
from rules.language.model import Activity
from rules.language.period import written_period


@dataclass(frozen=True, slots=True)
class Presence:
    """One person at one session."""

    person: Person
    activity: Activity
    when: When
    was_there: bool = True
    duration: str | None = None
    worth: Worth | None = None
    instructor: Person | None = None
    ref: str | None = None
    line: int = 0

    def statement(self, look: Lookup, tenant_id: int, instructor: Json | None) -> dict[str, object]:
        """Its statement, whose id follows from it; `instructor` is whoever enters it, where the row names nobody."""
        own = look.agent(self.instructor) if self.instructor else instructor
        worth = self.worth.as_json() if self.worth else None
        said = (self.when.text, self.was_there, self.duration, worth, self.ref)
        id_ = content_id(tenant_id, "attended", self.person.id, self.activity.id, *said)
        entry = Entry(id_, look.agent(self.person), look.about(self.activity), self.when.at, own)
        return attended(
            entry, was_there=self.was_there, duration=self.duration, credits_=[self.worth] if self.worth else []
        )


def _read(row: Cells, look: Lookup) -> Presence | None:
    person = row.read("person", look.learner, needed=True)
    activity = row.read("activity", look.activity, needed=True)
    if activity is not None:
        row.read("activity", lambda _: look.about(activity))
    when = row.read("date", lambda text: look.when(text, person), needed=True)
    was_there = row.read("present", load_flag)
    duration = row.read("duration", _duration)
    worth = _worth(row)
    instructor = row.read("instructor", look.person)
    if row.flaws or person is None or activity is None or when is None:
        return None
    return Presence(
        person, activity, when, was_there is not False, duration, worth, instructor, row.text("ref"), row.line
    )


def _worth(row: Cells) -> Worth | None:
    amount = row.number("credits")
    type_ = row.text("credit_type")
    if amount is not None and type_ is None:
        row.fail(
            "credit_type" if "credit_type" in row.columns else "credits",
            "credits need a credit_type",
            "such as CEU or PDH",
        )
    if amount is None or type_ is None:
        return None
    return Worth(type_, amount, row.text("accredited_by"))


def _duration(text: str) -> str:
    written = written_period(text)
    if not is_duration(written):
        raise BadRequest(f"'{text}' is no duration", hint="write 150 minutes, or PT2H30M")
    return written


SHEET = Sheet(
    (
        "person",
        "activity",
        "date",
        "present",
        "duration",
        "instructor",
        "credit_type",
        "credits",
        "accredited_by",
        "ref",
    ),
    ("person", "activity", "date"),
    _read,
)
