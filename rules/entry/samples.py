"""Samples of indicators: one measured value of one person, as at a day."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from lrs.people.roster import Person
from rules.entry.evidence import measured
from rules.entry.lookup import Lookup, When
from rules.entry.sheet import Cells, Sheet
from rules.entry.statement import Entry, Json, content_id
from rules.language.model import Activity


@dataclass(frozen=True, slots=True)
class Sample:
    """One value."""

    person: Person
    indicator: Activity
    when: When
    value: Decimal
    ref: str | None = None
    line: int = 0

    def statement(self, look: Lookup, tenant_id: int, instructor: Json | None) -> dict[str, object]:
        """Its statement, whose id follows from it; 0.10 and 0.1 are one value."""
        value = format(self.value.normalize(), "f")
        said = (self.when.text, value, self.ref)
        id_ = content_id(tenant_id, "measured", self.person.id, self.indicator.id, *said)
        entry = Entry(id_, look.agent(self.person), look.about(self.indicator), self.when.at, instructor)
        return measured(entry, self.value)


def _read(row: Cells, look: Lookup) -> Sample | None:
    person = row.read("person", look.learner, needed=True)
    indicator = row.read("indicator", look.activity, needed=True)
    if indicator is not None:
        row.read("indicator", lambda _: look.about(indicator))
    when = row.read("date", lambda text: look.when(text, person), needed=True)
    value = row.number("value", needed=True)
    if row.flaws or person is None or indicator is None or value is None or when is None:
        return None
    return Sample(person, indicator, when, value, row.text("ref"), row.line)


SHEET = Sheet(("person", "indicator", "date", "value", "ref"), ("person", "indicator", "date", "value"), _read)
