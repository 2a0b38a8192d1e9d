"""What a review looks at: how people stand, how tests and surveys came out, who was waived.  The numbers are those of the reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from sqlalchemy import func, select

from lrs.clock import DAY, to_text
from lrs.people.reading import to_day
from lrs.xapi.postings import posting_key
from reports.arguments import Arguments, parse_arguments
from reports.catalogue import CATALOGUE
from reports.cells import percent
from reports.declaration import Scope
from reports.mailings.letter import Section
from reports.reading import Page, ReportReader
from rules import tables as r
from rules.language import Program
from rules.language.about import REVIEW_INPUTS
from rules.language.model import Leaf, Node
from rules.language.walk import paths_of, walk
from rules.published.composition import published_of
from rules.reviews import Round
from rules.vocabulary import WAIVED, program_iri

if TYPE_CHECKING:
    from lrs.prowess import Prowess

_FEW: Final = 10
_OVERRIDE: Final = r.RELATIONS.index("override")
_UNASKED: Final = ("pass-rates", "waivers", "overdue")
"""What is looked at when a review names no inputs."""


@dataclass(frozen=True, slots=True)
class Material:
    """The sections, in the order of the review's inputs."""

    in_scope: int
    rate: float | None
    sections: tuple[Section, ...]


def material(prowess: Prowess, tenant_id: int, one: Round, as_of: int) -> Material:
    """Everything there is to look at, as of an instant."""
    reading = Reading(prowess, ReportReader(prowess), tenant_id, one.program, one.since, as_of)
    overview = reading.page("compliance-overview", program=one.program.id).totals
    wanted = one.inputs or _UNASKED
    words = dict.fromkeys([*(word for word in wanted if word in REVIEW_INPUTS), *_UNASKED])
    found = [_SECTIONS[word](reading) for word in words if word in _SECTIONS]
    surveys = tuple(name for name in wanted if name not in REVIEW_INPUTS)
    if surveys:
        found.append(reading.scores("Surveys and other inputs", surveys))
    rate = overview["rate"]
    return Material(int(str(overview["in_scope"])), None if rate is None else float(str(rate)), tuple(found))


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads the reports about one program."""

    prowess: Prowess
    reader: ReportReader
    tenant_id: int
    program: Program
    since: date
    as_of: int

    def arguments(self, name: str, **given: str) -> Arguments:
        pairs = [*given.items(), ("as_of", to_text(self.as_of)), ("limit", str(_FEW))]
        return parse_arguments(CATALOGUE[name], Scope(self.tenant_id), pairs, self.as_of)

    def page(self, name: str, **given: str) -> Page:
        return self.reader.page(CATALOGUE[name], self.arguments(name, **given))

    def url(self, name: str, **given: str) -> str:
        query = urlencode({**given, "as_of": to_text(self.as_of)})
        return f"{self.prowess.settings.public_url}/reports/{name}?{query}"

    def leaves(self) -> Iterator[Node]:
        """Every criterion of the program."""
        return walk(paths_of(self.program))

    def title(self, activity: str) -> str:
        known = published_of(self.prowess).current(self.tenant_id).ruleset.activities
        return known[activity].title if activity in known else activity

    def scores(self, title: str, activities: tuple[str, ...]) -> Section:
        """Of each activity, how many people have a score and what it is on average."""
        rows = [(self.title(name), *self.score(name)) for name in activities]
        answered = [row for row in rows if row[1] != "nobody yet"]
        return Section(title, len(answered), self.url("transcript"), tuple(rows), "No results yet.")

    def score(self, activity: str) -> tuple[str, ...]:
        """How many people did it, and what they scored last on average."""
        report = CATALOGUE["transcript"]
        answer = self.reader.answer(report, self.arguments("transcript", activity=activity).question)
        with self.reader.connection() as conn:
            people, scored, mean = conn.execute(
                select(func.count(), func.count(answer.c.latest_score), func.avg(answer.c.latest_score))
            ).one()
        if not people:
            return ("nobody yet",)
        said = f"{people:,} {'person' if people == 1 else 'people'}"
        return (said, f"latest score {percent(float(mean))} on average") if scored else (said,)


def _overdue(read: Reading) -> Section:
    page = read.page("overdue", program=read.program.id)
    rows = tuple((str(row["person"]), f"{row['days_late']} days late") for row in page.rows)
    url = read.url("overdue", program=read.program.id)
    return Section("Overdue", int(str(page.totals["rows"])), url, rows, "Nobody is behind.")


def _pass_rates(read: Reading) -> Section:
    """Of each test, how many of its verdicts were passes."""
    rows = []
    for activity in dict.fromkeys(_activities(read.program, ("passed", "done"))):
        totals = read.page("transcript", activity=activity).totals
        passes, failures = int(str(totals["passes"])), int(str(totals["failures"]))
        if passes + failures:
            share = percent(passes / (passes + failures))
            rows.append((read.title(activity), f"{passes:,} of {passes + failures:,} verdicts passed ({share})"))
    return Section("Tests with verdicts", len(rows), read.url("transcript"), tuple(rows), "No test was taken yet.")


def _surveys(read: Reading) -> Section:
    return read.scores("Surveys", tuple(dict.fromkeys(_activities(read.program, ("responded",)))))


def _waivers(read: Reading) -> Section:
    """How often a part was waived since the version began."""
    e, since = r.evidence.c, to_day(read.since)
    assert since is not None
    query = select(func.count()).where(
        e.tenant_id == read.tenant_id,
        e.activity == posting_key("activity", program_iri(read.program.id)),
        e.relation == _OVERRIDE,
        e.verb == WAIVED,
        e.voided_seq.is_(None),
        e.timestamp >= since * DAY,
        e.timestamp <= read.as_of,
    )
    with read.reader.connection() as conn:
        count = conn.scalar(query) or 0
    url = read.url("standing", program=read.program.id)
    return Section("Waivers", count, url, ((f"since {read.since.isoformat()}",),), "Nobody was waived.")


_SECTIONS: Final[dict[str, Callable[[Reading], Section]]] = {
    "pass-rates": _pass_rates,
    "surveys": _surveys,
    "waivers": _waivers,
    "overdue": _overdue,
}


def _activities(program: Program, kinds: tuple[str, ...]) -> Iterator[str]:
    """The activities that a program asks for by leaves of these kinds."""
    yield from (leaf.activity for leaf in walk(paths_of(program)) if isinstance(leaf, Leaf) and leaf.kind in kinds)
