"""What reports show on the home page: what needs attention today, and whom to congratulate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import render_template, url_for
from markupsafe import Markup

from lrs.web.panels import Panel
from lrs.web.visitors import READERS, SignedIn
from reports.access import scope_of, team_scope
from reports.arguments import Arguments, parse_arguments
from reports.catalogue import CATALOGUE
from reports.cells import shown
from reports.charts import NARROW, WIDE, render
from reports.declaration import Report, Scope
from reports.figures import figure_of
from reports.reading import Page, ReportReader
from reports.semantics import EXPIRING_DAYS, NEW_DAYS
from reports.watermark import Freshness

if TYPE_CHECKING:
    from lrs.prowess import Prowess

_FEW = 5


@dataclass(frozen=True, slots=True)
class Matter:
    """A number of the day, in words, and the report behind it."""

    count: int
    words: str
    detail: str
    url: str
    tone: str


def panels(prowess: Prowess) -> Iterable[Panel]:
    """The panels of this package."""
    today = Today(prowess)
    return [Panel("reports.today", "home", today.render, order=10)]


class Today:
    """The home page's panel."""

    def __init__(self, prowess: Prowess) -> None:
        self._prowess = prowess
        self._reader = ReportReader(prowess)

    def render(self, who: SignedIn) -> Markup | None:
        if who.account.role not in READERS and team_scope(who) is None:
            return None
        scope = scope_of(who)
        overdue, expiring = self._page(scope, "overdue"), self._page(scope, "expiring")
        overview = self._page(scope, "compliance-overview")
        if not overview.totals["rows"]:
            return None
        question = self._arguments(scope, overview.report).question
        new = self._page(scope, "newly-proficient")
        figure = figure_of(self._reader, overview.report, question)
        return Markup(  # noqa: S704 - a template made it, which escapes
            render_template(
                "reports/today.html",
                matters=[_late(overdue), _at_risk(overview), _ending(expiring), _new(new)],
                rate=shown(overview.report.column("rate"), overview.totals["rate"]),
                compliant=overview.totals["compliant"],
                in_scope=overview.totals["in_scope"],
                overdue=overdue.rows,
                expiring=expiring.rows,
                new=new.rows,
                new_days=NEW_DAYS,
                wide=render(figure, "today", WIDE) if figure else "",
                narrow=render(figure, "today-narrow", NARROW) if figure else "",
                sentence=figure.sentence if figure else "",
                behind=self._behind(overview.freshness),
                pending=overview.freshness.pending,
            )
        )

    def _behind(self, fresh: Freshness) -> int | None:
        """Up to when statements were judged, when that is more than a moment ago."""
        return fresh.watermark if fresh.pending else fresh.behind(self._prowess.clock.now())

    def _page(self, scope: Scope, name: str) -> Page:
        report = CATALOGUE[name]
        return self._reader.page(report, self._arguments(scope, report))

    def _arguments(self, scope: Scope, report: Report) -> Arguments:
        return parse_arguments(report, scope, [("limit", str(_FEW))], self._prowess.clock.now())


def _late(page: Page) -> Matter:
    count = _number(page, "rows")
    detail = f"the oldest by {page.rows[0]['days_late']:,} days" if count else "nobody is behind"
    return Matter(count, "overdue", detail, url_for("reports.report", name="overdue"), "overdue")


def _at_risk(page: Page) -> Matter:
    url = url_for("reports.report", name="standing", standing="at_risk")
    return Matter(_number(page, "at_risk"), "at risk", "due within 30 days, or an award was lost", url, "at_risk")


def _ending(page: Page) -> Matter:
    count = _number(page, "rows")
    detail = f"the first {_in_days(page.rows[0]['days_left'])}" if count else f"none within {EXPIRING_DAYS} days"
    return Matter(count, "expiring", detail, url_for("reports.report", name="expiring"), "expiring")


def _new(page: Page) -> Matter:
    url = url_for("reports.report", name="newly-proficient")
    return Matter(_number(page, "rows"), "newly certified", f"in the last {NEW_DAYS} days", url, "compliant")


def _in_days(days: Any) -> str:
    return "today" if days == 0 else f"in {days:,} days"


def _number(page: Page, name: str) -> int:
    value = page.totals[name]
    return value if isinstance(value, int) else 0
