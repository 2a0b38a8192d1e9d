"""What a digest shows: the answers of the reports it links to, at one instant, for one pair of eyes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from lrs.clock import to_text
from reports.arguments import Arguments, parse_arguments
from reports.catalogue import CATALOGUE
from reports.declaration import Scope
from reports.mailings.letter import Section
from reports.mailings.outbox import TEAM, TEAM_AND_BELOW, Addressee
from reports.reading import Page, ReportReader, Row
from reports.semantics import AT_RISK_DAYS, NEW_DAYS
from reports.settings import DigestSettings
from reports.watermark import Freshness
from rules.decide.calendar import local_date

if TYPE_CHECKING:
    from lrs.prowess import Prowess

_FILTER: Final = {TEAM: "manager", TEAM_AND_BELOW: "team"}


@dataclass(frozen=True, slots=True)
class Contents:
    """in_scope and compliant: of what is required of these people, and how much of it is in place."""

    in_scope: int
    compliant: int
    rate: float | None
    sections: tuple[Section, ...]
    freshness: Freshness

    @property
    def is_empty(self) -> bool:
        return not any(one.count for one in self.sections)


class Editor:
    """Fills digests of one tenant."""

    def __init__(self, prowess: Prowess, tenant_id: int) -> None:
        self._prowess = prowess
        self._tenant_id = tenant_id
        self._reader = ReportReader(prowess)

    def contents(self, digest: DigestSettings, to: Addressee, as_of: int) -> Contents:
        """What one addressee is shown; a manager never more than those below."""
        scope = Scope(self._tenant_id, to.recipient if to.view in _FILTER else None)
        filters = {name: list(values) for name, values in digest.filters.items()}
        if to.view in _FILTER:
            filters[_FILTER[to.view]] = [to.recipient]
        today = local_date(ZoneInfo(digest.timezone), as_of)
        read = _Reading(self._prowess, self._reader, scope, filters, digest.rows, as_of, today)
        overview = read.page("compliance-overview")
        totals = overview.totals
        return Contents(
            int(str(totals["in_scope"])),
            int(str(totals["compliant"])),
            None if totals["rate"] is None else float(str(totals["rate"])),
            tuple(_SECTIONS[name](read) for name in digest.show),
            overview.freshness,
        )


@dataclass(frozen=True, slots=True)
class _Reading:
    """The same filters for every report."""

    prowess: Prowess
    reader: ReportReader
    scope: Scope
    filters: Mapping[str, list[str]]
    most: int
    as_of: int
    today: date
    """By the digest's own calendar, which is what days are counted from."""

    def arguments(self, name: str, **more: str) -> Arguments:
        given = [*((key, one) for key, values in self.filters.items() for one in values), *more.items()]
        given += [("as_of", to_text(self.as_of)), ("limit", str(self.most))]
        return parse_arguments(CATALOGUE[name], self.scope, given, self.as_of)

    def page(self, name: str, **more: str) -> Page:
        return self.reader.page(CATALOGUE[name], self.arguments(name, **more))

    def url(self, name: str, **more: str) -> str:
        query = urlencode({**self.filters, **more, "as_of": to_text(self.as_of)}, doseq=True)
        return f"{self.prowess.settings.public_url}/reports/{name}?{query}"

    def section(
        self, name: str, title: str, nothing: str, tell: Callable[[Row], tuple[str, ...]], **more: str
    ) -> Section:
        page = self.page(name, **more)
        count = int(str(page.totals["rows"]))
        return Section(title, count, self.url(name, **more), tuple(tell(row) for row in page.rows), nothing)


def _overdue(read: _Reading) -> Section:
    def tell(row: Row) -> tuple[str, ...]:
        days = (read.today - date.fromisoformat(str(row["due_on"]))).days
        late = f"{_days(days)} late" if days > 0 else "late"
        return str(row["person"]), str(row["program"]), f"{late}, due {row['due_on']}"

    return read.section("overdue", "Overdue", "Nobody is behind.", tell)


def _due(read: _Reading) -> Section:
    def tell(row: Row) -> tuple[str, ...]:
        verb = "to renew by" if row["owed"] == "renewal" else "due"
        days = (date.fromisoformat(str(row["due_on"])) - read.today).days
        left = f"in {_days(days)}" if days > 0 else "today"
        return str(row["person"]), str(row["program"]), f"{verb} {row['due_on']}, {left}"

    days = str(AT_RISK_DAYS)
    return read.section("due-soon", f"Due in the next {days} days", "Nothing falls due.", tell, within=days)


def _completed(read: _Reading) -> Section:
    def tell(row: Row) -> tuple[str, ...]:
        late = ", late" if row["timing"] == "late" else ""
        return str(row["person"]), str(row["program"]), f"on {row['met_on']}{late}"

    days = str(NEW_DAYS)
    return read.section("completed", f"Completed in the last {days} days", "Nothing was completed.", tell, within=days)


def _newly_proficient(read: _Reading) -> Section:
    def tell(row: Row) -> tuple[str, ...]:
        return str(row["person"]), str(row["program"]), f"since {row['since']}"

    days = str(NEW_DAYS)
    title = f"Newly proficient in the last {days} days"
    return read.section("newly-proficient", title, "Nobody yet.", tell, within=days)


_SECTIONS: Final = {
    "overdue": _overdue,
    "due": _due,
    "completed": _completed,
    "newly_proficient": _newly_proficient,
}


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
